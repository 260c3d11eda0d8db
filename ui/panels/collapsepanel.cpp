#include "panels/collapsepanel.h"

#include "models/collapsemodel.h"
#include "models/forks.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "models/stepwords.h"
#include "models/tokentext.h"
#include "panels/heading_p.h"
#include "panels/questionrow.h"
#include "panels/spinboxes.h"
#include "widgets/copyrows.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPainter>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr int barLines = 4; // height of the row of bars, in lines of text
constexpr int mostColumnCharacters = 16;

/// Tints tokens that differ, and draws a divergence as a bar under its number.
class CollapseDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override
    {
        const QVariant bar = index.data(CollapseModel::BarRole);
        if (bar.isValid()) {
            const int room = option.rect.height() - option.fontMetrics.height() - 4;
            const int height = static_cast<int>(bar.toDouble() * room);
            const QRect cell = option.rect.adjusted(4, 0, -4, -1);
            const QRect rect(cell.left(), cell.bottom() + 1 - height, cell.width(), height);
            painter->fillRect(rect, option.palette.color(QPalette::Highlight));
        }
        QStyledItemDelegate::paint(painter, option, index);
    }

protected:
    void initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        if (index.data(CollapseModel::BarRole).isValid())
            option->displayAlignment = Qt::AlignHCenter | Qt::AlignTop;
        if (index.data(CollapseModel::DiffersRole).toBool()) {
            QColor tint = option->palette.color(QPalette::Highlight);
            tint.setAlpha(70);
            option->backgroundBrush = tint;
            option->font.setBold(true);
        }
    }
};

} // namespace

CollapsePanel::CollapsePanel(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_model(new CollapseModel(this))
    , m_start(new QPushButton(this))
    , m_to(new QComboBox(this))
    , m_then(new QComboBox(this))
    , m_steps(new IntegerSpinBox(this))
    , m_unit(new QComboBox(this))
    , m_keep(new QAction(tr("Keep Collapsed as a For&k"), this))
    , m_head(new QWidget(this))
    , m_title(heading(QString(), this))
    , m_summary(new QLabel(this))
    , m_hint(new QLabel(this))
    , m_question(new QuestionRow(QuestionRow::Kind::Collapse, this))
    , m_table(new QTableView(this))
{
    setObjectName(QStringLiteral("collapsePanel"));
    makeFields();
    makeTable();
    layOut();
    connect(m_cursor, &StepCursor::stepChanged, this, &CollapsePanel::followFocus);
    connect(m_document, &RunDocument::reset, this, &CollapsePanel::updateCommands);
    connect(m_document, &RunDocument::stepsAppended, this, &CollapsePanel::updateCommands);
    showSummary();
}

void CollapsePanel::makeFields()
{
    m_start->setObjectName(QStringLiteral("collapseStart"));
    connect(m_start, &QPushButton::clicked, this, &CollapsePanel::collapseFocused);

    m_to->setObjectName(QStringLiteral("collapseTo"));
    m_to->setAccessibleName(tr("Token that is fed"));
    m_to->setToolTip(tr("Which of the mixture's tokens is fed instead of it; the draw is by the "
                        "weights and the run's seed, and always the same"));
    m_to->addItem(tr("heaviest token"), static_cast<int>(CollapseTo::Heaviest));
    m_to->addItem(tr("second heaviest"), static_cast<int>(CollapseTo::Second));
    m_to->addItem(tr("drawn token"), static_cast<int>(CollapseTo::Drawn));

    m_then->setObjectName(QStringLiteral("collapseThen"));
    m_then->setAccessibleName(tr("How the steps after it are decided"));
    m_then->setToolTip(tr("How the steps after it are decided: as the run does, soft where it is "
                          "soft, or always for the most probable token"));
    m_then->addItem(tr("as the run does"));
    m_then->addItem(tr("greedily"));

    m_steps->setObjectName(QStringLiteral("collapseSteps"));
    m_steps->setAccessibleName(tr("Steps after it"));
    m_steps->setToolTip(tr("How many steps are taken after it, unless the run ends before"));
    m_steps->setRange(1, static_cast<int>(maxCollapseSteps));
    m_steps->setValue(static_cast<int>(CollapsePlan{}.steps));
    m_steps->setSuffix(tr(" steps"));

    m_unit->setObjectName(QStringLiteral("unit"));
    m_unit->setAccessibleName(tr("Unit of divergence and entropy"));
    m_unit->setToolTip(tr("Unit of divergence and entropy"));
    m_unit->addItem(tr("nats"));
    m_unit->addItem(tr("bits"));
    connect(m_unit, &QComboBox::currentIndexChanged, this, [this](int index) {
        m_model->setBits(index == 1);
        showSummary();
    });

    m_keep->setObjectName(QStringLiteral("keepAsFork"));
    m_keep->setIconText(tr("Keep as a Fork"));
    m_keep->setShortcut(tr("Ctrl+Alt+K"));
    m_keep->setToolTip(tr("Takes the collapsed steps in a child run, which is stored and goes on "
                          "to its end (Ctrl+Alt+K)"));
    m_keep->setStatusTip(m_keep->toolTip());
    connect(m_keep, &QAction::triggered, this,
            [this] { Q_EMIT forkRequested(forkOf(*m_model->collapse(), *m_document->tokens())); });
    addAction(m_keep);
}

void CollapsePanel::makeTable()
{
    m_table->setObjectName(QStringLiteral("collapseTable"));
    m_table->setAccessibleName(tr("Original and collapsed steps"));
    m_table->setModel(m_model);
    m_table->setItemDelegate(new CollapseDelegate(m_table));
    m_table->setSelectionMode(QAbstractItemView::ContiguousSelection);
    m_table->setTabKeyNavigation(false);
    m_table->setWordWrap(false);
    m_table->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->verticalHeader()->setHighlightSections(false);
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    addCopyActions(m_table);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentColumnChanged, this,
            [this](const QModelIndex& current) { followTable(current.column()); });
}

