#include "plots/plotexport.h"

#include "base/version.h"
#include "plotfixture.h"
#include "plots/cacheplot.h"
#include "plots/curvesplot.h"
#include "plots/estimateplot.h"
#include "plots/exportdialog.h"
#include "plots/layerbars.h"
#include "plots/mixtureplot.h"
#include "qverifyresult.h"

#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QXmlStreamReader>

using namespace halftone;
using namespace halftone::ui;

namespace {

using Fixture = test::PlotFixture<CurvesPlot>;

QByteArray contentOf(const QString& path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// Rows of a CSV file without its comment lines, cut at commas (the curves have no others).
QList<QStringList> rowsOf(const QByteArray& csv)
{
    QList<QStringList> rows;
    for (const QString& line : QString::fromUtf8(csv).split(QLatin1Char('\n')))
        if (!line.isEmpty() && !line.startsWith(QLatin1Char('#')))
            rows << line.split(QLatin1Char(','));
    return rows;
}

} // namespace

class TestPlotExport : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { QVERIFY(m_folder.isValid()); }

    void aPngReadsBackWithTheFactsOfTheRun()
    {
        Fixture f;
        const QString path = m_folder.filePath(QStringLiteral("a.png"));
        ExportOptions options;
        options.size = {400, 300};
        options.scale = 1.5;
        QVERIFY_RESULT(exportPlot(f.view, path, PlotFormat::Png,
                                  exportMetadata(f.view, f.document.info()), options));
        const QImage image(path);
        QCOMPARE(image.size(), QSize(600, 450));
        QCOMPARE(image.text(QStringLiteral("Seed")), QStringLiteral("7"));
        QCOMPARE(image.text(QStringLiteral("Model")), QStringLiteral("starter-soft"));
        QCOMPARE(image.text(QStringLiteral("Fingerprint")), QStringLiteral("5f0c2a77d1"));
        QCOMPARE(image.text(QStringLiteral("Settings")),
                 QString::fromStdString(f.run.info.settings));
        QCOMPARE(image.text(QStringLiteral("Software")),
                 QStringLiteral("Halftone ") + QString::fromUtf8(programVersion()));
        QVERIFY(image.text(QStringLiteral("Description")).contains(QStringLiteral("T = 1")));
    }

    void figuresAreLightFromADarkWindowWhichStaysDark()
    {
        Fixture f;
        f.view.setPalette(test::darkPalette());
        const QImage before = test::drawn(f.view);
        const QString path = m_folder.filePath(QStringLiteral("light.png"));
        QVERIFY_RESULT(exportPlot(f.view, path, PlotFormat::Png, {}));
        const QImage image(path);
        QCOMPARE(image.pixelColor(0, 0), QColor(Qt::white));
        QVERIFY(test::hasColor(image, image.rect(), PlotTheme::forExport().thinkBand));
        QVERIFY(f.view.theme().dark);
        QVERIFY(f.view.canvas()->grab().toImage() == before);
    }

    void theFocusLineStaysOutOfFigures()
    {
        Fixture f;
        f.cursor.moveTo(30);
        const QString path = m_folder.filePath(QStringLiteral("focus.png"));
        QVERIFY_RESULT(exportPlot(f.view, path, PlotFormat::Png, {}));
        const QImage image(path);
        QVERIFY(!test::hasColor(image, image.rect(), PlotTheme::forExport().cursor));
    }

    void anSvgIsADrawingWithTextAndTheFacts_data()
    {
        QTest::addColumn<QString>("which");
        for (const char* which : {"curves", "mixture", "cache", "layers"})
            QTest::newRow(which) << QString::fromLatin1(which);
    }

    void anSvgIsADrawingWithTextAndTheFacts()
    {
        QFETCH(QString, which);
        Fixture f;
        MixturePlot mixture(&f.document, &f.cursor);
        CachePlot cache(&f.document, &f.cursor);
        LayerBars layers(&f.document, &f.cursor);
        PlotWidget& plot = which == QLatin1String("curves")    ? static_cast<PlotWidget&>(f.view)
                           : which == QLatin1String("mixture") ? static_cast<PlotWidget&>(mixture)
                           : which == QLatin1String("cache")   ? static_cast<PlotWidget&>(cache)
                                                               : layers;
        const QString path = m_folder.filePath(which + QStringLiteral(".svg"));
        QVERIFY_RESULT(
            exportPlot(plot, path, PlotFormat::Svg, exportMetadata(plot, f.document.info())));
        QXmlStreamReader xml(contentOf(path));
        QString title;
        QString description;
        QMap<QString, QString> facts;
        int texts = 0;
        int shapes = 0;
        while (!xml.atEnd()) {
            if (xml.readNext() != QXmlStreamReader::StartElement)
                continue;
            if (xml.name() == QLatin1String("title"))
                title = xml.readElementText();
            else if (xml.name() == QLatin1String("desc"))
                description = xml.readElementText();
            else if (xml.name() == QLatin1String("fact")) {
                const QString key = xml.attributes().value(QLatin1String("name")).toString();
                facts.insert(key, xml.readElementText());
            } else if (xml.name() == QLatin1String("text"))
                ++texts;
            else if (xml.name() == QLatin1String("path") ||
                     xml.name() == QLatin1String("polyline") || xml.name() == QLatin1String("rect"))
                ++shapes;
        }
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        QVERIFY(title.contains(QStringLiteral("starter-soft")));
        QCOMPARE(description, plot.description());
        QCOMPARE(facts.value(QStringLiteral("Settings")),
                 QString::fromStdString(f.run.info.settings));
        QCOMPARE(facts.value(QStringLiteral("Prompt")), QString::fromStdString(f.run.info.prompt));
        QCOMPARE(facts.value(QStringLiteral("Seed")), QStringLiteral("7"));
        QVERIFY2(texts > 8, qPrintable(QString::number(texts)));
        QVERIFY2(shapes > 20, qPrintable(QString::number(shapes)));
    }

