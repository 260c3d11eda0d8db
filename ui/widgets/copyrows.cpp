#include "widgets/copyrows.h"

#include "models/stepwords.h"

#include <QAbstractItemView>
#include <QAction>
#include <QClipboard>
#include <QCoreApplication>
#include <QGuiApplication>
#include <QItemSelectionModel>
#include <QStringList>
#include <QTableView>

#include <algorithm>

namespace halftone::ui {

namespace {

struct Words
{
    Q_DECLARE_TR_FUNCTIONS(CopyRows)
};

/// On one line, whatever it holds.
QString cellText(const QModelIndex& index)
{
    const QVariant value = index.data(Qt::EditRole);
    QString text = value.typeId() == QMetaType::Double  ? exactNumber(value.toDouble())
                   : value.typeId() == QMetaType::Float ? exactNumber(value.toFloat())
                                                        : value.toString();
    text.replace(QLatin1Char('\t'), QLatin1Char(' '));
    text.replace(QLatin1Char('\n'), QLatin1String("; "));
    return text;
}

/// Rows of a tree in the order shown: by their path from the root.
std::vector<int> pathOf(QModelIndex index)
{
    std::vector<int> path;
    for (; index.isValid(); index = index.parent())
        path.insert(path.begin(), index.row());
    return path;
}

} // namespace

QString selectedRows(const QAbstractItemView& view, Headers headers)
{
    QModelIndexList cells = view.selectionModel()->selectedIndexes();
    if (cells.isEmpty() && view.currentIndex().isValid())
        cells << view.currentIndex();
    std::vector<std::pair<std::vector<int>, QModelIndex>> ordered;
    const auto* table = qobject_cast<const QTableView*>(&view);
    for (const QModelIndex& cell : cells)
        if (!table || !table->isColumnHidden(cell.column()))
            ordered.emplace_back(pathOf(cell), cell);
    std::sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first < b.first : a.second.column() < b.second.column();
    });

    QStringList lines;
    if (headers == Headers::Include && !ordered.empty()) {
        QStringList titles;
        for (const auto& [path, cell] : ordered)
            if (path == ordered.front().first)
                titles << view.model()->headerData(cell.column(), Qt::Horizontal).toString();
        lines << titles.join(QLatin1Char('\t'));
    }
    QStringList line;
    for (std::size_t i = 0; i < ordered.size(); ++i) {
        line << cellText(ordered[i].second);
        if (i + 1 == ordered.size() || ordered[i + 1].first != ordered[i].first) {
            lines << line.join(QLatin1Char('\t'));
            line.clear();
        }
    }
    return lines.join(QLatin1Char('\n'));
}

void addCopyActions(QAbstractItemView* view)
{
    const auto add = [view](const QString& text, const QKeySequence& keys, Headers headers) {
        auto* action = new QAction(text, view);
        action->setShortcut(keys);
        action->setShortcutContext(Qt::WidgetShortcut);
        QObject::connect(action, &QAction::triggered, view, [view, headers] {
            QGuiApplication::clipboard()->setText(selectedRows(*view, headers));
        });
        view->addAction(action);
    };
    add(Words::tr("&Copy"), QKeySequence::Copy, Headers::Omit);
    add(Words::tr("Copy with &Headers"), Words::tr("Ctrl+Shift+C"), Headers::Include);
    view->setContextMenuPolicy(Qt::ActionsContextMenu);
}

} // namespace halftone::ui
