// What a run shall be: prompt, mode with its settings, seed and limits. Plain fields in, a request
// out; knows no engine.
#pragma once

#include "reasoning/runsettings.h"

#include <QString>
#include <QWidget>

#include <map>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QSettings;
class QSpinBox;
class QToolButton;
class QVBoxLayout;

namespace halftone::ui {

class ParameterForm;
class ScheduleModel;
class SeedEdit;

class RunSetup : public QWidget
{
    Q_OBJECT

public:
    explicit RunSetup(QWidget* parent = nullptr);

    [[nodiscard]] QString prompt() const;
    void setPrompt(const QString& prompt);
    [[nodiscard]] RunSettings settings() const;
    /// An unknown mode leaves the mode as it is.
    void setSettings(const RunSettings& settings);
    /// What changes on the way; part of settings().
    [[nodiscard]] ScheduleModel* schedule() const { return m_schedule; }
    /// How many runs of these settings, with the seeds that follow.
    [[nodiscard]] int runCount() const;
    void newSeed();
    /// Puts the keyboard there.
    void goToMode();
    /// Sample prompts are for the models that were trained on such.
    void offerSamples(bool offered);

    void save(QSettings& settings) const;
    void restore(const QSettings& settings);

Q_SIGNALS:
    void changed();

private:
    void buildPrompt(QVBoxLayout* layout);
    void buildMode(QVBoxLayout* layout);
    void buildLimits(QVBoxLayout* layout);
    void showMode(const QString& name);

    ScheduleModel* m_schedule;
    QString m_mode;
    std::map<QString, ParameterValues> m_parameters; // of modes shown before

    QPlainTextEdit* m_prompt = nullptr;
    QToolButton* m_samples = nullptr;
    QComboBox* m_modeBox = nullptr;
    QLabel* m_modeSummary = nullptr;
    ParameterForm* m_form = nullptr;
    SeedEdit* m_seed = nullptr;
    QSpinBox* m_runCount = nullptr;
    QSpinBox* m_maxSteps = nullptr;
    QSpinBox* m_candidates = nullptr;
    QComboBox* m_startPhase = nullptr;
    QCheckBox* m_ignoreEnd = nullptr;
    QCheckBox* m_probe = nullptr;
    QLineEdit* m_stopTexts = nullptr;
    QLineEdit* m_softPrompt = nullptr;
};

} // namespace halftone::ui
