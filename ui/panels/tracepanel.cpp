#include "panels/tracepanel.h"

#include "engine/softprompttext.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "models/steptablemodel.h"
#include "models/stepwords.h"
#include "models/tokentext.h"
#include "widgets/colorlegend.h"
#include "widgets/copyrows.h"
#include "widgets/findbar.h"
#include "widgets/frontierkey.h"
#include "widgets/traceview.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <iterator>
#include <utility>

namespace halftone::ui {

TracePanel::TracePanel(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_text(document)
    , m_model(new StepTableModel(document, this))
    , m_view(new TraceView(document, cursor, this))
    , m_table(new QTableView(this))
    , m_pages(new QStackedWidget(this))
    , m_colorBox(new QComboBox(this))
    , m_legend(new ColorLegend(this))
    , m_findBar(new FindBar(this))
{
    setObjectName(QStringLiteral("tracePanel"));
    makeTable();
    makeActions();
    layOut();

    connect(m_view, &TraceView::colorsChanged, this,
            [this] { m_legend->setColors(m_view->colors()); });
    connect(m_colorBox, &QComboBox::currentIndexChanged, m_view,
            [this](int index) { m_view->setColorBy(static_cast<ColorBy>(index)); });
    connect(m_findBar, &FindBar::needleChanged, this, &TracePanel::onNeedleChanged);
    connect(m_findBar, &FindBar::nextRequested, this, &TracePanel::findNext);
    connect(m_findBar, &FindBar::previousRequested, this, &TracePanel::findPrevious);
    connect(m_findBar, &FindBar::closed, this, &TracePanel::endFind);
    connect(m_document, &RunDocument::reset, this, &TracePanel::updateMatches);
    connect(m_document, &RunDocument::reset, this,
            [this] { m_legend->setPartner(!m_document->info().partner.empty()); });
    connect(m_document, &RunDocument::reset, this, &TracePanel::showSoftPrompt);
    connect(m_document, &RunDocument::stepsAppended, this, &TracePanel::updateMatches);
    m_legend->setColors(m_view->colors());
}

/// The rows before the prompt, which are no tokens, by the tokens that they are nearest to.
void TracePanel::showSoftPrompt()
{
    const auto prompt = softPromptOf(m_document->info());
    m_softPrompt->setVisible(prompt && *prompt);
    if (m_softPrompt->isHidden())
        return;
    QStringList heads;
    QStringList rows;
    for (const std::vector<NearestToken>& row : (*prompt)->nearest) {
        QStringList tokens;
        for (const NearestToken& token : row)
            tokens << tr("%1 %2").arg(shownText(*m_document->tokens(), token.id),
                                      shownNumber(static_cast<double>(token.cosine), 2));
        heads << (tokens.isEmpty() ? tr("none") : tokens.front());
        rows << tr("row %1: %2").arg(rows.size()).arg(tokens.join(QStringLiteral(", ")));
    }
    m_softPrompt->setText(tr("Soft prompt, rows by nearest token (cosine): %1")
                              .arg(heads.join(QStringLiteral(" · "))));
    m_softPrompt->setToolTip(QStringLiteral("<qt>%1<br>%2</qt>")
                                 .arg(QString::fromStdString((*prompt)->path).toHtmlEscaped(),
                                      rows.join(QLatin1Char('\n'))
                                          .toHtmlEscaped()
                                          .replace(QLatin1Char('\n'), QStringLiteral("<br>"))));
}

void TracePanel::makeTable()
{
    m_table->setObjectName(QStringLiteral("traceTable"));
    m_table->setAccessibleName(tr("Trace as a table"));
    m_table->setModel(m_model);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 6);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->horizontalHeader()->setHighlightSections(false);
    const int digits = m_table->fontMetrics().horizontalAdvance(QLatin1Char('0'));
    for (int column = 0; column < StepTableModel::columns; ++column) {
        const QString header =
            m_model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        m_table->setColumnWidth(
            column, std::max(7 * digits, m_table->fontMetrics().horizontalAdvance(header) + 20));
    }
    addCopyActions(m_table);

    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& row) {
                if (row.isValid() && m_table->isVisible())
                    m_cursor->moveTo(row.row());
            });
    connect(m_cursor, &StepCursor::stepChanged, this, &TracePanel::onStepChanged);
}

QAction* TracePanel::addCommand(const Command& command)
{
    auto* action = new QAction(command.text, this);
    action->setObjectName(command.name);
    action->setShortcut(QKeySequence(command.key));
    action->setShortcutContext(Qt::WidgetShortcut);
    action->setStatusTip(command.help);
    action->setToolTip(
        tr("%1 (%2)").arg(command.help, action->shortcut().toString(QKeySequence::NativeText)));
    addAction(action);
    m_view->addAction(action);
    m_table->addAction(action);
    return action;
}

