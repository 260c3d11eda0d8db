#include "panels/modelbox.h"

#include "models/modellist.h"

#include <QFileInfo>
#include <QStandardItemModel>

namespace halftone::ui {

ModelBox::ModelBox(ModelList* models, QWidget* parent)
    : QComboBox(parent)
    , m_models(models)
{
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    connect(models, &ModelList::changed, this, &ModelBox::listModels);
    connect(this, &QComboBox::activated, this, &ModelBox::choose);
    listModels();
}

void ModelBox::setFolder(const QString& folder)
{
    m_folder = folder;
    listModels();
    setToolTip(folder);
}

void ModelBox::listModels()
{
    clear();
    bool listed = m_folder.isEmpty();
    bool recent = false;
    for (const ModelEntry& entry : m_models->entries()) {
        if (!entry.builtIn && !recent && count() > 0)
            insertSeparator(count());
        recent = recent || !entry.builtIn;
        addItem(entry.builtIn ? tr("%1 (built in)").arg(entry.name) : entry.name, entry.folder);
        const int i = count() - 1;
        setItemData(i,
                    entry.present ? entry.folder : tr("%1 is not there any more").arg(entry.folder),
                    Qt::ToolTipRole);
        if (!entry.present)
            qobject_cast<QStandardItemModel*>(model())->item(i)->setEnabled(false);
        listed = listed || entry.folder == m_folder;
    }
    if (!listed)
        addItem(QFileInfo(m_folder).fileName(), m_folder);
    if (count() > 0)
        insertSeparator(count());
    addItem(tr("Open a folder…"));
    setCurrentIndex(findData(m_folder));
}

void ModelBox::choose(int index)
{
    const QString folder = itemData(index).toString();
    if (folder.isEmpty()) {
        setCurrentIndex(findData(m_folder));
        Q_EMIT openFolderRequested();
        return;
    }
    setFolder(folder);
    Q_EMIT folderChosen(folder);
}

} // namespace halftone::ui