    void aPdfHasVectorsTitleAndTheFacts()
    {
        Fixture f;
        const QString path = m_folder.filePath(QStringLiteral("a.pdf"));
        QVERIFY_RESULT(
            exportPlot(f.view, path, PlotFormat::Pdf, exportMetadata(f.view, f.document.info())));
        const QByteArray pdf = contentOf(path);
        QVERIFY(pdf.startsWith("%PDF-"));
        QVERIFY(pdf.trimmed().endsWith("%%EOF"));
        QVERIFY(!pdf.contains("/Subtype /Image"));
        QVERIFY(pdf.contains("/Font"));
        QVERIFY(pdf.contains("<halftone:Fingerprint>5f0c2a77d1</halftone:Fingerprint>"));
        QVERIFY(pdf.contains("<halftone:Seed>7</halftone:Seed>"));
        QVERIFY(pdf.contains("&quot;temperature&quot;:0.6"));
        QVERIFY(pdf.contains("<xmp:CreatorTool>Halftone "));
        // 900 x 540 logical pixels of 1/96 inch are 675 x 405 points.
        const QRegularExpression box(QStringLiteral("/MediaBox \\[0 0 ([0-9.]+) ([0-9.]+)\\]"));
        const QRegularExpressionMatch match = box.match(QString::fromLatin1(pdf));
        QVERIFY(match.hasMatch());
        QVERIFY(std::abs(match.captured(1).toDouble() - 675) < 1);
        QVERIFY(std::abs(match.captured(2).toDouble() - 405) < 1);
    }

    void csvNumbersEqualTheRecords()
    {
        Fixture f;
        const QString path = m_folder.filePath(QStringLiteral("a.csv"));
        QVERIFY_RESULT(
            exportPlot(f.view, path, PlotFormat::Csv, exportMetadata(f.view, f.document.info())));
        const QList<QStringList> rows = rowsOf(contentOf(path));
        QCOMPARE(rows.size(), qsizetype{101});
        QCOMPARE(rows.first().join(QLatin1Char(',')),
                 QStringLiteral("step,phase,entropy_nats,mixture_entropy_nats,effective_tokens,"
                                "p_max,varentropy_nats2"));
        for (qsizetype i = 1; i < rows.size(); ++i) {
            const StepRecord& record = f.run.steps[static_cast<std::size_t>(i - 1)];
            QCOMPARE(rows[i][0].toLongLong(), record.step.value);
            QCOMPARE(rows[i][1], QString::fromUtf8(name(record.phase)));
            // Equal to the bit, hence no QCOMPARE, which allows a difference.
            QVERIFY(rows[i][2].toDouble() == record.entropy);
            QVERIFY(rows[i][3].toDouble() == record.mixtureEntropy);
            QVERIFY(rows[i][4].toDouble() == record.effectiveTokens);
            QVERIFY(rows[i][5].toDouble() == record.pMax);
            QVERIFY(rows[i][6].toDouble() == record.varentropy);
        }
    }

    void csvFactsAreOnLinesOfTheirOwn()
    {
        Fixture f;
        const QString path = m_folder.filePath(QStringLiteral("facts.csv"));
        QVERIFY_RESULT(
            exportPlot(f.view, path, PlotFormat::Csv, exportMetadata(f.view, f.document.info())));
        const QList<QByteArray> lines = contentOf(path).split('\n');
        const auto facts =
            lines.mid(0, lines.indexOf(QByteArray("step,phase,entropy_nats,mixture_entropy_nats,"
                                                  "effective_tokens,p_max,varentropy_nats2")));
        for (const QByteArray& line : facts)
            QVERIFY2(line.startsWith("# "), line.constData());
        QVERIFY(facts.contains("# Seed: 7"));
        QVERIFY(facts.contains("# Settings: " + QByteArray::fromStdString(f.run.info.settings)));
        QVERIFY(facts.contains("# Prompt: Which way leads to \"bern\"?\\nThink <first>."));
    }

