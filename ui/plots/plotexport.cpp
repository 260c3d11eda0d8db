#include "plots/plotexport.h"

#include "base/version.h"
#include "plots/plotwidget.h"
#include "plots/qcp.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QDateTime>
#include <QFileInfo>
#include <QImageWriter>
#include <QPdfWriter>
#include <QRegularExpression>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QTextStream>

#include <algorithm>
#include <cmath>
#include <new>

namespace halftone::ui {

namespace {

constexpr int dotsPerInch = 96;
constexpr double inchesPerMetre = 1 / 0.0254;

struct PlotExport
{
    Q_DECLARE_TR_FUNCTIONS(halftone::ui::PlotExport)
};

Unexpected failed(ErrorCode code, const QString& sentence)
{
    return failure(code, sentence.toStdString());
}

/// One line, whatever the value holds: backslash, newline and the other controls as escapes.
QString onOneLine(const QString& value)
{
    QString line;
    for (const QChar c : value) {
        if (c == QLatin1Char('\\'))
            line += QStringLiteral("\\\\");
        else if (c == QLatin1Char('\n'))
            line += QStringLiteral("\\n");
        else if (c == QLatin1Char('\r'))
            line += QStringLiteral("\\r");
        else
            line += c;
    }
    return line;
}

/// For XML text: escaped, without the control characters that XML 1.0 cannot hold.
QString xmlText(const QString& value)
{
    QString kept;
    for (const QChar c : value)
        if (c.unicode() >= 0x20 || c == QLatin1Char('\n') || c == QLatin1Char('\t'))
            kept += c;
    return kept.toHtmlEscaped();
}

QString csvField(const QString& text)
{
    static const QRegularExpression special(QStringLiteral("[\",\r\n]"));
    if (!text.contains(special))
        return text;
    QString quoted = text;
    quoted.replace(QLatin1Char('"'), QStringLiteral("\"\""));
    return QLatin1Char('"') + quoted + QLatin1Char('"');
}

Result<void> written(const QString& path, const QByteArray& bytes)
{
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        return failed(file.error() == QFileDevice::ResourceError ? ErrorCode::DiskFull
                                                                 : ErrorCode::NotFound,
                      PlotExport::tr(
                          "Cannot write \"%1\": %2. Choose a folder that exists, may be written to "
                          "and has room.")
                          .arg(path, file.errorString()));
    return {};
}

Result<QByteArray> asPng(PlotWidget& plot, const ExportMetadata& metadata,
                         const ExportOptions& options)
{
    const QSize pixels = options.size * options.scale;
    QImage image(pixels, QImage::Format_RGB32);
    if (image.isNull())
        return failed(
            ErrorCode::OutOfMemory,
            PlotExport::tr(
                "There is no memory for an image of %1 x %2 pixels. Choose a smaller size "
                "or scale.")
                .arg(pixels.width())
                .arg(pixels.height()));
    image.fill(Qt::white);
    plot.drawForExport(options.size, pixels.width(), [&](QCustomPlot& drawn) {
        QCPPainter painter(&image);
        painter.setMode(QCPPainter::pmNoCaching);
        painter.setMode(QCPPainter::pmNonCosmetic);
        painter.scale(options.scale, options.scale);
        drawn.toPainter(&painter, options.size.width(), options.size.height());
    });
    const int dotsPerMetre =
        static_cast<int>(std::lround(dotsPerInch * options.scale * inchesPerMetre));
    image.setDotsPerMeterX(dotsPerMetre);
    image.setDotsPerMeterY(dotsPerMetre);
    image.setText(QStringLiteral("Title"), metadata.title);
    image.setText(QStringLiteral("Description"), metadata.description);
    for (const auto& [key, value] : metadata.facts)
        image.setText(key, value);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QImageWriter writer(&buffer, "png");
    if (!writer.write(image))
        return failed(
            ErrorCode::OutOfMemory,
            PlotExport::tr("The image could not be encoded as PNG: %1.").arg(writer.errorString()));
    return bytes;
}

QByteArray asSvg(PlotWidget& plot, const ExportMetadata& metadata, const ExportOptions& options)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(options.size);
    generator.setViewBox(QRect(QPoint(0, 0), options.size));
    generator.setResolution(dotsPerInch);
    generator.setTitle(metadata.title);
    generator.setDescription(metadata.description);
    plot.drawForExport(options.size, options.size.width(), [&](QCustomPlot& drawn) {
        QCPPainter painter(&generator);
        painter.setMode(QCPPainter::pmVectorized);
        painter.setMode(QCPPainter::pmNoCaching);
        drawn.toPainter(&painter, options.size.width(), options.size.height());
    });
    QString block = QStringLiteral("<metadata xmlns:halftone=\"urn:halftone:figure\">\n");
    for (const auto& [key, value] : metadata.facts)
        block += QStringLiteral("<halftone:fact name=\"%1\">%2</halftone:fact>\n")
                     .arg(xmlText(key), xmlText(value));
    block += QStringLiteral("</metadata>\n");
    const qsizetype afterDescription = bytes.indexOf("</desc>");
    const qsizetype place = bytes.indexOf('\n', std::max<qsizetype>(afterDescription, 0)) + 1;
    bytes.insert(place, block.toUtf8());
    return bytes;
}

QByteArray xmpPacket(const ExportMetadata& metadata)
{
    QString facts;
    for (const auto& [key, value] : metadata.facts)
        facts += QStringLiteral("<halftone:%1>%2</halftone:%1>\n").arg(key, xmlText(value));
    return QStringLiteral(
               "<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
               "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
               "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
               "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
               "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" "
               "xmlns:halftone=\"urn:halftone:figure#\">\n"
               "<dc:title><rdf:Alt><rdf:li "
               "xml:lang=\"x-default\">%1</rdf:li></rdf:Alt></dc:title>\n"
               "<dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">%2</rdf:li></rdf:Alt>"
               "</dc:description>\n"
               "<xmp:CreatorTool>%3</xmp:CreatorTool>\n%4"
               "</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n<?xpacket end=\"w\"?>\n")
        .arg(xmlText(metadata.title), xmlText(metadata.description),
             xmlText(QStringLiteral("Halftone ") + QString::fromUtf8(programVersion())), facts)
        .toUtf8();
}

QByteArray asPdf(PlotWidget& plot, const ExportMetadata& metadata, const ExportOptions& options)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    {
        QPdfWriter writer(&buffer);
        writer.setResolution(dotsPerInch);
        writer.setPageMargins(QMarginsF(0, 0, 0, 0));
        writer.setPageSize(QPageSize(QSizeF(options.size) / dotsPerInch, QPageSize::Inch, QString(),
                                     QPageSize::ExactMatch));
        writer.setTitle(metadata.title);
        writer.setCreator(QStringLiteral("Halftone ") + QString::fromUtf8(programVersion()));
        writer.setDocumentXmpMetadata(xmpPacket(metadata));
        plot.drawForExport(options.size, options.size.width(), [&](QCustomPlot& drawn) {
            QCPPainter painter(&writer);
            painter.setMode(QCPPainter::pmVectorized);
            painter.setMode(QCPPainter::pmNoCaching);
            drawn.toPainter(&painter, options.size.width(), options.size.height());
        });
    }
    return bytes;
}

