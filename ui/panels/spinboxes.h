// Number fields that show a number as it is, and that leave the wheel to the panel around them
// unless they have the keyboard: scrolling past a field must not change it. A number out of range
// can be typed; it is refused in a sentence with the range, and the field goes back to what it was.
#pragma once

#include <QDoubleSpinBox>
#include <QSpinBox>

namespace halftone::ui {

class IntegerSpinBox : public QSpinBox
{
    Q_OBJECT

public:
    explicit IntegerSpinBox(QWidget* parent = nullptr);
    QValidator::State validate(QString& text, int& at) const override;
    void fixup(QString& text) const override;

Q_SIGNALS:
    /// The sentence that is shown beside the field.
    void refused(const QString& sentence) const;

protected:
    void wheelEvent(QWheelEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    int m_before = 0; // when the editing began
};

/// Shows as many digits as the number needs, up to nine decimals, and steps by its magnitude.
class RealSpinBox : public QDoubleSpinBox
{
    Q_OBJECT

public:
    explicit RealSpinBox(QWidget* parent = nullptr);
    [[nodiscard]] QString textFromValue(double value) const override;
    QValidator::State validate(QString& text, int& at) const override;
    void fixup(QString& text) const override;

Q_SIGNALS:
    /// The sentence that is shown beside the field.
    void refused(const QString& sentence) const;

protected:
    void wheelEvent(QWheelEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    double m_before = 0; // when the editing began
};

} // namespace halftone::ui