    void csvHasTheStepsThatThePlotShowsOrAllOfThem()
    {
        Fixture f;
        f.view.setRange({10.5, 30.5});
        ExportOptions options;
        const QString path = m_folder.filePath(QStringLiteral("some.csv"));
        QVERIFY_RESULT(exportPlot(f.view, path, PlotFormat::Csv, {}, options));
        QList<QStringList> rows = rowsOf(contentOf(path));
        QCOMPARE(rows.size(), qsizetype{21});
        QCOMPARE(rows[1][0], QStringLiteral("11"));
        QCOMPARE(rows.last()[0], QStringLiteral("30"));
        options.allRows = true;
        QVERIFY_RESULT(exportPlot(f.view, path, PlotFormat::Csv, {}, options));
        QCOMPARE(rowsOf(contentOf(path)).size(), qsizetype{101});
    }

    void csvOfTheMixtureHasTheWeightsThatWereFed()
    {
        Fixture f;
        MixturePlot plot(&f.document, &f.cursor);
        const QString path = m_folder.filePath(QStringLiteral("mixture.csv"));
        QVERIFY_RESULT(exportPlot(plot, path, PlotFormat::Csv, {}));
        const QList<QStringList> rows = rowsOf(contentOf(path));
        const qsizetype id = rows.first().indexOf(QStringLiteral("rank_1_id"));
        const qsizetype weight = rows.first().indexOf(QStringLiteral("rank_1_mixture"));
        QVERIFY(id >= 0 && weight >= 0);
        for (qsizetype i = 1; i < rows.size(); ++i) {
            const StepInput& input = f.run.steps[static_cast<std::size_t>(i - 1)].input;
            QCOMPARE(rows[i][id].toInt(), input.ids[0].value);
            QVERIFY(rows[i][weight].toFloat() == input.weights[0]);
        }
    }

    void tokensWithCommasQuotesAndNewlinesStayInTheirField()
    {
        Fixture f(3, 0);
        auto tokens = std::make_shared<const TokenTable>(std::vector<std::string>{"a,\"b\"", "x"},
                                                         std::string());
        StepRecord record = f.run.steps[0];
        record.input = StepInput::token(TokenId{0});
        f.document.open(f.run.info, tokens, std::vector{record}, false);
        MixturePlot plot(&f.document, &f.cursor);
        const QString path = m_folder.filePath(QStringLiteral("quoted.csv"));
        QVERIFY_RESULT(exportPlot(plot, path, PlotFormat::Csv, {}));
        QVERIFY(contentOf(path).contains("0,\"a,\"\"b\"\"\",1,"));
    }

    void aFolderThatIsNotThereGivesASentence()
    {
        Fixture f;
        const QString path = m_folder.filePath(QStringLiteral("none/a.png"));
        const Result<void> done = exportPlot(f.view, path, PlotFormat::Png, {});
        QVERIFY(!done);
        const QString sentence = QString::fromStdString(done.error().message);
        QVERIFY2(sentence.contains(path) && sentence.startsWith(QStringLiteral("Cannot write")),
                 qPrintable(sentence));
    }

    void aFailedExportLeavesTheOldFile()
    {
        Fixture f;
        const QString path = m_folder.filePath(QStringLiteral("old.png"));
        QVERIFY_RESULT(exportPlot(f.view, path, PlotFormat::Png, {}));
        const QByteArray before = contentOf(path);
        ExportOptions options;
        options.size = {10, 10};
        const Result<void> done = exportPlot(f.view, path, PlotFormat::Png, {}, options);
        QVERIFY(!done);
        QCOMPARE(done.error().code, ErrorCode::InvalidArgument);
        QCOMPARE(contentOf(path), before);
        QCOMPARE(QDir(m_folder.path()).entryList({QStringLiteral("old.png*")}).size(),
                 qsizetype{1});
    }