QByteArray asCsv(const PlotWidget& plot, const ExportMetadata& metadata,
                 const ExportOptions& options)
{
    QByteArray bytes;
    QTextStream out(&bytes); // UTF-8
    out << "# " << onOneLine(metadata.title) << '\n';
    out << "# " << onOneLine(metadata.description) << '\n';
    for (const auto& [key, value] : metadata.facts)
        out << "# " << key << ": " << onOneLine(value) << '\n';
    const PlotData data = plot.data();
    const auto [first, last] =
        options.allRows ? std::pair<qint64, qint64>{0, data.rows - 1} : plot.shownRows();
    for (std::size_t i = 0; i < data.columns.size(); ++i)
        out << (i > 0 ? "," : "") << csvField(data.columns[i].key);
    out << '\n';
    for (qint64 row = first; row <= last; ++row) {
        for (std::size_t i = 0; i < data.columns.size(); ++i)
            out << (i > 0 ? "," : "") << csvField(exactText(data.columns[i].value(row)));
        out << '\n';
    }
    out.flush();
    return bytes;
}

Result<void> checked(PlotFormat format, const ExportOptions& options)
{
    const int longest = std::max(options.size.width(), options.size.height());
    const int shortest = std::min(options.size.width(), options.size.height());
    if (format == PlotFormat::Csv)
        return {};
    if (shortest < leastExportPixels || longest > mostExportPixels)
        return failed(
            ErrorCode::InvalidArgument,
            PlotExport::tr(
                "A figure of %1 x %2 pixels is out of bounds. Choose sides from %3 to %4.")
                .arg(options.size.width())
                .arg(options.size.height())
                .arg(leastExportPixels)
                .arg(mostExportPixels));
    if (format == PlotFormat::Png &&
        !(options.scale > 0 && options.scale * longest <= 2 * mostExportPixels))
        return failed(
            ErrorCode::InvalidArgument,
            PlotExport::tr("A scale of %1 makes an image of more than %2 pixels a side. Choose a "
                           "smaller one.")
                .arg(options.scale)
                .arg(2 * mostExportPixels));
    return {};
}

Result<QByteArray> encoded(PlotWidget& plot, PlotFormat format, const ExportMetadata& metadata,
                           const ExportOptions& options)
{
    switch (format) {
    case PlotFormat::Png:
        return asPng(plot, metadata, options);
    case PlotFormat::Svg:
        return asSvg(plot, metadata, options);
    case PlotFormat::Pdf:
        return asPdf(plot, metadata, options);
    case PlotFormat::Csv:
        return asCsv(plot, metadata, options);
    }
    return QByteArray();
}

void addFact(ExportMetadata& metadata, const char* key, const QString& value)
{
    metadata.facts.emplace_back(QString::fromLatin1(key), value);
}

