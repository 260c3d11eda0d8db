// Follows the trainings that a library keeps, also those that other processes are at: reads them
// again every second on a thread of its own, with a connection that only reads. Answers come as
// signals on the UI thread.
#pragma once

#include "store/trainingstore.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

namespace halftone::ui {

using Trainings = std::vector<TrainingInfo>;
using TrainingCurve = std::vector<TrainingPoint>;

class TrainingWatch : public QObject
{
    Q_OBJECT

public:
    explicit TrainingWatch(std::filesystem::path library, QObject* parent = nullptr);
    ~TrainingWatch() override;

    /// Reads now and every second from now on, or not.
    void setActive(bool active);
    /// Whose curve is read as well; at once while active.
    void select(std::optional<TrainingId>);

Q_SIGNALS:
    void trainingsAvailable(std::shared_ptr<const halftone::ui::Trainings> trainings);
    /// Of the selected one, when it is another or has grown.
    void curveAvailable(halftone::TrainingId id,
                        std::shared_ptr<const halftone::ui::TrainingCurve> curve);
    /// A sentence; empty once the library can be read again.
    void problemChanged(const QString& sentence);

private:
    class Worker;
    void read();

    std::optional<TrainingId> m_selected;
    QTimer m_timer;
    std::unique_ptr<Worker> m_worker;
};

} // namespace halftone::ui