    void sizesOutOfBoundsAreRefused_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<double>("scale");
        QTest::newRow("small") << QSize(20, 400) << 1.0;
        QTest::newRow("large") << QSize(400, 9000) << 1.0;
        QTest::newRow("large when scaled") << QSize(8000, 8000) << 4.0;
        QTest::newRow("no scale") << QSize(400, 400) << 0.0;
        QTest::newRow("not a number") << QSize(400, 400) << std::nan("");
    }

    void sizesOutOfBoundsAreRefused()
    {
        QFETCH(QSize, size);
        QFETCH(double, scale);
        Fixture f(5, 0);
        ExportOptions options;
        options.size = size;
        options.scale = scale;
        const QString path = m_folder.filePath(QStringLiteral("refused.png"));
        const Result<void> done = exportPlot(f.view, path, PlotFormat::Png, {}, options);
        QVERIFY(!done);
        QVERIFY(!QFile::exists(path));
    }

    void fileNamesSayModelRunSeedAndSubject()
    {
        Fixture f;
        RunInfo info = f.run.info;
        QCOMPARE(suggestedFileName(f.view, info, PlotFormat::Svg),
                 QStringLiteral("starter-soft-run12-seed7-entropy-curves.svg"));
        info.model.name = "My Model/é:1";
        const QString name = suggestedFileName(f.view, info, PlotFormat::Csv);
        QVERIFY(!name.contains(QLatin1Char('/')) && !name.contains(QLatin1Char(' ')));
    }

    void aFigureOfAnEvaluationHasItsNumbersAndItsPlan()
    {
        EstimatePlot plot;
        EstimateFigure figure;
        figure.subject = QStringLiteral("pass at k");
        figure.description = QStringLiteral("Chance of k samples.");
        figure.x.key = QStringLiteral("k");
        figure.y = {QStringLiteral("pass_at_k_percent"),
                    QStringLiteral("pass@k (%)"),
                    QStringLiteral("%"),
                    100,
                    1,
                    100};
        figure.form = EstimateFigure::Form::Band;
        figure.across = EstimateFigure::Across::Doubling;
        figure.series = {{QStringLiteral("soft, T 1"),
                          {{1, {1, 1}, 0.5, {0.25, 0.75}, 40}, {2, {2, 2}, 0.75, {0.5, 1}, 40}}}};
        plot.show(figure);
        EvaluationInfo evaluation;
        evaluation.id = EvaluationId{3};
        evaluation.model = "starter";
        evaluation.plan = R"({"data": "walks"})";
        QCOMPARE(suggestedFileName(plot, evaluation, PlotFormat::Svg),
                 QStringLiteral("starter-evaluation3-pass-at-k.svg"));
        const ExportMetadata metadata = exportMetadata(plot, evaluation);

        const QString csv = m_folder.filePath(QStringLiteral("evaluation.csv"));
        QVERIFY_RESULT(exportPlot(plot, csv, PlotFormat::Csv, metadata));
        const QByteArray numbers = contentOf(csv);
        QVERIFY(numbers.contains("# Plan: {\"data\": \"walks\"}\n"));
        QVERIFY2(numbers.contains("setting,k,pass_at_k_percent,pass_at_k_percent_low,"
                                  "pass_at_k_percent_high,items\n\"soft, T 1\",1,50,25,75,40\n"
                                  "\"soft, T 1\",2,75,50,100,40\n"),
                 numbers.constData());

        const QString png = m_folder.filePath(QStringLiteral("evaluation.png"));
        QVERIFY_RESULT(exportPlot(plot, png, PlotFormat::Png, metadata, {.size = {500, 300}}));
        QCOMPARE(QImage(png).text(QStringLiteral("Evaluation")), QStringLiteral("3"));
        const PlotTheme light = PlotTheme::forExport();
        QVERIFY(test::hasColor(QImage(png), QImage(png).rect(), light.series[0]));
        const QString svg = m_folder.filePath(QStringLiteral("evaluation.svg"));
        QVERIFY_RESULT(exportPlot(plot, svg, PlotFormat::Svg, metadata));
        QVERIFY(contentOf(svg).contains("pass@k (%)"));
    }

    void theDialogWritesWhatItSaysAndStaysOpenWhenItCannot()
    {
        Fixture f;
        ExportDialog dialog(f.view, f.document.info());
        dialog.show();
        auto* format = dialog.findChild<QComboBox*>(QStringLiteral("format"));
        auto* path = dialog.findChild<QLineEdit*>(QStringLiteral("path"));
        QVERIFY(path->text().endsWith(QStringLiteral(".png")));
        format->setCurrentIndex(format->findData(static_cast<int>(PlotFormat::Svg)));
        QVERIFY(path->text().endsWith(QStringLiteral("entropy-curves.svg")));

        path->setText(m_folder.filePath(QStringLiteral("none/dialog.svg")));
        dialog.accept();
        QVERIFY(dialog.isVisible());
        auto* problem = dialog.findChild<QLabel*>(QStringLiteral("problem"));
        QVERIFY(problem->isVisible());
        QVERIFY(problem->text().contains(path->text()));

        path->setText(m_folder.filePath(QStringLiteral("dialog.svg")));
        dialog.accept();
        QVERIFY(!dialog.isVisible());
        QVERIFY(contentOf(path->text()).contains("<svg"));
    }

private:
    QTemporaryDir m_folder;
};

QTEST_MAIN(TestPlotExport)
#include "tst_plotexport.moc"
