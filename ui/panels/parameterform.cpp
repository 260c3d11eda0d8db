#include "panels/parameterform.h"

#include "base/linetext.h"
#include "icons.h"
#include "panels/heading_p.h"
#include "panels/orderlist.h"
#include "panels/spinboxes.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <functional>
#include <limits>

namespace halftone::ui {

namespace {

/// A widget for one value, whatever its type.
struct Editor
{
    QWidget* widget = nullptr;
    std::function<ParameterValue()> value;
    std::function<void(const ParameterValue&)> setValue; // ignores a value of another type
};

constexpr int minimumChoiceChars = 10;

int clampToInt(double value)
{
    return static_cast<int>(std::clamp<double>(value, std::numeric_limits<int>::min(),
                                               std::numeric_limits<int>::max()));
}

std::optional<double> numberOf(const ParameterValue& value)
{
    if (const auto* real = std::get_if<double>(&value))
        return *real;
    if (const auto* integer = std::get_if<std::int64_t>(&value))
        return static_cast<double>(*integer);
    return std::nullopt;
}

QString suffixOf(const ParameterSpec& spec)
{
    return spec.unit.empty() ? QString() : QStringLiteral(" ") + QString::fromStdString(spec.unit);
}

Editor booleanEditor(const std::function<void()>& changed, QWidget* parent)
{
    auto* box = new QCheckBox(parent);
    QObject::connect(box, &QCheckBox::toggled, parent, changed);
    return {box, [box] { return ParameterValue(box->isChecked()); },
            [box](const ParameterValue& value) {
                if (const auto* on = std::get_if<bool>(&value))
                    box->setChecked(*on);
            }};
}

Editor integerEditor(const ParameterSpec& spec, const std::function<void()>& changed,
                     QWidget* parent)
{
    auto* box = new IntegerSpinBox(parent);
    box->setRange(clampToInt(spec.minimum), clampToInt(spec.maximum));
    box->setSuffix(suffixOf(spec));
    QObject::connect(box, &QSpinBox::valueChanged, parent, changed);
    return {box, [box] { return ParameterValue(std::int64_t{box->value()}); },
            [box](const ParameterValue& value) {
                if (const std::optional<double> number = numberOf(value))
                    box->setValue(clampToInt(*number));
            }};
}

Editor realEditor(const ParameterSpec& spec, const std::function<void()>& changed, QWidget* parent)
{
    auto* box = new RealSpinBox(parent);
    box->setRange(spec.minimum, spec.maximum);
    box->setSuffix(suffixOf(spec));
    QObject::connect(box, &QDoubleSpinBox::valueChanged, parent, changed);
    return {box, [box] { return ParameterValue(box->value()); },
            [box](const ParameterValue& value) {
                if (const std::optional<double> number = numberOf(value))
                    box->setValue(*number);
            }};
}

Editor choiceEditor(const ParameterSpec& spec, const std::function<void()>& changed,
                    QWidget* parent)
{
    auto* box = new QComboBox(parent);
    // Long choices are cut in the field, not in the list.
    box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    box->setMinimumContentsLength(minimumChoiceChars);
    box->setFocusPolicy(Qt::StrongFocus);
    for (const std::string& choice : spec.choices)
        box->addItem(QString::fromStdString(choice));
    QObject::connect(box, &QComboBox::currentIndexChanged, parent, changed);
    return {box, [box] { return ParameterValue(box->currentText().toStdString()); },
            [box](const ParameterValue& value) {
                if (const auto* text = std::get_if<std::string>(&value))
                    if (const int i = box->findText(QString::fromStdString(*text)); i >= 0)
                        box->setCurrentIndex(i);
            }};
}

Editor textEditor(const std::function<void()>& changed, QWidget* parent)
{
    auto* line = new QLineEdit(parent);
    QObject::connect(line, &QLineEdit::textChanged, parent, changed);
    return {line, [line] { return ParameterValue(fromLine(line->text().toStdString())); },
            [line](const ParameterValue& value) {
                if (const auto* text = std::get_if<std::string>(&value)) {
                    line->setText(QString::fromStdString(toLine(*text)));
                    line->setCursorPosition(0); // a long text is read from its start
                }
            }};
}

Editor orderEditor(const ParameterSpec& spec, const std::function<void()>& changed, QWidget* parent)
{
    QStringList entries;
    for (const std::string& choice : spec.choices)
        entries << QString::fromStdString(choice);
    auto* list = new OrderList(entries, parent);
    QObject::connect(list, &OrderList::orderChanged, parent, changed);
    return {list,
            [list] { return ParameterValue(list->order().join(QLatin1Char(',')).toStdString()); },
            [list](const ParameterValue& value) {
                if (const auto* text = std::get_if<std::string>(&value))
                    list->setOrder(QString::fromStdString(*text).split(QLatin1Char(',')));
            }};
}

Editor makeEditor(const ParameterSpec& spec, const std::function<void()>& changed, QWidget* parent)
{
    switch (spec.type) {
    case ParameterType::Boolean:
        return booleanEditor(changed, parent);
    case ParameterType::Integer:
        return integerEditor(spec, changed, parent);
    case ParameterType::Real:
        return realEditor(spec, changed, parent);
    case ParameterType::Choice:
        return choiceEditor(spec, changed, parent);
    case ParameterType::Text:
        return textEditor(changed, parent);
    case ParameterType::Order:
        return orderEditor(spec, changed, parent);
    }
    return textEditor(changed, parent);
}

QToolButton* smallButton(const QString& icon, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setIcon(glyph(icon));
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::StrongFocus);
    QSizePolicy policy = button->sizePolicy();
    policy.setRetainSizeWhenHidden(true);
    button->setSizePolicy(policy);
    return button;
}

QString helpOf(const ParameterSpec& spec)
{
    QString help = QString::fromStdString(spec.help);
    if (spec.type == ParameterType::Integer || spec.type == ParameterType::Real)
        help += ParameterForm::tr("\nFrom %1 to %2%3.")
                    .arg(QLocale().toString(spec.minimum, 'g', QLocale::FloatingPointShortest),
                         QLocale().toString(spec.maximum, 'g', QLocale::FloatingPointShortest),
                         suffixOf(spec));
    if (spec.type == ParameterType::Order)
        help += ParameterForm::tr("\nDrag an entry or press Alt+Up and Alt+Down to move it; the "
                                  "box takes it out.");
    if (spec.type == ParameterType::Text)
        help += ParameterForm::tr("\n\\n stands for a line break.");
    if (spec.defaultValue)
        help += ParameterForm::tr("\nDefault: %1")
                    .arg(QString::fromStdString(toLine(toText(*spec.defaultValue))) +
                         suffixOf(spec));
    // Rich text, because only that is wrapped.
    return QStringLiteral("<qt>%1</qt>")
        .arg(help.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")));
}

} // namespace

/// One row of the form.
class ParameterForm::Field
{
public:
    Field(ParameterSpec spec, const ParameterSpec* followed, ParameterForm* form, QWidget* content)
        : m_spec(std::move(spec))
        , m_label(new QLabel(QString::fromStdString(m_spec.label), content))
        , m_editor(makeEditor(
              m_spec, [form] { form->fieldChanged(); }, content))
        , m_reset(smallButton(QStringLiteral("reset"), content))
    {
        const QString name = QString::fromStdString(m_spec.name);
        const QString label = m_label->text();
        m_editor.widget->setObjectName(QStringLiteral("parameter.") + name);
        m_editor.widget->setAccessibleName(
            m_spec.group.empty()
                ? label
                : ParameterForm::tr("%1: %2").arg(QString::fromStdString(m_spec.group), label));
        m_editor.widget->setAccessibleDescription(QString::fromStdString(m_spec.help));
        m_editor.widget->setToolTip(helpOf(m_spec));
        m_label->setToolTip(helpOf(m_spec));
        m_label->setBuddy(m_editor.widget);
        m_label->setWordWrap(true);

        m_reset->setObjectName(QStringLiteral("reset.") + name);
        m_reset->setToolTip(ParameterForm::tr("Back to the default"));
        m_reset->setAccessibleName(ParameterForm::tr("Reset %1").arg(label));
        connect(m_reset, &QToolButton::clicked, form, [this, form] {
            reset();
            form->fieldChanged();
        });

        if (!m_spec.defaultValue && followed != nullptr) {
            const QString other = QString::fromStdString(followed->label);
            const QString group = QString::fromStdString(followed->group);
            m_follow = smallButton(QStringLiteral("inherit"), content);
            m_follow->setCheckable(true);
            m_follow->setChecked(true);
            m_follow->setObjectName(QStringLiteral("follow.") + name);
            m_follow->setToolTip(group.isEmpty()
                                     ? ParameterForm::tr("Same as %1").arg(other)
                                     : ParameterForm::tr("Same as %1 under %2").arg(other, group));
            m_follow->setAccessibleName(
                ParameterForm::tr("%1: %2").arg(label, m_follow->toolTip()));
            connect(m_follow, &QToolButton::toggled, form, [form] { form->fieldChanged(); });
        }
        reset();
    }

