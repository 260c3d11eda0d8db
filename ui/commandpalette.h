// A searchable list of all commands that can be given now. Type some letters of what is wanted,
// Enter does it, Escape leaves.
#pragma once

#include <QDialog>
#include <QStringView>

#include <optional>

class QLineEdit;
class QListWidget;

namespace halftone::ui {

class Commands;

/// How well `pattern` fits `text`: all its letters must occur in order; letters that begin words
/// or stand together count more. Absent when it does not fit. Case is ignored.
[[nodiscard]] std::optional<int> fuzzyScore(QStringView pattern, QStringView text);

class CommandPalette : public QDialog
{
    Q_OBJECT

public:
    CommandPalette(const Commands* commands, QWidget* parent);

    /// Over the top of the parent, empty, with the keyboard in it.
    void popUp();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void list();
    void giveSelected();

    const Commands* m_commands;
    QLineEdit* m_search;
    QListWidget* m_list;
};

} // namespace halftone::ui
