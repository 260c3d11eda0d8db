// Tells the user what went wrong or what is worth knowing, in the window and without stopping the
// work: the newest message, a button where there is something to do about it, and how many more
// wait behind it.
#pragma once

#include <QFrame>
#include <QList>
#include <QString>

#include <functional>

class QLabel;
class QPushButton;
class QToolButton;

namespace halftone::ui {

class MessageBar : public QFrame
{
    Q_OBJECT

public:
    enum class Kind
    {
        Information,
        Warning
    };

    explicit MessageBar(QWidget* parent = nullptr);

    /// A message that is shown already is not shown twice.
    void tell(Kind kind, const QString& text);
    /// With a button `label` that does `action`.
    void offer(Kind kind, const QString& text, const QString& label, std::function<void()> action);
    /// The message in front; empty when none is shown.
    [[nodiscard]] QString text() const;
    void dismiss();
    void dismissAll();

protected:
    void changeEvent(QEvent* event) override;

private:
    struct Message
    {
        Kind kind;
        QString text;
        QString label;
        std::function<void()> action;
    };
    void show(Message message);
    void showFront();
    void colour();

    QList<Message> m_messages; // newest last, which is in front
    QLabel* m_icon;
    QLabel* m_text;
    QLabel* m_more;
    QPushButton* m_button;
    QToolButton* m_close;
};

} // namespace halftone::ui
