#include "panels/spinboxes.h"

#include <QToolTip>
#include <QWheelEvent>

namespace halftone::ui {

namespace {

constexpr int maxDecimals = 9;
constexpr int tellMs = 10'000;

/// Without prefix and unit.
template <class Box>
QString typedIn(const Box& box, QString text)
{
    if (text.endsWith(box.suffix()))
        text.chop(box.suffix().size());
    return text.mid(text.startsWith(box.prefix()) ? box.prefix().size() : 0).trimmed();
}

/// A key that does nothing would not say why: what is out of range is let in until it is whole.
template <class Box>
QValidator::State orToBeRefused(const Box& box, const QString& text, QValidator::State state)
{
    const QString typed = typedIn(box, text);
    bool isNumber = false;
    const double number = box.locale().toDouble(typed, &isNumber);
    const bool isInside = number >= box.minimum() && number <= box.maximum(); // NaN is not
    const bool maybeOutside = typed == box.locale().negativeSign() || (isNumber && !isInside);
    return state == QValidator::Invalid && maybeOutside ? QValidator::Intermediate : state;
}

QString refusal(const QString& name, const QString& typed, const QString& what,
                const QString& least, const QString& most)
{
    return QObject::tr("%1 was given as '%2'; it must be %3 from %4 to %5.")
        .arg(name.isEmpty() ? QObject::tr("The number") : name, typed, what, least, most);
}

void tell(const QWidget& box, const QString& sentence)
{
    QToolTip::showText(box.mapToGlobal(box.rect().bottomLeft()), sentence,
                       const_cast<QWidget*>(&box), {}, tellMs);
}

} // namespace

IntegerSpinBox::IntegerSpinBox(QWidget* parent)
    : QSpinBox(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setGroupSeparatorShown(true);
    connect(this, &QSpinBox::editingFinished, this, [this] { m_before = value(); });
}

QValidator::State IntegerSpinBox::validate(QString& text, int& at) const
{
    const QValidator::State state = QSpinBox::validate(text, at);
    return orToBeRefused(*this, text, state);
}

void IntegerSpinBox::fixup(QString& text) const
{
    const QString sentence = refusal(accessibleName(), typedIn(*this, text), tr("a whole number"),
                                     textFromValue(minimum()), textFromValue(maximum()) + suffix());
    text = prefix() + textFromValue(m_before) + suffix();
    tell(*this, sentence);
    Q_EMIT refused(sentence);
}

void IntegerSpinBox::wheelEvent(QWheelEvent* event)
{
    if (hasFocus())
        QSpinBox::wheelEvent(event);
    else
        event->ignore();
}

void IntegerSpinBox::focusInEvent(QFocusEvent* event)
{
    m_before = value();
    QSpinBox::focusInEvent(event);
}

RealSpinBox::RealSpinBox(QWidget* parent)
    : QDoubleSpinBox(parent)
{
    setFocusPolicy(Qt::StrongFocus);
    setDecimals(maxDecimals);
    setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
    connect(this, &QDoubleSpinBox::editingFinished, this, [this] { m_before = value(); });
}

QString RealSpinBox::textFromValue(double value) const
{
    return locale().toString(value, 'f', QLocale::FloatingPointShortest);
}

QValidator::State RealSpinBox::validate(QString& text, int& at) const
{
    const QValidator::State state = QDoubleSpinBox::validate(text, at);
    return orToBeRefused(*this, text, state);
}

void RealSpinBox::fixup(QString& text) const
{
    const QString sentence = refusal(accessibleName(), typedIn(*this, text), tr("a number"),
                                     textFromValue(minimum()), textFromValue(maximum()) + suffix());
    text = prefix() + textFromValue(m_before) + suffix();
    tell(*this, sentence);
    Q_EMIT refused(sentence);
}

void RealSpinBox::wheelEvent(QWheelEvent* event)
{
    if (hasFocus())
        QDoubleSpinBox::wheelEvent(event);
    else
        event->ignore();
}

void RealSpinBox::focusInEvent(QFocusEvent* event)
{
    m_before = value();
    QDoubleSpinBox::focusInEvent(event);
}

} // namespace halftone::ui
