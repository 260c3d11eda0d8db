// Which model: the built-in ones, the folders opened last, and "Open a folder…".
#pragma once

#include <QComboBox>

namespace halftone::ui {

class ModelList;

class ModelBox : public QComboBox
{
    Q_OBJECT

public:
    explicit ModelBox(ModelList* models, QWidget* parent = nullptr);

    /// Empty when none is chosen.
    [[nodiscard]] QString folder() const { return m_folder; }
    /// Tells nobody. A folder that is not in the list is added to it.
    void setFolder(const QString& folder);

Q_SIGNALS:
    /// The user chose another model, or the same again.
    void folderChosen(const QString& folder);
    /// The user wants a model that is not in the list.
    void openFolderRequested();

private:
    void listModels();
    void choose(int index);

    ModelList* m_models;
    QString m_folder;
};

} // namespace halftone::ui
