// Asks where and how to write a plot, writes it, and stays open with the reason when that failed.
#pragma once

#include "plots/plotexport.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace halftone::ui {

class ExportDialog : public QDialog
{
    Q_OBJECT

public:
    ExportDialog(PlotWidget&, const RunInfo&, QWidget* parent = nullptr);
    ExportDialog(PlotWidget&, const EvaluationInfo&, QWidget* parent = nullptr);
    /// For plots of something else.
    ExportDialog(PlotWidget&, ExportMetadata, const QString& fileName, QWidget* parent);

    [[nodiscard]] PlotFormat format() const;
    [[nodiscard]] QString path() const;

    void accept() override;

private:
    void adaptToFormat();
    void browse();

    PlotWidget& m_plot;
    ExportMetadata m_metadata;
    QComboBox* m_format;
    QSpinBox* m_width;
    QSpinBox* m_height;
    QDoubleSpinBox* m_scale;
    QCheckBox* m_allRows;
    QLineEdit* m_path;
    QLabel* m_problem;
};

} // namespace halftone::ui
