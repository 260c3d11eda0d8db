// The transport's slider: a run as a band, coloured by phase, with a tick at every event. A click
// goes straight to the place. Keyboard and accessibility are QSlider's.
#pragma once

#include <QSlider>

#include <vector>

namespace halftone::ui {

class RunDocument;

class ScrubBar : public QSlider
{
    Q_OBJECT

public:
    explicit ScrubBar(const RunDocument* document, QWidget* parent = nullptr);

    /// The step that a point of the bar stands for, and the other way round.
    [[nodiscard]] int stepAt(double x) const;
    [[nodiscard]] double xOf(qint64 step) const;

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;
    void mousePressEvent(QMouseEvent*) override;
    void mouseMoveEvent(QMouseEvent*) override;
    void mouseReleaseEvent(QMouseEvent*) override;
    void wheelEvent(QWheelEvent*) override;

private:
    void onReset();
    void onAppended(qint64 first, qint64 last);

    const RunDocument* m_document;
    std::vector<qint64> m_phaseStarts; // steps at which another phase begins, 0 first
    std::vector<qint64> m_events;      // steps with an event other than a forced input
};

} // namespace halftone::ui
