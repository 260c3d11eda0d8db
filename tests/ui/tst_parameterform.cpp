// A form made of a list of parameters of every type.
#include "panels/parameterform.h"

#include "panels/orderlist.h"
#include "panels/spinboxes.h"
#include "reasoning/modes.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QToolTip>

using namespace halftone;
using halftone::ui::IntegerSpinBox;
using halftone::ui::OrderList;
using halftone::ui::ParameterForm;
using halftone::ui::RealSpinBox;

namespace {

std::vector<ParameterSpec> specs()
{
    ParameterSpec temperature;
    temperature.name = "temperature";
    temperature.label = "Temperature";
    temperature.type = ParameterType::Real;
    temperature.maximum = 10;
    temperature.defaultValue = 0.6;
    temperature.group = "Thinking";
    temperature.help = "Divides the logits.";

    ParameterSpec threshold;
    threshold.name = "threshold";
    threshold.label = "Threshold";
    threshold.unit = "nats";
    threshold.type = ParameterType::Real;
    threshold.maximum = 5;
    threshold.defaultValue = 0.01;
    threshold.group = "Thinking";

    ParameterSpec topK;
    topK.name = "top-k";
    topK.label = "Top-k";
    topK.unit = "tokens";
    topK.type = ParameterType::Integer;
    topK.minimum = 1;
    topK.maximum = 50;
    topK.defaultValue = std::int64_t{30};
    topK.group = "Thinking";

    ParameterSpec greedy;
    greedy.name = "greedy";
    greedy.label = "Greedy";
    greedy.type = ParameterType::Boolean;
    greedy.defaultValue = false;
    greedy.group = "Thinking";

    ParameterSpec order;
    order.name = "order";
    order.label = "Order";
    order.type = ParameterType::Choice;
    order.choices = {"first", "last"};
    order.defaultValue = std::string("last");
    order.group = "Answer";

    ParameterSpec text;
    text.name = "text";
    text.label = "Text";
    text.type = ParameterType::Text;
    text.defaultValue = std::string();
    text.group = "Answer";

    ParameterSpec filters;
    filters.name = "filters";
    filters.label = "Filters";
    filters.type = ParameterType::Order;
    filters.choices = {"cold", "few", "likely"};
    filters.defaultValue = std::string("cold,few,likely");
    filters.group = "Answer";

    ParameterSpec answer = temperature;
    answer.name = "answer-temperature";
    answer.defaultValue.reset();
    answer.inherits = "temperature";
    answer.group = "Answer";
    return {temperature, threshold, topK, greedy, order, text, filters, answer};
}

template <class Widget>
Widget* field(const ParameterForm& form, const char* name)
{
    return qobject_cast<Widget*>(form.field(QLatin1String(name)));
}

QToolButton* button(const ParameterForm& form, const char* name)
{
    return form.findChild<QToolButton*>(QLatin1String(name));
}

/// As a person would: all selected, typed over, left with the Tab key.
void type(QWidget* widget, const char* text)
{
    widget->setFocus();
    QTest::keyClick(widget, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(widget, QLatin1String(text));
    QTest::keyClick(widget, Qt::Key_Tab);
}

} // namespace

class ParameterFormTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale::c()); }

    void init()
    {
        m_form = std::make_unique<ParameterForm>();
        m_form->setParameters(specs());
        m_form->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_form.get()));
    }

    void beginsWithTheDefaults()
    {
        const ParameterValues expected{{"temperature", 0.6},           {"threshold", 0.01},
                                       {"top-k", std::int64_t{30}},    {"greedy", false},
                                       {"order", std::string("last")}, {"text", std::string()},
                                       {"filters", std::string("cold,few,likely")}};
        QCOMPARE(m_form->values(), expected);
    }

    void fieldsShowUnitsNamesAndHelp()
    {
        QCOMPARE(field<RealSpinBox>(*m_form, "threshold")->text(), QStringLiteral("0.01 nats"));
        QCOMPARE(field<IntegerSpinBox>(*m_form, "top-k")->text(), QStringLiteral("30 tokens"));
        QCOMPARE(m_form->field(QStringLiteral("temperature"))->accessibleName(),
                 QStringLiteral("Thinking: Temperature"));
        const QString tip = m_form->field(QStringLiteral("temperature"))->toolTip();
        QVERIFY(tip.contains(QStringLiteral("Divides the logits.")));
        QVERIFY(tip.contains(QStringLiteral("0.6")));
        int headings = 0;
        for (const QLabel* label : m_form->findChildren<QLabel*>())
            headings += label->text() == QStringLiteral("Thinking") ||
                        label->text() == QStringLiteral("Answer");
        QCOMPARE(headings, 2);
    }

    void typedNumbersStayWithinTheirRange_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("typed");
        QTest::addColumn<double>("expected");
        QTest::newRow("inside") << QByteArray("temperature") << QByteArray("1.25") << 1.25;
        QTest::newRow("small") << QByteArray("temperature") << QByteArray("0.001") << 0.001;
        QTest::newRow("a digit too many: as it was")
            << QByteArray("temperature") << QByteArray("100") << 0.6;
        QTest::newRow("below zero: as it was")
            << QByteArray("temperature") << QByteArray("-1") << 0.6;
        QTest::newRow("the whole number") << QByteArray("top-k") << QByteArray("12") << 12.0;
        QTest::newRow("above the whole range: as it was")
            << QByteArray("top-k") << QByteArray("77") << 30.0;
        QTest::newRow("below the whole range: as it was")
            << QByteArray("top-k") << QByteArray("0") << 30.0;
        QTest::newRow("letters") << QByteArray("top-k") << QByteArray("1x9") << 19.0;
    }
    void typedNumbersStayWithinTheirRange()
    {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, typed);
        QFETCH(double, expected);
        type(m_form->field(QLatin1String(name)), typed);
        const ParameterValue value = m_form->values().at(name.toStdString());
        if (const auto* whole = std::get_if<std::int64_t>(&value))
            QCOMPARE(static_cast<double>(*whole), expected);
        else
            QCOMPARE(std::get<double>(value), expected);
    }

    void everyNumberOutOfRangeIsRefusedInASentence_data()
    {
        QTest::addColumn<QByteArray>("mode");
        for (const Mode& mode : modes())
            QTest::newRow(mode.name.c_str()) << QByteArray::fromStdString(mode.name);
    }
    void everyNumberOutOfRangeIsRefusedInASentence()
    {
        QFETCH(QByteArray, mode);
        const std::vector<ParameterSpec>& parameters = findMode(mode.toStdString())->parameters;
        m_form->setParameters(parameters);
        QTRY_VERIFY(m_form->field(QStringLiteral("temperature"))->isVisible());
        for (const ParameterSpec& spec : parameters) {
            if (spec.type != ParameterType::Integer && spec.type != ParameterType::Real)
                continue;
            auto* box = m_form->field(QString::fromStdString(spec.name));
            if (!box->isEnabled())
                QTest::mouseClick(button(*m_form, ("follow." + spec.name).c_str()), Qt::LeftButton);
            const ParameterValue before = m_form->values().at(spec.name);
            QString told;
            if (auto* whole = qobject_cast<IntegerSpinBox*>(box))
                connect(whole, &IntegerSpinBox::refused, this, [&](const QString& s) { told = s; });
            else
                connect(qobject_cast<RealSpinBox*>(box), &RealSpinBox::refused, this,
                        [&](const QString& s) { told = s; });
            for (const QString& typed :
                 {QLocale().toString(spec.minimum - 1, 'f', 0),
                  QLocale().toString(spec.maximum * 10 + 1, 'f', 0), QStringLiteral("-")}) {
                told.clear();
                type(box, typed.toLatin1());
                QVERIFY2(
                    told.startsWith(box->accessibleName() +
                                    QStringLiteral(" was given as '%1'; it must be a ").arg(typed)),
                    qPrintable(QString::fromStdString(spec.name) + told));
                QVERIFY2(told.contains(QString::fromStdString(spec.unit) + QLatin1Char('.')),
                         qPrintable(told));
                QVERIFY(m_form->values().at(spec.name) == before);
            }
            box->disconnect(this);
        }
    }

    void aRefusalStandsBesideTheFieldWithItsRange()
    {
        auto* box = field<IntegerSpinBox>(*m_form, "top-k");
        type(box, "0");
        QCOMPARE(QToolTip::text(), QStringLiteral("Thinking: Top-k was given as '0'; it must be a "
                                                  "whole number from 1 to 50 tokens."));
        // What is no number at all is not let in, by the clipboard neither.
        QGuiApplication::clipboard()->setText(QStringLiteral("nan"));
        auto* temperature = field<RealSpinBox>(*m_form, "temperature");
        temperature->setFocus();
        QTest::keyClick(temperature, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClick(temperature, Qt::Key_V, Qt::ControlModifier);
        QTest::keyClick(temperature, Qt::Key_Tab);
        QCOMPARE(temperature->value(), 0.6);
    }

    void resetGoesBackToTheDefault()
    {
        QVERIFY(!button(*m_form, "reset.top-k")->isEnabled());
        type(m_form->field(QStringLiteral("top-k")), "5");
        QVERIFY(button(*m_form, "reset.top-k")->isEnabled());
        QTest::mouseClick(button(*m_form, "reset.top-k"), Qt::LeftButton);
        QCOMPARE(m_form->values().at("top-k"), ParameterValue(std::int64_t{30}));
        QVERIFY(!button(*m_form, "reset.top-k")->isEnabled());
    }

    void aParameterWithoutDefaultFollowsAnother()
    {
        auto* answer = field<RealSpinBox>(*m_form, "answer-temperature");
        QVERIFY(!answer->isEnabled());
        type(m_form->field(QStringLiteral("temperature")), "1.5");
        QCOMPARE(answer->value(), 1.5);
        QVERIFY(!m_form->values().contains("answer-temperature"));

        QTest::mouseClick(button(*m_form, "follow.answer-temperature"), Qt::LeftButton);
        QVERIFY(answer->isEnabled());
        QCOMPARE(m_form->values().at("answer-temperature"), ParameterValue(1.5));
        type(answer, "0.2");
        type(m_form->field(QStringLiteral("temperature")), "3");
        QCOMPARE(m_form->values().at("answer-temperature"), ParameterValue(0.2));

        QTest::mouseClick(button(*m_form, "reset.answer-temperature"), Qt::LeftButton);
        QVERIFY(!m_form->values().contains("answer-temperature"));
        QCOMPARE(answer->value(), 3.0);
    }

    void valuesGoInAndComeOut()
    {
        const ParameterValues values{{"temperature", 0.123456789},    {"threshold", 0.0},
                                     {"top-k", std::int64_t{7}},      {"greedy", true},
                                     {"order", std::string("first")}, {"text", std::string("wait")},
                                     {"filters", std::string("likely,cold")},
                                     {"answer-temperature", 2.0}};
        m_form->setValues(values);
        QCOMPARE(m_form->values(), values);
        m_form->resetToDefaults();
        QCOMPARE(m_form->values().at("temperature"), ParameterValue(0.6));
        QVERIFY(!m_form->values().contains("answer-temperature"));
    }

    void strangeValuesDoNoHarm()
    {
        m_form->setValues({{"unknown", 1.0},
                           {"temperature", std::string("hot")},
                           {"top-k", 1e300},
                           {"order", std::string("never")},
                           {"filters", std::string("warm,few")}});
        QCOMPARE(m_form->values().at("temperature"), ParameterValue(0.6));
        QCOMPARE(m_form->values().at("top-k"), ParameterValue(std::int64_t{50}));
        QCOMPARE(m_form->values().at("order"), ParameterValue(std::string("last")));
        QVERIFY(!m_form->values().contains("unknown"));
        QCOMPARE(m_form->values().at("filters"), ParameterValue(std::string("few")));
    }

    void anOrderIsMovedByTheKeyboard()
    {
        auto* list = field<OrderList>(*m_form, "filters");
        const auto order = [this] { return std::get<std::string>(m_form->values().at("filters")); };
        QSignalSpy changed(m_form.get(), &ParameterForm::changed);
        list->setFocus();
        QTest::keyClick(list, Qt::Key_Down);
        QTest::keyClick(list, Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(order(), std::string("few,cold,likely"));
        QCOMPARE(changed.size(), 1);
        // The entry stays the current one, and stops at either end.
        QTest::keyClick(list, Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(order(), std::string("few,cold,likely"));
        for (int i = 0; i < 3; ++i)
            QTest::keyClick(list, Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(order(), std::string("cold,likely,few"));
        QCOMPARE(changed.size(), 3);
    }

    void anEntryIsTakenOutAndInByTheSpaceBar()
    {
        auto* list = field<OrderList>(*m_form, "filters");
        const auto order = [this] { return std::get<std::string>(m_form->values().at("filters")); };
        list->setFocus();
        QTest::keyClick(list, Qt::Key_Down);
        QTest::keyClick(list, Qt::Key_Space);
        QCOMPARE(order(), std::string("cold,likely"));
        QVERIFY(button(*m_form, "reset.filters")->isEnabled());
        QTest::keyClick(list, Qt::Key_Space);
        QCOMPARE(order(), std::string("cold,few,likely"));
        QVERIFY(!button(*m_form, "reset.filters")->isEnabled());
        QTest::keyClick(list, Qt::Key_Space);
        QTest::mouseClick(button(*m_form, "reset.filters"), Qt::LeftButton);
        QCOMPARE(order(), std::string("cold,few,likely"));
    }

    void anOrderIsDraggedBetweenEntriesAlone()
    {
        auto* list = field<OrderList>(*m_form, "filters");
        QCOMPARE(list->dragDropMode(), QAbstractItemView::InternalMove);
        for (int row = 0; row < list->count(); ++row)
            QVERIFY(!(list->item(row)->flags() & Qt::ItemIsDropEnabled));
        // What a drop does.
        QSignalSpy changed(m_form.get(), &ParameterForm::changed);
        QVERIFY(list->model()->moveRow({}, 2, {}, 0));
        QCOMPARE(m_form->values().at("filters"), ParameterValue(std::string("likely,cold,few")));
        QCOMPARE(changed.size(), 1);
    }

    void everyChangeIsTold()
    {
        QSignalSpy changed(m_form.get(), &ParameterForm::changed);
        field<QCheckBox>(*m_form, "greedy")->click();
        QCOMPARE(changed.size(), 1);
        QTest::keyClick(field<QComboBox>(*m_form, "order"), Qt::Key_Up);
        QCOMPARE(changed.size(), 2);
        QTest::keyClicks(field<QLineEdit>(*m_form, "text"), QStringLiteral("ab"));
        QCOMPARE(changed.size(), 4);
        QCOMPARE(m_form->values().at("text"), ParameterValue(std::string("ab")));
    }

    void theWheelScrollsPastAFieldWithoutTheKeyboard()
    {
        auto* box = field<IntegerSpinBox>(*m_form, "top-k");
        m_form->field(QStringLiteral("text"))->setFocus();
        const auto turn = [box] {
            const QPointF at = box->rect().center();
            QWheelEvent event(at, box->mapToGlobal(at), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                              Qt::NoScrollPhase, false);
            QCoreApplication::sendEvent(box, &event);
        };
        turn();
        QCOMPARE(box->value(), 30);
        box->setFocus();
        turn();
        QCOMPARE(box->value(), 31);
    }

private:
    std::unique_ptr<ParameterForm> m_form;
};

QTEST_MAIN(ParameterFormTest)
#include "tst_parameterform.moc"
