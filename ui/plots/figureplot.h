// A plot of something else than the steps of a run: one pane that is always shown whole, and a
// read-out of what is under the pointer. UI thread.
#pragma once

#include "plots/plotwidget.h"

#include <QPointF>

namespace halftone::ui {

class FigurePlot : public PlotWidget
{
    Q_OBJECT

public:
    explicit FigurePlot(QWidget* parent = nullptr);

    /// What is drawn at `place` on canvas(); empty for nothing.
    [[nodiscard]] virtual QString readOutAt(const QPointF& place) const = 0;

    [[nodiscard]] std::pair<qint64, qint64> shownRows() const override;

Q_SIGNALS:
    void readOutChanged(const QString& text);

protected:
    [[nodiscard]] QCPAxisRect& pane() const { return *m_pane; }
    [[nodiscard]] QCPAxis& across() const;
    [[nodiscard]] QCPAxis& up() const;

    bool eventFilter(QObject* watched, QEvent*) override;

private:
    QCPAxisRect* m_pane;
};

} // namespace halftone::ui
