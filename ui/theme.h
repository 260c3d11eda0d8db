// Light or dark: as the system says, or as the user chose. Changes the application's palette;
// widgets hear of it as QEvent::PaletteChange and look at their palette, not at this.
//
// Qt tells the system's scheme from 6.5 on. Before, it is what the platform's palette looks like,
// and where that is light, what the desktop portal says (org.freedesktop.appearance).
#pragma once

#include <QObject>
#include <QPalette>

class QDBusVariant;

namespace halftone::ui {

/// Whether text is lighter than what it stands on.
[[nodiscard]] bool isDark(const QPalette& palette);

class Theme : public QObject
{
    Q_OBJECT

public:
    enum class Choice
    {
        System,
        Light,
        Dark
    };
    Q_ENUM(Choice)

    explicit Theme(QObject* parent = nullptr);

    [[nodiscard]] Choice choice() const { return m_choice; }
    void choose(Choice choice);
    /// Asks the desktop portal and listens to it. Never waits; call it once the window is up.
    void followDesktop();

private Q_SLOTS:
    void desktopAnswered(const QString& space, const QString& key, const QDBusVariant& value);

private:
    void apply();

    Choice m_choice = Choice::System;
    bool m_desktopIsDark = false; // by the portal
};

} // namespace halftone::ui
