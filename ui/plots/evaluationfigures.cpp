#include "plots/evaluationfigures.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace halftone::ui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(halftone::ui::EvaluationFigures)
};

EstimateAxis shareAxis(const QString& key, const QString& title)
{
    return {key, title, QStringLiteral("%"), 100, 1, 100};
}

EstimateAxis passAxis()
{
    return shareAxis(QStringLiteral("pass_at_1_percent"), Words::tr("pass@1 (%)"));
}

EstimateAxis difficultyAxis(const EvaluationReport& report)
{
    const QString unit = QString::fromStdString(report.difficultyUnit);
    return {QStringLiteral("difficulty"),
            unit.isEmpty() ? Words::tr("difficulty, as the data counts it")
                           : Words::tr("difficulty (%1)").arg(unit),
            {},
            1,
            0,
            0};
}

/// Without what has no value: a setting of which nothing is finished.
void add(EstimateSeries& series, double x, const Interval& xInterval, const Estimate& y,
         std::int64_t items)
{
    if (std::isfinite(x) && std::isfinite(y.value))
        series.points.push_back({x, xInterval, y.value, y.interval, items});
}

/// A line a setting, a point a difficulty.
std::vector<EstimateSeries> byDifficulty(const EvaluationReport& report,
                                         Estimate DifficultyReport::*y)
{
    std::vector<EstimateSeries> all;
    for (const SettingReport& setting : report.settings) {
        EstimateSeries series{QString::fromStdString(setting.name), {}};
        for (const DifficultyReport& own : setting.byDifficulty) {
            const auto difficulty = static_cast<double>(own.difficulty);
            add(series, difficulty, {difficulty, difficulty}, own.*y, own.items);
        }
        all.push_back(std::move(series));
    }
    return all;
}

/// Of a share over items.
void addMean(EstimateSeries& series, double x, const ItemMean& mean)
{
    const double half = std::isnan(mean.standardError) ? 0 : 1.96 * mean.standardError;
    const Interval interval{std::max(0.0, mean.mean - half), std::min(1.0, mean.mean + half)};
    add(series, x, {x, x}, {mean.mean, interval}, mean.items);
}

QString nothingYet()
{
    return Words::tr("Nothing is finished yet.");
}

} // namespace

EstimateFigure accuracyAgainstTokens(const EvaluationReport& report,
                                     const EvaluationFigures& figures)
{
    EstimateFigure figure;
    figure.subject = Words::tr("accuracy against tokens");
    figure.description =
        Words::tr("Share of correct samples (pass@1, percent) against the mean number of tokens of "
                  "a sample, thinking and answer together; a point a setting, whiskers are 95 % "
                  "intervals over items.");
    figure.hint = nothingYet();
    figure.x = {QStringLiteral("tokens"),
                Words::tr("tokens of a sample, thinking and answer"),
                {},
                1,
                1,
                0};
    figure.y = passAxis();
    for (std::size_t i = 0; i < report.settings.size(); ++i) {
        const SettingReport& setting = report.settings[i];
        const Estimate& tokens = figures.settings[i].tokens;
        EstimateSeries series{QString::fromStdString(setting.name), {}};
        add(series, tokens.value, tokens.interval, setting.pass, setting.items);
        figure.series.push_back(std::move(series));
    }
    return figure;
}

EstimateFigure passAtKCurves(const EvaluationFigures& figures)
{
    EstimateFigure figure;
    figure.subject = Words::tr("pass at k");
    figure.description =
        Words::tr("Chance that one at least of k samples is correct (pass@k, percent, unbiased, "
                  "over the items with so many samples) against k; bands are 95 % intervals over "
                  "items.");
    figure.hint = nothingYet();
    figure.x = {QStringLiteral("k"), Words::tr("k (samples)"), {}, 1, 0, 0};
    figure.y = shareAxis(QStringLiteral("pass_at_k_percent"), Words::tr("pass@k (%)"));
    figure.form = EstimateFigure::Form::Band;
    figure.across = EstimateFigure::Across::Doubling;
    for (const SettingFigures& setting : figures.settings) {
        EstimateSeries series{QString::fromStdString(setting.name), {}};
        for (const PassAt& pass : setting.passAt) {
            const auto k = static_cast<double>(pass.k);
            add(series, k, {k, k}, pass.pass, pass.items);
        }
        figure.series.push_back(std::move(series));
    }
    return figure;
}

EstimateFigure accuracyByDifficulty(const EvaluationReport& report)
{
    EstimateFigure figure;
    figure.subject = Words::tr("accuracy by difficulty");
    figure.description =
        Words::tr("Share of correct samples (pass@1, percent) of the items of each "
                  "difficulty; whiskers are 95 % intervals over items.");
    figure.hint = nothingYet();
    figure.x = difficultyAxis(report);
    figure.y = passAxis();
    figure.form = EstimateFigure::Form::Lines;
    figure.across = EstimateFigure::Across::Whole;
    figure.series = byDifficulty(report, &DifficultyReport::pass);
    return figure;
}

EstimateFigure entropyAgainstDifficulty(const EvaluationReport& report)
{
    EstimateFigure figure;
    figure.subject = Words::tr("entropy against difficulty");
    figure.description =
        Words::tr("Mean raw entropy of the thinking steps (full vocabulary, T = 1, nats; of the "
                  "answer's where there was no thinking) of the items of each difficulty, after "
                  "DiffAdapt; whiskers are 95 % intervals over items.");
    figure.hint = nothingYet();
    figure.x = difficultyAxis(report);
    figure.y = {QStringLiteral("entropy_nats"),
                Words::tr("mean entropy\n(nats)"),
                QStringLiteral("nats"),
                1,
                3,
                0};
    figure.form = EstimateFigure::Form::Lines;
    figure.across = EstimateFigure::Across::Whole;
    figure.series = byDifficulty(report, &DifficultyReport::entropy);
    return figure;
}

EstimateFigure frontierByHop(const EvaluationReport& report)
{
    EstimateFigure figure;
    figure.subject = Words::tr("weight on the frontier by hop");
    figure.description =
        Words::tr("Weight on the nodes that exactly so many hops reach, in percent: of all that "
                  "was fed, and of all of the raw distribution (full vocabulary, T = 1); means "
                  "over items, whiskers are 95 % intervals (1.96 standard errors).");
    figure.hint = Words::tr("No weight by hop is known, or not yet; the tab Frontier tells more.");
    figure.x = {QStringLiteral("hop"), Words::tr("hop"), {}, 1, 0, 0};
    figure.y =
        shareAxis(QStringLiteral("frontier_percent"), Words::tr("weight on\nthe frontier (%)"));
    figure.form = EstimateFigure::Form::Lines;
    figure.across = EstimateFigure::Across::Whole;
    for (const SettingReport& setting : report.settings) {
        const QString name = QString::fromStdString(setting.name);
        EstimateSeries fed{Words::tr("%1, fed").arg(name), {}};
        EstimateSeries raw{Words::tr("%1, raw").arg(name), {}};
        if (setting.frontier)
            for (const HopReport& hop : setting.frontier->hops) {
                addMean(fed, hop.hop, hop.fed.frontier);
                addMean(raw, hop.hop, hop.raw.frontier);
            }
        for (EstimateSeries* series : {&fed, &raw})
            if (!series->points.empty()) // a hidden state has nothing fed
                figure.series.push_back(std::move(*series));
    }
    return figure;
}

} // namespace halftone::ui
