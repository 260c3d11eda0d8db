#include "messagebar.h"

#include "icons.h"
#include "theme.h"

#include <QAccessible>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QToolButton>

#include <algorithm>
#include <utility>

namespace halftone::ui {

namespace {

constexpr qsizetype maxMessages = 20;
constexpr int iconSize = 18;

} // namespace

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_more(new QLabel(this))
    , m_button(new QPushButton(this))
    , m_close(new QToolButton(this))
{
    setObjectName(QStringLiteral("messageBar"));
    setFrameShape(QFrame::NoFrame);
    setAutoFillBackground(true);
    m_text->setObjectName(QStringLiteral("messageText"));
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_button->setObjectName(QStringLiteral("messageButton"));
    m_close->setObjectName(QStringLiteral("messageClose"));
    m_close->setIcon(glyph(QStringLiteral("close")));
    m_close->setAutoRaise(true);
    m_close->setFocusPolicy(Qt::StrongFocus);
    m_close->setToolTip(tr("Close this message"));
    m_close->setAccessibleName(tr("Close message"));

    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(10, 6, 6, 6);
    layout->setSpacing(10);
    layout->addWidget(m_icon);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_more);
    layout->addWidget(m_button);
    layout->addWidget(m_close);

    connect(m_close, &QToolButton::clicked, this, &MessageBar::dismiss);
    connect(m_button, &QPushButton::clicked, this, [this] {
        const std::function<void()> action = m_messages.back().action;
        dismiss();
        action();
    });
    hide();
}

void MessageBar::tell(Kind kind, const QString& text)
{
    show({kind, text, {}, {}});
}

void MessageBar::offer(Kind kind, const QString& text, const QString& label,
                       std::function<void()> action)
{
    show({kind, text, label, std::move(action)});
}

QString MessageBar::text() const
{
    return m_messages.isEmpty() ? QString() : m_messages.back().text;
}

void MessageBar::dismiss()
{
    if (!m_messages.isEmpty())
        m_messages.pop_back();
    showFront();
}

void MessageBar::dismissAll()
{
    m_messages.clear();
    showFront();
}

void MessageBar::show(Message message)
{
    m_messages.removeIf([&](const Message& m) { return m.text == message.text; });
    if (m_messages.size() == maxMessages)
        m_messages.pop_front();
    m_messages.push_back(std::move(message));
    showFront();
    QAccessibleEvent event(this, QAccessible::Alert);
    QAccessible::updateAccessibility(&event);
}

void MessageBar::showFront()
{
    setVisible(!m_messages.isEmpty());
    if (m_messages.isEmpty())
        return;
    const Message& front = m_messages.back();
    m_text->setText(front.text);
    setAccessibleName(front.text);
    m_button->setText(front.label);
    m_button->setVisible(!front.label.isEmpty());
    m_more->setText(tr("%n more", nullptr, static_cast<int>(m_messages.size()) - 1));
    m_more->setVisible(m_messages.size() > 1);
    colour();
}

void MessageBar::changeEvent(QEvent* event)
{
    // The bar's own palette is made from the application's.
    if (event->type() == QEvent::ApplicationPaletteChange)
        colour();
    QFrame::changeEvent(event);
}

void MessageBar::colour()
{
    const bool warning = !m_messages.isEmpty() && m_messages.back().kind == Kind::Warning;
    QPalette own;
    const bool dark = isDark(own);
    const QColor back = warning ? (dark ? QColor(0x5a, 0x3d, 0x12) : QColor(0xff, 0xe9, 0xbf))
                                : (dark ? QColor(0x1f, 0x3f, 0x5c) : QColor(0xdb, 0xea, 0xf8));
    own.setColor(QPalette::Window, back);
    own.setColor(QPalette::WindowText, dark ? QColor(0xf4, 0xf1, 0xea) : QColor(0x22, 0x22, 0x22));
    setPalette(own);
    const QString name = warning ? QStringLiteral("warning") : QStringLiteral("information");
    m_icon->setPixmap(glyph(name).pixmap(QSize(iconSize, iconSize), devicePixelRatioF()));
}

} // namespace halftone::ui
