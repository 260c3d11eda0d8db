// The KV cache: bytes against step, each layer's share at the step in focus, and two gauges, of
// the model's context and of this machine's memory, in words as well.
#pragma once

#include "panels/plotpanel.h"

#include <QTimer>

#include <cstdint>
#include <optional>

class QBoxLayout;
class QLabel;
class QProgressBar;

namespace halftone::ui {

class LayerBars;

class CachePanel : public PlotPanel
{
    Q_OBJECT

public:
    CachePanel(RunDocument*, StepCursor*, QWidget* parent = nullptr);

    [[nodiscard]] LayerBars& layers() const { return *m_layers; }

protected:
    void resizeEvent(QResizeEvent*) override;
    void showEvent(QShowEvent*) override;
    void hideEvent(QHideEvent*) override;

private:
    void lookAtMemory();
    void updateGauges();
    /// Set a gauge and return the sentence for it.
    [[nodiscard]] QString tellContext(qint64 rows);
    [[nodiscard]] QString tellMemory(qint64 allocated);
    [[nodiscard]] QString percent(double share) const;

    LayerBars* m_layers;
    QProgressBar* m_context;
    QProgressBar* m_memory;
    QBoxLayout* m_gauges;
    QLabel* m_words;
    QTimer m_clock;                          // memory changes by itself
    std::optional<std::int64_t> m_available; // bytes
};

} // namespace halftone::ui
