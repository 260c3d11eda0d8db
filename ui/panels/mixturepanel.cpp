#include "panels/mixturepanel.h"

#include "plots/mixtureplot.h"
#include "widgets/frontierkey.h"

#include <QActionGroup>
#include <QComboBox>
#include <QMenu>

namespace halftone::ui {

MixturePanel::MixturePanel(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : MixturePanel(document, cursor, new MixturePlot(document, cursor), parent)
{
}

MixturePanel::MixturePanel(RunDocument* document, StepCursor* cursor, MixturePlot* plot,
                           QWidget* parent)
    : PlotPanel(document, cursor, plot, parent)
    , m_plot(plot)
{
    auto* kind = new QComboBox;
    kind->setObjectName(QStringLiteral("kind"));
    kind->setAccessibleName(tr("Quantity"));
    kind->setToolTip(tr("Three quantities that differ: what was fed, the probability after "
                        "temperature and filters, and the raw probability (T = 1, full "
                        "vocabulary)"));
    for (const WeightKind each : {WeightKind::Mixture, WeightKind::Filtered, WeightKind::Raw}) {
        kind->addItem(weightText(each), static_cast<int>(each));
        kind->setItemData(kind->count() - 1, supportText(each), Qt::ToolTipRole);
    }
    connect(kind, &QComboBox::currentIndexChanged, this,
            [plot, kind] { plot->setKind(static_cast<WeightKind>(kind->currentData().toInt())); });
    addControl(kind);

    QMenu* view = addMenu(tr("View"), tr("Heat map, stack, colour scale"));
    auto* views = new QActionGroup(this);
    const auto addView = [&](const QString& text, MixturePlot::Views which) {
        QAction* action = view->addAction(text);
        action->setCheckable(true);
        action->setChecked(plot->views() == which);
        views->addAction(action);
        connect(action, &QAction::triggered, this, [plot, which] { plot->setViews(which); });
    };
    addView(tr("Heat map and stack"), MixturePlot::Views::Both);
    addView(tr("Heat map"), MixturePlot::Views::HeatMap);
    addView(tr("Stack"), MixturePlot::Views::Stacked);
    view->addSeparator();
    QAction* logarithmic = view->addAction(tr("Logarithmic colours"));
    logarithmic->setCheckable(true);
    connect(logarithmic, &QAction::toggled, this, [plot](bool on) { plot->setLogarithmic(on); });
    addBelow(new FrontierKey(document, cursor, FrontierKey::Says::MarksAndWeight, this));
}

} // namespace halftone::ui
