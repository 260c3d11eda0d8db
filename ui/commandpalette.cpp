#include "commandpalette.h"

#include "commands.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QPointer>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include <algorithm>
#include <vector>

namespace halftone::ui {

namespace {

constexpr int actionRole = Qt::UserRole;
constexpr int shortcutRole = Qt::UserRole + 1;
constexpr int visibleRows = 12;

/// A command's name on the left, its shortcut on the right.
class CommandDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const bool selected = option.state.testFlag(QStyle::State_Selected);
        painter->save();
        painter->setPen(
            option.palette.color(selected ? QPalette::HighlightedText : QPalette::PlaceholderText));
        painter->drawText(option.rect.adjusted(0, 0, -8, 0), Qt::AlignRight | Qt::AlignVCenter,
                          index.data(shortcutRole).toString());
        painter->restore();
    }

    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option,
                                 const QModelIndex& index) const override
    {
        return QStyledItemDelegate::sizeHint(option, index) + QSize(0, 6);
    }
};

/// "Run: Stop", so that a group can be searched for as well.
QString title(const Commands& commands, const QAction& action)
{
    const QString group = commands.idOf(&action).section(QLatin1Char('.'), 0, 0);
    return QStringLiteral("%1: %2").arg(group.left(1).toUpper() + group.mid(1), plainText(action));
}

} // namespace

std::optional<int> fuzzyScore(QStringView pattern, QStringView text)
{
    int score = 0;
    qsizetype at = 0;
    bool together = false;
    for (const QChar wanted : pattern) {
        if (wanted.isSpace()) {
            together = false;
            continue;
        }
        const qsizetype start = at;
        while (at < text.size() && text[at].toCaseFolded() != wanted.toCaseFolded())
            ++at;
        if (at == text.size())
            return std::nullopt;
        const bool beginsWord = at == 0 || !text[at - 1].isLetterOrNumber();
        score += 1 + (beginsWord ? 4 : 0) + (together && at == start ? 3 : 0);
        together = true;
        ++at;
    }
    return score;
}

CommandPalette::CommandPalette(const Commands* commands, QWidget* parent)
    : QDialog(parent, Qt::Popup)
    , m_commands(commands)
    , m_search(new QLineEdit(this))
    , m_list(new QListWidget(this))
{
    setWindowTitle(tr("Commands"));
    m_search->setPlaceholderText(tr("Type to find a command"));
    m_search->setAccessibleName(tr("Find a command"));
    m_search->setClearButtonEnabled(true);
    m_search->installEventFilter(this);
    m_list->setAccessibleName(tr("Commands"));
    m_list->setUniformItemSizes(true);
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->setItemDelegate(new CommandDelegate(m_list));
    setFocusProxy(m_search);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 6, 6, 6);
    layout->addWidget(m_search);
    layout->addWidget(m_list);

    connect(m_search, &QLineEdit::textChanged, this, [this] { list(); });
    connect(m_search, &QLineEdit::returnPressed, this, [this] { giveSelected(); });
    connect(m_list, &QListWidget::itemClicked, this, [this] { giveSelected(); });
}

void CommandPalette::popUp()
{
    m_search->clear();
    list();
    const int rowHeight = std::max(m_list->sizeHintForRow(0), fontMetrics().height());
    const QWidget* window = parentWidget();
    const int width = std::clamp(window->width() / 2, 360, 640);
    resize(width, m_search->sizeHint().height() + visibleRows * rowHeight + 24);
    move(window->mapToGlobal(QPoint((window->width() - width) / 2, 40)));
    show();
    m_search->setFocus();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event)
{
    if (watched == m_search && event->type() == QEvent::KeyPress) {
        switch (static_cast<QKeyEvent*>(event)->key()) {
        case Qt::Key_Up:
        case Qt::Key_Down:
        case Qt::Key_PageUp:
        case Qt::Key_PageDown:
            QApplication::sendEvent(m_list, event);
            return true;
        default:
            break;
        }
    }
    return QDialog::eventFilter(watched, event);
}

void CommandPalette::list()
{
    struct Match
    {
        QAction* action;
        int score;
    };
    std::vector<Match> matches;
    for (QAction* action : m_commands->all())
        if (action->isEnabled())
            if (const std::optional<int> score =
                    fuzzyScore(m_search->text(), title(*m_commands, *action)))
                matches.push_back({action, *score});
    std::stable_sort(matches.begin(), matches.end(),
                     [](const Match& a, const Match& b) { return a.score > b.score; });
    m_list->clear();
    for (const Match& match : matches) {
        const QString text = title(*m_commands, *match.action);
        auto* item =
            new QListWidgetItem(match.action->isChecked() ? tr("%1 ✓").arg(text) : text, m_list);
        item->setData(actionRole, QVariant::fromValue(QPointer<QAction>(match.action)));
        item->setData(shortcutRole, match.action->shortcut().toString(QKeySequence::NativeText));
        item->setToolTip(match.action->statusTip());
    }
    m_list->setCurrentRow(0);
}

void CommandPalette::giveSelected()
{
    const QListWidgetItem* item = m_list->currentItem();
    if (item == nullptr)
        return;
    const auto action = item->data(actionRole).value<QPointer<QAction>>();
    hide();
    if (action)
        action->trigger();
}

} // namespace halftone::ui
