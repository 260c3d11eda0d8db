#include "panels/curvespanel.h"

#include "models/reachwords.h"
#include "plots/curvesplot.h"

#include <QComboBox>
#include <QMenu>

namespace halftone::ui {

CurvesPanel::CurvesPanel(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : CurvesPanel(document, cursor, new CurvesPlot(document, cursor), parent)
{
}

CurvesPanel::CurvesPanel(RunDocument* document, StepCursor* cursor, CurvesPlot* plot,
                         QWidget* parent)
    : PlotPanel(document, cursor, plot, parent)
    , m_plot(plot)
{
    QMenu* curves = addMenu(tr("Curves"), tr("Which curves show"));
    curves->setToolTipsVisible(true);
    for (const Curve curve : allCurves) {
        QAction* action = curves->addAction(curveText(curve));
        action->setCheckable(true);
        action->setChecked(plot->isShown(curve));
        if (curve == Curve::Frontier)
            action->setToolTip(frontierHelp());
        connect(action, &QAction::toggled, this, [plot, curve, action](bool shown) {
            plot->setShown(curve, shown);
            action->setChecked(plot->isShown(curve)); // the last one stays
        });
    }
    auto* unit = new QComboBox;
    unit->setObjectName(QStringLiteral("unit"));
    unit->setAccessibleName(tr("Unit of entropy"));
    unit->setToolTip(tr("Unit of entropy; varentropy has its square"));
    unit->addItem(tr("nats"));
    unit->addItem(tr("bits"));
    connect(unit, &QComboBox::currentIndexChanged, this, [plot](int index) {
        plot->setUnit(index == 0 ? EntropyUnit::Nats : EntropyUnit::Bits);
    });
    addControl(unit);
}

} // namespace halftone::ui
