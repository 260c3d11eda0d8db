// Says what was just done and takes it back on demand. Stays until it is used, dismissed or
// replaced by the next.
#pragma once

#include <QFrame>
#include <QString>

#include <functional>

class QLabel;
class QPushButton;

namespace halftone::ui {

class UndoBar : public QFrame
{
    Q_OBJECT

public:
    explicit UndoBar(QWidget* parent = nullptr);

    void offer(const QString& done, std::function<void()> undo);
    void dismiss();
    [[nodiscard]] QString text() const;

private:
    void undo();

    QLabel* m_text;
    QPushButton* m_button;
    std::function<void()> m_undo;
};

} // namespace halftone::ui
