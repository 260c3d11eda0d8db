#include "plots/exportdialog.h"

#include "plots/plotwidget.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDir>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QSpinBox>
#include <QStandardPaths>

#include <utility>

namespace halftone::ui {

namespace {

const QString folderKey = QStringLiteral("export/folder");

QString lastFolder()
{
    return QSettings()
        .value(folderKey, QStandardPaths::writableLocation(QStandardPaths::DocumentsLocation))
        .toString();
}

} // namespace

ExportDialog::ExportDialog(PlotWidget& plot, const RunInfo& run, QWidget* parent)
    : ExportDialog(plot, exportMetadata(plot, run), suggestedFileName(plot, run, PlotFormat::Png),
                   parent)
{
}

ExportDialog::ExportDialog(PlotWidget& plot, const EvaluationInfo& evaluation, QWidget* parent)
    : ExportDialog(plot, exportMetadata(plot, evaluation),
                   suggestedFileName(plot, evaluation, PlotFormat::Png), parent)
{
    m_allRows->hide(); // the plot shows all of them
}

ExportDialog::ExportDialog(PlotWidget& plot, ExportMetadata metadata, const QString& fileName,
                           QWidget* parent)
    : QDialog(parent)
    , m_plot(plot)
    , m_metadata(std::move(metadata))
    , m_format(new QComboBox)
    , m_width(new QSpinBox)
    , m_height(new QSpinBox)
    , m_scale(new QDoubleSpinBox)
    , m_allRows(new QCheckBox(tr("The whole run instead of the steps shown")))
    , m_path(new QLineEdit)
    , m_problem(new QLabel)
{
    setWindowTitle(tr("Export %1").arg(plot.subject()));
    m_format->setObjectName(QStringLiteral("format"));
    m_format->addItem(tr("PNG image"), static_cast<int>(PlotFormat::Png));
    m_format->addItem(tr("SVG drawing"), static_cast<int>(PlotFormat::Svg));
    m_format->addItem(tr("PDF drawing"), static_cast<int>(PlotFormat::Pdf));
    m_format->addItem(tr("CSV numbers"), static_cast<int>(PlotFormat::Csv));
    const ExportOptions standard;
    for (QSpinBox* side : {m_width, m_height}) {
        side->setRange(leastExportPixels, mostExportPixels);
        side->setSuffix(tr(" px"));
        side->setToolTip(tr("Logical pixels of 1/96 inch; text keeps its size"));
    }
    m_width->setValue(standard.size.width());
    m_height->setValue(standard.size.height());
    m_scale->setRange(0.5, 8);
    m_scale->setSingleStep(0.5);
    m_scale->setDecimals(1);
    m_scale->setValue(standard.scale);
    m_scale->setToolTip(tr("Image pixels per logical pixel: 1 is 96 dpi, 3.1 about 300 dpi"));
    m_path->setObjectName(QStringLiteral("path"));
    m_path->setMinimumWidth(fontMetrics().averageCharWidth() * 50);
    m_problem->setObjectName(QStringLiteral("problem"));
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->hide();

    auto* browseButton = new QPushButton(tr("Browse…"));
    auto* pathRow = new QHBoxLayout;
    pathRow->addWidget(m_path, 1);
    pathRow->addWidget(browseButton);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
    auto* form = new QFormLayout(this);
    form->addRow(tr("&Format"), m_format);
    form->addRow(tr("&Width"), m_width);
    form->addRow(tr("&Height"), m_height);
    form->addRow(tr("&Scale"), m_scale);
    form->addRow(m_allRows);
    form->addRow(tr("F&ile"), pathRow);
    auto* note = new QLabel(tr("Figures are light. Settings, seed, model fingerprint and program "
                               "version are written into the file."));
    note->setWordWrap(true);
    form->addRow(note);
    form->addRow(m_problem);
    form->addRow(buttons);

    connect(m_format, &QComboBox::currentIndexChanged, this, &ExportDialog::adaptToFormat);
    connect(browseButton, &QPushButton::clicked, this, &ExportDialog::browse);
    connect(buttons, &QDialogButtonBox::accepted, this, &ExportDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &ExportDialog::reject);
    m_path->setText(QDir(lastFolder()).filePath(fileName));
    adaptToFormat();
}

PlotFormat ExportDialog::format() const
{
    return static_cast<PlotFormat>(m_format->currentData().toInt());
}

QString ExportDialog::path() const
{
    return m_path->text();
}

void ExportDialog::adaptToFormat()
{
    const bool drawn = format() != PlotFormat::Csv;
    m_width->setEnabled(drawn);
    m_height->setEnabled(drawn);
    m_scale->setEnabled(format() == PlotFormat::Png);
    m_allRows->setEnabled(!drawn);
    const QFileInfo file(path());
    if (!file.fileName().isEmpty())
        m_path->setText(QDir(file.path())
                            .filePath(QStringLiteral("%1.%2").arg(file.completeBaseName(),
                                                                  suffixOf(format()))));
}

void ExportDialog::browse()
{
    const QString chosen = QFileDialog::getSaveFileName(this, windowTitle(), path(),
                                                        QStringLiteral("*.") + suffixOf(format()),
                                                        nullptr, QFileDialog::DontConfirmOverwrite);
    if (!chosen.isEmpty())
        m_path->setText(chosen);
}

void ExportDialog::accept()
{
    if (QFileInfo::exists(path()) &&
        QMessageBox::question(this, windowTitle(), tr("\"%1\" exists. Replace it?").arg(path())) !=
            QMessageBox::Yes)
        return;
    ExportOptions options;
    options.size = {m_width->value(), m_height->value()};
    options.scale = m_scale->value();
    options.allRows = m_allRows->isChecked();
    const Result<void> done = exportPlot(m_plot, path(), format(), m_metadata, options);
    if (!done) {
        m_problem->setText(QString::fromStdString(done.error().message));
        m_problem->show();
        return;
    }
    QSettings().setValue(folderKey, QFileInfo(path()).absolutePath());
    QDialog::accept();
}

} // namespace halftone::ui
