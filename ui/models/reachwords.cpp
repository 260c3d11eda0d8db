#include "models/reachwords.h"

#include "models/rundocument.h"
#include "models/stepwords.h"
#include "widgets/colorscale.h"

#include <QCoreApplication>
#include <QPalette>

#include <cmath>

namespace halftone::ui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(ReachWords)
};

/// At a fork alone: elsewhere there is nothing to hold open.
QString heldOpenText(const FrontierStep& at, std::size_t nodes)
{
    const bool fed = !std::isnan(at.fed.effectiveNodes);
    if (nodes < 2 || (!fed && std::isnan(at.raw.effectiveNodes)))
        return {};
    const QString raw = shownNumber(at.raw.effectiveNodes);
    const QString held =
        fed ? Words::tr("effective nodes %1 (raw %2) of %3")
                  .arg(shownNumber(at.fed.effectiveNodes), raw, QString::number(nodes))
            : Words::tr("effective nodes raw %1 of %2").arg(raw, QString::number(nodes));
    return QStringLiteral("; ") + held;
}

} // namespace

QString symbol(Reach reach)
{
    switch (reach) {
    case Reach::Optimal:
        return QStringLiteral("●");
    case Reach::Decoy:
        return QStringLiteral("○");
    case Reach::None:
        return QStringLiteral("×");
    }
    return {};
}

QString title(Reach reach)
{
    switch (reach) {
    case Reach::Optimal:
        return Words::tr("on a shortest way");
    case Reach::Decoy:
        return Words::tr("reachable decoy");
    case Reach::None:
        return Words::tr("not of this hop");
    }
    return {};
}

QColor reachColor(Reach reach, const QPalette& palette)
{
    const bool dark = ColorScale::pageOf(palette) == ColorScale::Page::Dark;
    switch (reach) {
    case Reach::Optimal:
        return dark ? QColor(0x3c, 0xcf, 0xa8) : QColor(0x00, 0x7a, 0x5a);
    case Reach::Decoy:
        return dark ? QColor(0xe6, 0x9f, 0x00) : QColor(0xc4, 0x4e, 0x00);
    case Reach::None:
        return dark ? QColor(0xa8, 0xa8, 0xa8) : QColor(0x5c, 0x5c, 0x5c);
    }
    return {};
}

QString frontierText(const RunDocument& document, qint64 step)
{
    const FrontierTrace* frontier = document.frontier();
    if (!frontier || step < 0 || step >= std::ssize(frontier->steps()))
        return {};
    const FrontierStep& at = frontier->steps()[static_cast<std::size_t>(step)];
    if (!at.hop)
        return {};
    const QString weight =
        std::isnan(at.fed.frontier)
            ? Words::tr("hop %1, on the frontier: raw probability %2")
                  .arg(QString::number(*at.hop), shownNumber(at.raw.frontier))
            : Words::tr("hop %1, on the frontier: mixture weight %2, raw probability %3")
                  .arg(QString::number(*at.hop), shownNumber(at.fed.frontier),
                       shownNumber(at.raw.frontier));
    return weight +
           heldOpenText(at, frontier->graph().frontier[static_cast<std::size_t>(*at.hop)].size());
}

QString frontierHelp()
{
    return Words::tr(
        "The frontier is what the prompt's graph can reach in exactly as many hops as the words "
        "of the thinking so far have gone. Mixture weight: of what was fed, the part on nodes of "
        "the frontier (1 or 0 for a single token). Raw probability: the same of the raw "
        "distribution (T = 1, full vocabulary), over the recorded candidates. A token that begins "
        "the name of a node counts with it. Effective nodes: how many of the frontier's nodes "
        "share "
        "this weight as if evenly, e to the entropy over them; said where the frontier has two or "
        "more.");
}

} // namespace halftone::ui