void CollapsePanel::layOut()
{
    // Two rows: side by side they would keep a small screen's window from being small.
    auto* what = new QHBoxLayout;
    what->addWidget(m_start);
    what->addWidget(new QLabel(tr("to its"), this));
    what->addWidget(m_to);
    what->addStretch(1);
    auto* then = new QHBoxLayout;
    then->addWidget(new QLabel(tr("and then"), this));
    then->addWidget(m_steps);
    then->addWidget(m_then);
    then->addStretch(1);
    auto* head = new QHBoxLayout(m_head);
    head->setContentsMargins(0, 0, 0, 0);
    head->addWidget(m_title, 1);
    head->addWidget(m_unit);
    auto* keep = new QToolButton(m_head);
    keep->setObjectName(QStringLiteral("collapseKeep"));
    keep->setDefaultAction(m_keep);
    keep->setToolButtonStyle(Qt::ToolButtonTextOnly);
    keep->setFocusPolicy(Qt::StrongFocus);
    head->addWidget(keep);

    m_title->setObjectName(QStringLiteral("collapseTitle"));
    m_title->setTextFormat(Qt::PlainText);
    m_title->setWordWrap(true);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_summary->setObjectName(QStringLiteral("collapseSummary"));
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setWordWrap(true);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_hint->setWordWrap(true);
    m_hint->setAlignment(Qt::AlignCenter);
    m_hint->setText(tr("What would have followed, had a soft step been discrete? Go to a step that "
                       "fed a mixture and press the button: one of its tokens is fed in its place, "
                       "and what comes then is shown beside what came."));

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->addLayout(what);
    layout->addLayout(then);
    layout->addWidget(m_question);
    layout->addWidget(m_head);
    layout->addWidget(m_summary);
    layout->addWidget(m_table, 1);
    layout->addWidget(m_hint, 1);
}

void CollapsePanel::follow(EngineController* engine)
{
    m_question->follow(engine);
    connect(engine, &EngineController::questionAnswered, this, &CollapsePanel::showAnswer);
}

void CollapsePanel::collapseFocused()
{
    const StepRecord* step = m_document->at(m_cursor->step());
    if (!step || !whyNotCollapsible(*step).empty())
        return;
    CollapsePlan plan;
    plan.step = step->step;
    plan.steps = m_steps->value();
    plan.to = static_cast<CollapseTo>(m_to->currentData().toInt());
    plan.greedy = m_then->currentIndex() == 1;
    Q_EMIT questionRequested(plan);
}

