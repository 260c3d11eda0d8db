// The models that the window offers: those that come with the program, then those used lately,
// which the settings remember. A recent one whose folder is gone stays in the list, marked.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>

#include <vector>

namespace halftone::ui {

struct ModelEntry
{
    QString folder;
    QString name;
    bool builtIn = false;
    bool present = true; // the folder has a config.json now
};

class ModelList : public QObject
{
    Q_OBJECT

public:
    /// `builtIn` are folders, the default first.
    explicit ModelList(QStringList builtIn, QObject* parent = nullptr);

    [[nodiscard]] std::vector<ModelEntry> entries() const;
    /// Empty when the program came without models.
    [[nodiscard]] QString defaultFolder() const;
    [[nodiscard]] bool isBuiltIn(const QString& folder) const;
    /// Puts `folder` first among the recent ones; a built-in one is not put there.
    void addRecent(const QString& folder);
    void forgetRecent();

    [[nodiscard]] static bool isModelFolder(const QString& folder);

Q_SIGNALS:
    void changed();

private:
    QStringList m_builtIn;
    QStringList m_recent; // newest first
};

} // namespace halftone::ui
