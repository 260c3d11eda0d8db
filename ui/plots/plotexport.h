// Plots as files: PNG, SVG and PDF always in the light theme, and their numbers as CSV, each with
// what is needed to make the figure again written into it (PNG text chunks, SVG <title>, <desc> and
// <metadata>, PDF document information and XMP, CSV lines that begin with #). A file is written
// whole or not at all. UI thread.
#pragma once

#include "base/result.h"
#include "store/evaluationstore.h"
#include "trace/runinfo.h"

#include <QSize>
#include <QString>

#include <utility>
#include <vector>

namespace halftone::ui {

class PlotWidget;

enum class PlotFormat
{
    Png,
    Svg,
    Pdf,
    Csv
};

/// "png", also the file name's ending.
[[nodiscard]] QString suffixOf(PlotFormat);

struct ExportMetadata
{
    QString title;
    QString description; // what the numbers mean
    /// Key and value: Software, Model, Fingerprint, Mode, Seed, Settings (JSON) …
    std::vector<std::pair<QString, QString>> facts;
};

/// All facts of the run and what the plot shows of it at the moment.
[[nodiscard]] ExportMetadata exportMetadata(const PlotWidget&, const RunInfo&);
/// Of an evaluation, its plan among them.
[[nodiscard]] ExportMetadata exportMetadata(const PlotWidget&, const EvaluationInfo&);

struct ExportOptions
{
    QSize size{900, 540}; // logical pixels of 1/96 inch, of which fonts keep their size
    double scale = 2;     // PNG: pixels per logical pixel
    bool allRows = false; // CSV: the whole run instead of the steps that the plot shows
};

inline constexpr int leastExportPixels = 100; // per side
inline constexpr int mostExportPixels = 8000; // per side; of PNG after scaling: twice that

/// InvalidArgument for sizes out of bounds, DiskFull or NotFound when the file cannot be written.
[[nodiscard]] Result<void> exportPlot(PlotWidget&, const QString& path, PlotFormat,
                                      const ExportMetadata&, const ExportOptions& = {});

/// "starter-soft-run12-seed7-entropy-curves.png"
[[nodiscard]] QString suggestedFileName(const PlotWidget&, const RunInfo&, PlotFormat);
/// "starter-evaluation3-accuracy-against-tokens.png"
[[nodiscard]] QString suggestedFileName(const PlotWidget&, const EvaluationInfo&, PlotFormat);

} // namespace halftone::ui