QAction* TracePanel::addToggle(const Command& command, const QString& iconText)
{
    QAction* action = addCommand(command);
    action->setCheckable(true);
    action->setIconText(iconText);
    return action;
}

QAction* TracePanel::addFindCommand(const QString& name, const QString& text,
                                    const QKeySequence& keys, void (TracePanel::*handler)())
{
    auto* action = new QAction(text, this);
    action->setObjectName(name);
    action->setShortcut(keys);
    action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    connect(action, &QAction::triggered, this, handler);
    addAction(action);
    return action;
}

void TracePanel::makeActions()
{
    m_colorBox->setObjectName(QStringLiteral("colorBox"));
    m_colorBox->setAccessibleName(tr("Colour by"));
    const std::pair<QString, Command> colors[] = {
        {tr("Entropy"),
         {QStringLiteral("colorEntropy"), tr("Colour by &Entropy"), QStringLiteral("1"),
          tr("Colour the trace by the entropy of each step's raw distribution")}},
        {tr("Probability"),
         {QStringLiteral("colorProbability"), tr("Colour by &Probability"), QStringLiteral("2"),
          tr("Colour the trace by the raw probability of the shown token")}},
        {tr("Phase"),
         {QStringLiteral("colorPhase"), tr("Colour by P&hase"), QStringLiteral("3"),
          tr("Colour the trace by thinking and answer")}},
    };
    for (const auto& [name, command] : colors) {
        const int index = m_colorBox->count();
        m_colorBox->addItem(name);
        QAction* action = addCommand(command);
        m_colorBox->setItemData(index, action->toolTip(), Qt::ToolTipRole);
        connect(action, &QAction::triggered, this,
                [this, index] { setColorBy(static_cast<ColorBy>(index)); });
    }

    m_boundaries = addToggle({QStringLiteral("boundaries"), tr("Token &Boundaries"),
                              QStringLiteral("B"), tr("Every token in a box, with its own bytes")},
                             tr("Boundaries"));
    connect(m_boundaries, &QAction::toggled, m_view, &TraceView::setBoundariesShown);
    m_whitespace = addToggle({QStringLiteral("whitespace"), tr("Visible &Whitespace"),
                              QStringLiteral("W"), tr("Show spaces, line ends and tabs as ␣ ↵ ⇥")},
                             tr("␣ ↵"));
    connect(m_whitespace, &QAction::toggled, m_view, &TraceView::setWhitespaceShown);
    m_components = addToggle({QStringLiteral("mixtures"), tr("&Mixtures Under Tokens"),
                              QStringLiteral("M"), tr("Show what soft steps fed, under the token")},
                             tr("Mixtures"));
    m_components->setChecked(true);
    connect(m_components, &QAction::toggled, m_view, &TraceView::setComponentsShown);
    m_tableToggle = addToggle({QStringLiteral("table"), tr("Trace as a &Table"),
                               QStringLiteral("T"), tr("The trace as a table, a row a step")},
                              tr("Table"));
    connect(m_tableToggle, &QAction::toggled, this, &TracePanel::setTableShown);

    m_find = addFindCommand(QStringLiteral("find"), tr("&Find in the Trace…"), QKeySequence::Find,
                            &TracePanel::beginFind);
    m_find->setIconText(tr("Find"));
    m_find->setToolTip(
        tr("Find in the trace (%1)").arg(m_find->shortcut().toString(QKeySequence::NativeText)));
    addFindCommand(QStringLiteral("findNext"), tr("Find &Next"), QKeySequence::FindNext,
                   &TracePanel::findNext);
    addFindCommand(QStringLiteral("findPrevious"), tr("Find P&revious"), QKeySequence::FindPrevious,
                   &TracePanel::findPrevious);
}

void TracePanel::layOut()
{
    auto* tools = new QHBoxLayout;
    tools->setContentsMargins(4, 2, 4, 2);
    auto* label = new QLabel(tr("&Colour:"), this);
    label->setBuddy(m_colorBox);
    tools->addWidget(label);
    tools->addWidget(m_colorBox);
    for (QAction* action : {m_boundaries, m_whitespace, m_components, m_tableToggle, m_find}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(action);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::TabFocus);
        tools->addWidget(button);
    }
    tools->addStretch(1);

    m_pages->addWidget(m_view);
    m_pages->addWidget(m_table);
    m_findBar->hide();

    auto* legend = new QHBoxLayout;
    legend->setContentsMargins(6, 0, 6, 0);
    legend->addWidget(m_legend, 1);
    legend->addWidget(new FrontierKey(m_document, m_cursor, FrontierKey::Says::Marks, this));

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(tools);
    m_softPrompt = new QLabel(this);
    m_softPrompt->setObjectName(QStringLiteral("softPromptRows"));
    m_softPrompt->setContentsMargins(6, 0, 6, 2);
    m_softPrompt->setTextFormat(Qt::PlainText);
    m_softPrompt->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_softPrompt->hide();
    layout->addWidget(m_softPrompt);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_findBar);
    layout->addLayout(legend);
    setFocusProxy(m_view);
}