void addProgram(ExportMetadata& metadata)
{
    addFact(metadata, "Software",
            QStringLiteral("Halftone ") + QString::fromUtf8(programVersion()));
    addFact(metadata, "Created", QDateTime::currentDateTimeUtc().toString(Qt::ISODate));
}

void addRows(ExportMetadata& metadata, const PlotWidget& plot)
{
    const auto [first, last] = plot.shownRows();
    addFact(metadata, "Rows",
            QStringLiteral("%1 to %2 of %3").arg(first).arg(last).arg(plot.data().rows));
}

/// Safe on every file system.
QString fileName(const QString& words, PlotFormat format)
{
    static const QRegularExpression unwanted(QStringLiteral("[^a-z0-9._]+"));
    return QStringLiteral("%1.%2").arg(words.toLower().replace(unwanted, QStringLiteral("-")),
                                       suffixOf(format));
}

} // namespace

QString suffixOf(PlotFormat format)
{
    switch (format) {
    case PlotFormat::Png:
        return QStringLiteral("png");
    case PlotFormat::Svg:
        return QStringLiteral("svg");
    case PlotFormat::Pdf:
        return QStringLiteral("pdf");
    case PlotFormat::Csv:
        return QStringLiteral("csv");
    }
    return {};
}

ExportMetadata exportMetadata(const PlotWidget& plot, const RunInfo& run)
{
    ExportMetadata metadata;
    metadata.title = QStringLiteral("%1: %2, %3, seed %4")
                         .arg(plot.subject(), QString::fromStdString(run.model.name),
                              QString::fromStdString(run.mode))
                         .arg(run.seed);
    metadata.description = plot.description();
    const auto add = [&](const char* key, const QString& value) { addFact(metadata, key, value); };
    addProgram(metadata);
    add("Model", QString::fromStdString(run.model.name));
    add("Fingerprint", QString::fromStdString(run.model.fingerprint));
    add("Architecture", QString::fromStdString(run.model.architecture));
    add("Run", QString::number(run.id.value));
    if (run.origin)
        add("Fork", QStringLiteral("of run %1 at step %2: %3")
                        .arg(run.origin->parent.value)
                        .arg(run.origin->step.value)
                        .arg(QString::fromStdString(run.origin->change)));
    add("RunProgram", QString::fromStdString(run.programVersion));
    add("Mode", QString::fromStdString(run.mode));
    add("Seed", QString::number(run.seed));
    add("Settings", QString::fromStdString(run.settings));
    add("Prompt", QString::fromStdString(run.prompt));
    add("Status", QString::fromUtf8(name(run.status)));
    addRows(metadata, plot);
    return metadata;
}

ExportMetadata exportMetadata(const PlotWidget& plot, const EvaluationInfo& evaluation)
{
    ExportMetadata metadata;
    metadata.title = QStringLiteral("%1: %2, %3")
                         .arg(plot.subject(), QString::fromStdString(evaluation.name),
                              QString::fromStdString(evaluation.model));
    metadata.description = plot.description();
    addProgram(metadata);
    addFact(metadata, "Model", QString::fromStdString(evaluation.model));
    addFact(metadata, "Fingerprint", QString::fromStdString(evaluation.fingerprint));
    addFact(metadata, "Evaluation", QString::number(evaluation.id.value));
    addFact(metadata, "Samples", QString::number(evaluation.samplesDone));
    addFact(metadata, "Data", QString::fromStdString(evaluation.dataDigest));
    addFact(metadata, "Plan", QString::fromStdString(evaluation.plan));
    addRows(metadata, plot);
    return metadata;
}

Result<void> exportPlot(PlotWidget& plot, const QString& path, PlotFormat format,
                        const ExportMetadata& metadata, const ExportOptions& options)
{
    if (Result<void> fits = checked(format, options); !fits)
        return fits;
    try {
        Result<QByteArray> bytes = encoded(plot, format, metadata, options);
        if (!bytes)
            return Unexpected(std::move(bytes.error()));
        return written(path, *bytes);
    } catch (const std::bad_alloc&) {
        return failed(
            ErrorCode::OutOfMemory,
            PlotExport::tr("There is no memory left for \"%1\". Choose a smaller figure or fewer "
                           "steps.")
                .arg(path));
    }
}

QString suggestedFileName(const PlotWidget& plot, const RunInfo& run, PlotFormat format)
{
    return fileName(QStringLiteral("%1-run%2-seed%3-%4")
                        .arg(QString::fromStdString(run.model.name))
                        .arg(run.id.value)
                        .arg(run.seed)
                        .arg(plot.subject()),
                    format);
}

QString suggestedFileName(const PlotWidget& plot, const EvaluationInfo& evaluation,
                          PlotFormat format)
{
    return fileName(QStringLiteral("%1-evaluation%2-%3")
                        .arg(QString::fromStdString(evaluation.model))
                        .arg(evaluation.id.value)
                        .arg(plot.subject()),
                    format);
}

} // namespace halftone::ui
