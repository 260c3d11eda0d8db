// Number fields that show a number as it is, and that leave the wheel to the panel around them
// unless they have the keyboard: scrolling past a field must not change it.
#pragma once

#include <QDoubleSpinBox>
#include <QSpinBox>

namespace halftone::ui {

class IntegerSpinBox : public QSpinBox
{
    Q_OBJECT

public:
    explicit IntegerSpinBox(QWidget* parent = nullptr);

protected:
    void wheelEvent(QWheelEvent* event) override;
};

/// Shows as many digits as the number needs, up to nine decimals, and steps by its magnitude.
class RealSpinBox : public QDoubleSpinBox
{
    Q_OBJECT

public:
    explicit RealSpinBox(QWidget* parent = nullptr);
    [[nodiscard]] QString textFromValue(double value) const override;

protected:
    void wheelEvent(QWheelEvent* event) override;
};

} // namespace halftone::ui