void TracePanel::addStepCommands(const QList<QAction*>& commands)
{
    auto* separator = new QAction(this);
    separator->setSeparator(true);
    for (QWidget* view : {static_cast<QWidget*>(m_view), static_cast<QWidget*>(m_table)}) {
        view->addAction(separator);
        view->addActions(commands);
    }
}

void TracePanel::setColorBy(ColorBy colorBy)
{
    m_colorBox->setCurrentIndex(static_cast<int>(colorBy));
}

void TracePanel::setTableShown(bool shown)
{
    const bool hadFocus = m_view->hasFocus() || m_table->hasFocus();
    m_tableToggle->setChecked(shown);
    // Before it is on screen: a table that is shown without a current row takes its first.
    if (shown)
        placeInTable(m_cursor->step());
    m_pages->setCurrentWidget(shown ? static_cast<QWidget*>(m_table) : m_view);
    setFocusProxy(m_pages->currentWidget());
    if (hadFocus)
        m_pages->currentWidget()->setFocus();
}

void TracePanel::onStepChanged(qint64 step)
{
    if (m_pages->currentWidget() == m_table)
        placeInTable(step);
}

void TracePanel::placeInTable(qint64 step)
{
    if (step < 0 || step >= m_model->rowCount() || m_table->currentIndex().row() == step)
        return;
    const int column = std::max(0, m_table->currentIndex().column());
    m_table->setCurrentIndex(m_model->index(static_cast<int>(step), column));
}

// Find

void TracePanel::beginFind()
{
    setTableShown(false);
    m_findBar->begin();
    onNeedleChanged();
}

void TracePanel::endFind()
{
    m_findBar->hide();
    updateMatches();
    m_pages->currentWidget()->setFocus();
}

void TracePanel::updateMatches()
{
    m_matches.clear();
    if (!m_findBar->isHidden() && m_document->isOpen())
        m_matches = m_text.find(m_findBar->needle(), m_findBar->caseSensitivity());
    std::vector<StepRange> hits;
    for (const TraceText::Match& match : m_matches) {
        if (!hits.empty() && match.firstStep <= hits.back().last)
            hits.back().last = match.lastStep;
        else
            hits.push_back({match.firstStep, match.lastStep});
    }
    m_view->setHits(std::move(hits));
    if (m_match >= std::ssize(m_matches))
        m_match = -1;
    m_findBar->setResult(m_match + 1, std::ssize(m_matches));
}

void TracePanel::onNeedleChanged()
{
    m_match = -1;
    updateMatches();
    if (m_matches.empty())
        return;
    const auto ahead = std::find_if(m_matches.begin(), m_matches.end(), [this](const auto& match) {
        return match.lastStep >= m_cursor->step();
    });
    goToMatch(ahead == m_matches.end() ? 0 : std::distance(m_matches.begin(), ahead));
}

void TracePanel::goToMatch(qint64 index)
{
    m_match = index;
    const TraceText::Match& match = m_matches[static_cast<std::size_t>(index)];
    m_cursor->moveTo(match.firstStep);
    m_view->select(StepRange{match.firstStep, match.lastStep});
    m_findBar->setResult(m_match + 1, std::ssize(m_matches));
}

void TracePanel::findNext()
{
    if (m_findBar->isHidden())
        return beginFind();
    if (m_matches.empty())
        return;
    if (m_match >= 0 && m_matches[static_cast<std::size_t>(m_match)].firstStep == m_cursor->step())
        return goToMatch((m_match + 1) % std::ssize(m_matches));
    const auto ahead = std::find_if(m_matches.begin(), m_matches.end(), [this](const auto& match) {
        return match.firstStep > m_cursor->step();
    });
    goToMatch(ahead == m_matches.end() ? 0 : std::distance(m_matches.begin(), ahead));
}

void TracePanel::findPrevious()
{
    if (m_findBar->isHidden())
        return beginFind();
    if (m_matches.empty())
        return;
    const qint64 count = std::ssize(m_matches);
    if (m_match >= 0 && m_matches[static_cast<std::size_t>(m_match)].firstStep == m_cursor->step())
        return goToMatch((m_match + count - 1) % count);
    const auto ahead = std::find_if(m_matches.begin(), m_matches.end(), [this](const auto& match) {
        return match.firstStep >= m_cursor->step();
    });
    goToMatch((std::distance(m_matches.begin(), ahead) + count - 1) % count);
}

} // namespace halftone::ui
