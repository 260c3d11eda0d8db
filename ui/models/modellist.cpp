#include "models/modellist.h"

#include <QDir>
#include <QFileInfo>
#include <QSettings>

#include <utility>

namespace halftone::ui {

namespace {

constexpr qsizetype maxRecent = 10;

QString settingsKey()
{
    return QStringLiteral("models/recent");
}

QString cleaned(const QString& folder)
{
    return QDir::cleanPath(QFileInfo(folder).absoluteFilePath());
}

} // namespace

ModelList::ModelList(QStringList builtIn, QObject* parent)
    : QObject(parent)
    , m_builtIn(std::move(builtIn))
    , m_recent(QSettings().value(settingsKey()).toStringList().mid(0, maxRecent))
{
}

std::vector<ModelEntry> ModelList::entries() const
{
    std::vector<ModelEntry> entries;
    for (const QString& folder : m_builtIn)
        entries.push_back({folder, QFileInfo(folder).fileName(), true, isModelFolder(folder)});
    for (const QString& folder : m_recent)
        entries.push_back({folder, QFileInfo(folder).fileName(), false, isModelFolder(folder)});
    return entries;
}

QString ModelList::defaultFolder() const
{
    return m_builtIn.value(0);
}

bool ModelList::isBuiltIn(const QString& folder) const
{
    return m_builtIn.contains(cleaned(folder));
}

void ModelList::addRecent(const QString& folder)
{
    const QString clean = cleaned(folder);
    if (m_builtIn.contains(clean) || m_recent.value(0) == clean)
        return;
    m_recent.removeAll(clean);
    m_recent.prepend(clean);
    m_recent = m_recent.mid(0, maxRecent);
    QSettings().setValue(settingsKey(), m_recent);
    Q_EMIT changed();
}

void ModelList::forgetRecent()
{
    m_recent.clear();
    QSettings().setValue(settingsKey(), m_recent);
    Q_EMIT changed();
}

bool ModelList::isModelFolder(const QString& folder)
{
    return QFileInfo(QDir(folder).filePath(QStringLiteral("config.json"))).isFile();
}

} // namespace halftone::ui
