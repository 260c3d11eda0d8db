#include "theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>
#include <QStyleHints>

namespace halftone::ui {

namespace {

QPalette lightPalette()
{
    QPalette p(QColor(0xf3, 0xf3, 0xf1));
    p.setColor(QPalette::Base, Qt::white);
    p.setColor(QPalette::AlternateBase, QColor(0xf7, 0xf6, 0xf3));
    p.setColor(QPalette::Highlight, QColor(0x2f, 0x6f, 0xb3));
    p.setColor(QPalette::HighlightedText, Qt::white);
    p.setColor(QPalette::Link, QColor(0x1f, 0x5f, 0xa3));
    return p;
}

QPalette darkPalette()
{
    const QColor text(0xe8, 0xe8, 0xe6);
    const QColor faint(0x86, 0x8b, 0x92);
    QPalette p(QColor(0x34, 0x38, 0x3d), QColor(0x24, 0x27, 0x2b));
    p.setColor(QPalette::WindowText, text);
    p.setColor(QPalette::Text, text);
    p.setColor(QPalette::ButtonText, text);
    p.setColor(QPalette::BrightText, Qt::white);
    p.setColor(QPalette::Base, QColor(0x1b, 0x1d, 0x20));
    p.setColor(QPalette::AlternateBase, QColor(0x22, 0x25, 0x29));
    p.setColor(QPalette::ToolTipBase, QColor(0x3a, 0x3f, 0x45));
    p.setColor(QPalette::ToolTipText, text);
    p.setColor(QPalette::PlaceholderText, faint);
    p.setColor(QPalette::Highlight, QColor(0x2f, 0x6f, 0xb3));
    p.setColor(QPalette::HighlightedText, Qt::white);
    p.setColor(QPalette::Link, QColor(0x6c, 0xb2, 0xf0));
    p.setColor(QPalette::LinkVisited, QColor(0xb3, 0x9d, 0xdb));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        p.setColor(QPalette::Disabled, role, faint);
    p.setColor(QPalette::Disabled, QPalette::Highlight, QColor(0x45, 0x4a, 0x50));
    p.setColor(QPalette::Disabled, QPalette::HighlightedText, faint);
    return p;
}

constexpr auto portalService = "org.freedesktop.portal.Desktop";
constexpr auto portalPath = "/org/freedesktop/portal/desktop";
constexpr auto portalInterface = "org.freedesktop.portal.Settings";
constexpr auto appearanceSpace = "org.freedesktop.appearance";
constexpr auto schemeKey = "color-scheme";
constexpr uint prefersDark = 1;

} // namespace

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::WindowText).lightness() >
           palette.color(QPalette::Window).lightness();
}

Theme::Theme(QObject* parent)
    : QObject(parent)
{
}

void Theme::choose(Choice choice)
{
    m_choice = choice;
    apply();
}

void Theme::apply()
{
    switch (m_choice) {
    case Choice::Light:
        QApplication::setPalette(lightPalette());
        return;
    case Choice::Dark:
        QApplication::setPalette(darkPalette());
        return;
    case Choice::System:
        // An empty palette is the platform's own.
        QApplication::setPalette(QPalette());
        if (m_desktopIsDark && !isDark(QApplication::palette()))
            QApplication::setPalette(darkPalette());
        return;
    }
}

void Theme::followDesktop()
{
#if QT_VERSION < QT_VERSION_CHECK(6, 5, 0)
    // Without an address Qt would start a bus of its own.
    if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS"))
        return;
    QDBusConnection bus = QDBusConnection::sessionBus();
    const QString service = QString::fromLatin1(portalService);
    const QString path = QString::fromLatin1(portalPath);
    const QString interface = QString::fromLatin1(portalInterface);
    bus.connect(service, path, interface, QStringLiteral("SettingChanged"), this,
                SLOT(desktopAnswered(QString, QString, QDBusVariant)));
    QDBusMessage question =
        QDBusMessage::createMethodCall(service, path, interface, QStringLiteral("Read"));
    question << QString::fromLatin1(appearanceSpace) << QString::fromLatin1(schemeKey);
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(question), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
        watcher->deleteLater();
        if (const QDBusPendingReply<QDBusVariant> reply = *watcher; reply.isValid())
            desktopAnswered(QString::fromLatin1(appearanceSpace), QString::fromLatin1(schemeKey),
                            reply.value());
    });
#endif
}

void Theme::desktopAnswered(const QString& space, const QString& key, const QDBusVariant& value)
{
    if (space != QLatin1String(appearanceSpace) || key != QLatin1String(schemeKey))
        return;
    QVariant scheme = value.variant();
    if (scheme.canConvert<QDBusVariant>()) // Read() wraps its answer twice
        scheme = scheme.value<QDBusVariant>().variant();
    const bool dark = scheme.toUInt() == prefersDark;
    if (dark == m_desktopIsDark)
        return;
    m_desktopIsDark = dark;
    if (m_choice == Choice::System)
        apply();
}

} // namespace halftone::ui
