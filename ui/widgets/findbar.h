// A line for finding text, with next, previous and a count. Knows nothing of what is searched.
#pragma once

#include <QWidget>

class QCheckBox;
class QLabel;
class QLineEdit;

namespace halftone::ui {

class FindBar : public QWidget
{
    Q_OBJECT

public:
    explicit FindBar(QWidget* parent = nullptr);

    [[nodiscard]] QString needle() const;
    [[nodiscard]] Qt::CaseSensitivity caseSensitivity() const;
    /// Shows the bar with its text selected, ready to type.
    void begin();
    /// `current` counts from 1; 0 when no match is in focus.
    void setResult(qint64 current, qint64 count);

Q_SIGNALS:
    void needleChanged();
    void nextRequested();
    void previousRequested();
    void closed();

protected:
    void keyPressEvent(QKeyEvent*) override;

private:
    QLineEdit* m_edit;
    QCheckBox* m_case;
    QLabel* m_result;
};

} // namespace halftone::ui