    void addTo(QGridLayout* grid)
    {
        const int row = grid->rowCount();
        grid->addWidget(m_label, row, 0);
        grid->addWidget(m_editor.widget, row, 1);
        if (m_follow != nullptr)
            grid->addWidget(m_follow, row, 2);
        grid->addWidget(m_reset, row, 3);
    }

    [[nodiscard]] const ParameterSpec& spec() const { return m_spec; }
    [[nodiscard]] QWidget* widget() const { return m_editor.widget; }
    [[nodiscard]] bool follows() const { return m_follow != nullptr && m_follow->isChecked(); }
    [[nodiscard]] ParameterValue value() const { return m_editor.value(); }

    void setOwn(const ParameterValue& value)
    {
        if (m_follow != nullptr)
            m_follow->setChecked(false);
        m_editor.setValue(value);
    }

    void reset()
    {
        if (m_follow != nullptr)
            m_follow->setChecked(true);
        if (m_spec.defaultValue)
            m_editor.setValue(*m_spec.defaultValue);
    }

    /// Shows what is in force: `followed` is the value of the parameter that this one may follow.
    void update(const ParameterValue* followed)
    {
        if (follows() && followed != nullptr) {
            const QSignalBlocker quiet(m_editor.widget);
            m_editor.setValue(*followed);
        }
        m_editor.widget->setEnabled(!follows());
        const bool isDefault =
            m_spec.defaultValue ? m_editor.value() == *m_spec.defaultValue : follows();
        m_reset->setEnabled(!isDefault);
    }

private:
    ParameterSpec m_spec;
    QLabel* m_label;
    Editor m_editor;
    QToolButton* m_follow = nullptr; // where there is no default
    QToolButton* m_reset;
};

ParameterForm::ParameterForm(QWidget* parent)
    : QWidget(parent)
{
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
}

ParameterForm::~ParameterForm() = default;

void ParameterForm::setParameters(std::span<const ParameterSpec> parameters)
{
    QSignalBlocker quiet(this);
    m_fields.clear();
    delete m_content;
    m_content = new QWidget(this);
    auto* grid = new QGridLayout(m_content);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(4);
    grid->setVerticalSpacing(4);
    grid->setColumnStretch(0, 1);

    std::string group;
    for (const ParameterSpec& spec : parameters) {
        if (spec.group != group) {
            group = spec.group;
            addHeading(QString::fromStdString(group), grid);
        }
        const auto followed =
            std::find_if(parameters.begin(), parameters.end(),
                         [&](const ParameterSpec& other) { return other.name == spec.inherits; });
        m_fields.push_back(std::make_unique<Field>(
            spec, followed != parameters.end() ? &*followed : nullptr, this, m_content));
        m_fields.back()->addTo(grid);
    }
    layout()->addWidget(m_content);
    quiet.unblock();
    fieldChanged();
}

void ParameterForm::addHeading(const QString& group, QGridLayout* grid)
{
    grid->addWidget(heading(group, m_content), grid->rowCount(), 0, 1, 4);
}

ParameterValues ParameterForm::values() const
{
    ParameterValues values;
    for (const auto& field : m_fields)
        if (!field->follows())
            values.emplace(field->spec().name, field->value());
    return values;
}

void ParameterForm::setValues(const ParameterValues& values)
{
    {
        const QSignalBlocker quiet(this);
        for (const auto& field : m_fields)
            if (const auto found = values.find(field->spec().name); found != values.end())
                field->setOwn(found->second);
            else
                field->reset();
    }
    fieldChanged();
}

void ParameterForm::resetToDefaults()
{
    setValues({});
}

QWidget* ParameterForm::field(const QString& name) const
{
    const Field* found = findField(name.toStdString());
    return found != nullptr ? found->widget() : nullptr;
}

const ParameterForm::Field* ParameterForm::findField(std::string_view name) const
{
    const auto found = std::find_if(m_fields.begin(), m_fields.end(),
                                    [&](const auto& f) { return f->spec().name == name; });
    return found != m_fields.end() ? found->get() : nullptr;
}

void ParameterForm::fieldChanged()
{
    // Those followed stand before those that follow, so that one pass settles all.
    for (const auto& field : m_fields) {
        const Field* followed = findField(field->spec().inherits);
        const ParameterValue value = followed != nullptr ? followed->value() : ParameterValue{};
        field->update(followed != nullptr ? &value : nullptr);
    }
    Q_EMIT changed();
}

} // namespace halftone::ui
