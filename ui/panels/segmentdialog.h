// One segment of a schedule as a form: what begins it, which mode, and the mode's settings as they
// stand before it. Those that are changed there are the segment's.
#pragma once

#include "reasoning/runsettings.h"

#include <QDialog>

#include <cstddef>
#include <optional>

class QComboBox;
class QFormLayout;
class QLabel;
class QStackedWidget;

namespace halftone::ui {

class IntegerSpinBox;
class ParameterForm;
class RealSpinBox;

class SegmentDialog : public QDialog
{
    Q_OBJECT

public:
    /// For segment `place` of the schedule in `settings`, which the new run would have.
    SegmentDialog(RunSettings settings, std::size_t place, QWidget* parent = nullptr);

    /// What the fields say.
    [[nodiscard]] Segment segment() const;
    /// Why that cannot be, in a sentence; empty when it can.
    [[nodiscard]] QString problem() const;
    /// Refuses what problem() says, in the dialog.
    void accept() override;

private:
    void buildTrigger(QFormLayout* form);
    void buildMode(QFormLayout* form);
    void showTrigger(const Trigger&);
    void showParameters();
    void showChanges();
    [[nodiscard]] Trigger trigger() const;
    [[nodiscard]] ParameterValues changes() const;

    RunSettings m_settings;
    std::size_t m_place;
    ParameterValues m_before; // as the form shows the settings before this segment

    QComboBox* m_kind = nullptr;
    QStackedWidget* m_value = nullptr;
    IntegerSpinBox* m_step = nullptr;
    RealSpinBox* m_entropy = nullptr;
    QComboBox* m_text = nullptr;
    QComboBox* m_mode = nullptr;
    ParameterForm* m_form = nullptr;
    QLabel* m_changes = nullptr;
    QLabel* m_problem = nullptr;
};

} // namespace halftone::ui