void CollapsePanel::showAnswer(std::shared_ptr<const StepAnswer> answer)
{
    const auto* collapse = std::get_if<Collapse>(&answer->found);
    if (!collapse || !m_document->isOpen() || m_document->info().id != answer->run)
        return;
    m_answer = std::move(answer);
    const QSignalBlocker quiet(m_table->selectionModel());
    m_model->show(std::shared_ptr<const Collapse>(m_answer, collapse), m_document->tokens());
    const QFontMetrics metrics = m_table->fontMetrics();
    const int line = metrics.height() + 6;
    for (int row = 0; row < CollapseModel::rows; ++row)
        m_table->setRowHeight(row, row == CollapseModel::Divergence ? barLines * line : line);
    const int least = metrics.horizontalAdvance(QStringLiteral("0.00000"));
    const int most = mostColumnCharacters * metrics.averageCharWidth();
    for (int column = 0; column < m_model->columnCount(); ++column) {
        int width = least;
        for (const int row : {CollapseModel::Original, CollapseModel::Collapsed})
            width = std::max(
                width, metrics.horizontalAdvance(m_model->index(row, column).data().toString()));
        m_table->setColumnWidth(column, std::min(width, most) + 16);
    }
    showSummary();
}

void CollapsePanel::showSummary()
{
    const Collapse* collapse = m_model->collapse();
    for (QWidget* widget :
         {m_head, static_cast<QWidget*>(m_summary), static_cast<QWidget*>(m_table)})
        widget->setVisible(collapse != nullptr);
    m_hint->setVisible(collapse == nullptr);
    updateCommands();
    if (!collapse)
        return;
    // The table of this run, also when another is shown by now.
    const QString token = m_model->index(CollapseModel::Collapsed, 0).data().toString();
    m_title->setText(tr("Run %1, step %2: “%3” (weight %4) instead of the mixture")
                         .arg(QString::number(m_answer->run.value),
                              QString::number(collapse->plan.step.value), token,
                              shownNumber(static_cast<double>(collapse->weight), 3)));
    const QString difference =
        collapse->firstDifference ? tr("After it the shown tokens differ first at step %1.")
                                        .arg(collapse->firstDifference->value)
        : collapse->divergence.size() > 1
            ? tr("After it the shown tokens are the same in all steps that both have.")
            : tr("The run has no step after it yet to compare with.");
    const auto greatest =
        std::max_element(collapse->divergence.begin(), collapse->divergence.end());
    const std::int64_t where =
        collapse->plan.step.value + (greatest - collapse->divergence.begin());
    m_summary->setText(
        tr("%1 Jensen–Shannon divergence (JSD) of the raw distributions, T = 1, full vocabulary: "
           "at most %2 %3, at step %4; it lies between 0 and ln 2 = %5 %3.")
            .arg(difference, shownNumber(m_model->inUnit(*greatest), 3), m_model->unit(),
                 QString::number(where), shownNumber(m_model->inUnit(0.6931471805599453), 3)));
}

bool CollapsePanel::answersShownRun() const
{
    return m_answer && m_document->isOpen() && m_document->info().id == m_answer->run;
}

void CollapsePanel::updateCommands()
{
    const StepRecord* step = m_document->at(m_cursor->step());
    m_start->setText(step ? tr("&Collapse Step %1").arg(step->step.value) : tr("&Collapse"));
    const std::string why = step ? whyNotCollapsible(*step) : std::string();
    m_start->setEnabled(step && why.empty());
    m_start->setToolTip(!step         ? tr("No step is in focus")
                        : why.empty() ? tr("Feeds one token instead of the mixture, on a copy: the "
                                           "run stays as it is (Ctrl+K)")
                                      : QString::fromStdString(why));
    m_keep->setEnabled(answersShownRun());
    m_question->clearMessage();
}

void CollapsePanel::followFocus(qint64 step)
{
    updateCommands();
    if (!answersShownRun())
        return;
    const qint64 column = step - m_answer->step.value;
    if (column < 0 || column >= m_model->columnCount() ||
        m_table->currentIndex().column() == column)
        return;
    const QSignalBlocker quiet(m_table->selectionModel()); // the cursor moved the table: no echo
    const int row = std::max(0, m_table->currentIndex().row());
    m_table->setCurrentIndex(m_model->index(row, static_cast<int>(column)));
    m_table->viewport()->update();
}

void CollapsePanel::followTable(int column)
{
    if (column >= 0 && answersShownRun() && m_answer->step.value + column < m_document->count())
        m_cursor->moveTo(m_answer->step.value + column);
}

} // namespace halftone::ui
