#include "panels/inspectorpanel.h"

#include "models/candidatemodel.h"
#include "models/forks.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"
#include "models/stepfacts.h"
#include "models/stepwords.h"
#include "models/tokentext.h"
#include "panels/heading_p.h"
#include "panels/questionrow.h"
#include "reasoning/modes.h"
#include "widgets/copyrows.h"
#include "widgets/frontierkey.h"

#include <QAction>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QToolButton>
#include <QTreeView>
#include <QVBoxLayout>

#include <algorithm>

namespace halftone::ui {

namespace {

/// Edits a weight with a spin box from 0 to 1.
class WeightDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem&,
                          const QModelIndex&) const override
    {
        auto* box = new QDoubleSpinBox(parent);
        box->setFrame(false);
        box->setRange(0, 1);
        box->setDecimals(4);
        box->setSingleStep(0.05);
        return box;
    }
    void setEditorData(QWidget* editor, const QModelIndex& index) const override
    {
        static_cast<QDoubleSpinBox*>(editor)->setValue(index.data(Qt::EditRole).toDouble());
    }
    void setModelData(QWidget* editor, QAbstractItemModel* model,
                      const QModelIndex& index) const override
    {
        auto* box = static_cast<QDoubleSpinBox*>(editor);
        box->interpretText();
        // Looking at a weight must not round it.
        const QString before = box->textFromValue(index.data(Qt::EditRole).toDouble());
        if (box->textFromValue(box->value()) != before)
            model->setData(index, box->value(), Qt::EditRole);
    }
};

} // namespace

InspectorPanel::InspectorPanel(RunDocument* document, StepCursor* cursor, QWidget* parent)
    : QWidget(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_facts(new StepFactsModel(this))
    , m_candidates(new CandidateModel(this))
    , m_sorted(new CandidateSorter(this))
    , m_title(heading(QString(), this))
    , m_problem(new QLabel(this))
    , m_frontier(new FrontierKey(document, cursor, FrontierKey::Says::MarksAndWeight, this))
    , m_factsView(new QTreeView(this))
    , m_candidatesView(new QTableView(this))
    , m_modeMenu(new QMenu(this))
    , m_splitter(new QSplitter(Qt::Vertical, this))
    , m_question(new QuestionRow(QuestionRow::Kind::Probe, this))
{
    setObjectName(QStringLiteral("inspectorPanel"));
    makeFacts();
    makeCandidates();
    makeForkCommands();
    makeQuestions();
    layOut();

    connect(m_cursor, &StepCursor::stepChanged, this, &InspectorPanel::showStep);
    connect(m_document, &RunDocument::reset, this, &InspectorPanel::showStep);
    connect(m_document, &RunDocument::stepChanged, this, &InspectorPanel::showMeasured);
    connect(m_document, &RunDocument::frontierChanged, this, &InspectorPanel::showFrontier);
    connect(m_candidates, &CandidateModel::editedChanged, this, &InspectorPanel::updateCommands);
    connect(m_candidatesView->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &InspectorPanel::updateCommands);
    showStep();
}

InspectorPanel::~InspectorPanel()
{
    // An open editor hands over its weight when it goes.
    m_candidates->disconnect(this);
    m_candidatesView->selectionModel()->disconnect(this);
}

void InspectorPanel::makeFacts()
{
    m_factsView->setObjectName(QStringLiteral("factsView"));
    m_factsView->setAccessibleName(tr("Recorded values of the step"));
    m_factsView->setModel(m_facts);
    m_factsView->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_factsView->setAlternatingRowColors(true);
    m_factsView->setUniformRowHeights(true);
    m_factsView->setIndentation(8);
    m_factsView->expandAll();
    for (int group = 0; group < m_facts->rowCount(); ++group)
        m_factsView->setFirstColumnSpanned(group, {}, true);
    const QFontMetrics metrics = m_factsView->fontMetrics();
    m_factsView->setColumnWidth(StepFactsModel::Label,
                                metrics.horizontalAdvance(tr("p of the shown token")) + 24);
    m_factsView->setColumnWidth(StepFactsModel::Value,
                                metrics.horizontalAdvance(tr("0.000000 tokens")) + 12);
    addCopyActions(m_factsView);
}

void InspectorPanel::makeCandidates()
{
    m_sorted->setSourceModel(m_candidates);
    m_sorted->setSortRole(Qt::EditRole);
    m_candidatesView->setObjectName(QStringLiteral("candidatesView"));
    m_candidatesView->setAccessibleName(tr("Candidates of the step"));
    m_candidatesView->setModel(m_sorted);
    m_candidatesView->setItemDelegateForColumn(CandidateModel::Mixture,
                                               new WeightDelegate(m_candidatesView));
    m_candidatesView->setSortingEnabled(true);
    m_candidatesView->sortByColumn(CandidateModel::Raw, Qt::DescendingOrder);
    m_candidatesView->setSelectionMode(QAbstractItemView::ExtendedSelection);
    m_candidatesView->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_candidatesView->setTabKeyNavigation(false);
    m_candidatesView->setWordWrap(false);
    m_candidatesView->setEditTriggers(QAbstractItemView::DoubleClicked |
                                      QAbstractItemView::EditKeyPressed);
    m_candidatesView->verticalHeader()->hide();
    m_candidatesView->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_candidatesView->verticalHeader()->setDefaultSectionSize(
        m_candidatesView->fontMetrics().height() + 6);
    m_candidatesView->horizontalHeader()->setHighlightSections(false);
    m_candidatesView->horizontalHeader()->setSectionResizeMode(CandidateModel::Token,
                                                               QHeaderView::Stretch);
    for (const int column : {CandidateModel::Id, CandidateModel::Raw, CandidateModel::Filtered,
                             CandidateModel::Mixture, CandidateModel::Frontier}) {
        const QString header =
            m_candidates->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        const QFontMetrics metrics = m_candidatesView->fontMetrics();
        const int number = column == CandidateModel::Id || column == CandidateModel::Frontier
                               ? 0
                               : metrics.horizontalAdvance(QStringLiteral("0.00000000")) + 10;
        m_candidatesView->setColumnWidth(column,
                                         std::max(number, metrics.horizontalAdvance(header) + 24));
    }
    addCopyActions(m_candidatesView);
}

void InspectorPanel::makeForkCommands()
{
    m_forkCandidate = new QAction(tr("Fork Here with This &Candidate"), this);
    m_forkCandidate->setIconText(tr("With Candidate"));
    m_forkCandidate->setObjectName(QStringLiteral("forkCandidate"));
    m_forkCandidate->setShortcuts({Qt::Key_Return, Qt::Key_Enter});
    m_forkCandidate->setShortcutContext(Qt::WidgetShortcut);
    m_forkCandidate->setToolTip(
        tr("Continues in a child run that feeds the selected candidate at this step (Enter)"));
    connect(m_forkCandidate, &QAction::triggered, this, &InspectorPanel::forkWithCandidate);

    m_forkWeights = new QAction(tr("Fork Here with These &Weights"), this);
    m_forkWeights->setIconText(tr("With Weights"));
    m_forkWeights->setObjectName(QStringLiteral("forkWeights"));
    m_forkWeights->setToolTip(
        tr("Continues in a child run that feeds the edited weights at this step, made to sum 1. "
           "Edit them in the last column (F2)"));
    connect(m_forkWeights, &QAction::triggered, this, &InspectorPanel::forkWithWeights);

    m_forgetWeights = new QAction(tr("&Forget Edited Weights"), this);
    m_forgetWeights->setObjectName(QStringLiteral("forgetWeights"));
    connect(m_forgetWeights, &QAction::triggered, m_candidates, &CandidateModel::forgetEdits);

    m_forkMode = new QAction(tr("Fork Here in Another &Mode"), this);
    m_forkMode->setIconText(tr("In Mode"));
    m_forkMode->setObjectName(QStringLiteral("forkMode"));
    m_forkMode->setToolTip(
        tr("Continues in a child run that decides by another mode from this step on"));
    m_forkMode->setMenu(m_modeMenu);
    connect(m_modeMenu, &QMenu::aboutToShow, this, &InspectorPanel::fillModeMenu);

    for (QAction* action : {m_forkCandidate, m_forkWeights, m_forgetWeights, m_forkMode}) {
        m_candidatesView->addAction(action);
        addAction(action);
    }
}

void InspectorPanel::makeQuestions()
{
    m_probe = new QAction(tr("&Probe This Mixture"), this);
    m_probe->setIconText(tr("Probe"));
    m_probe->setObjectName(QStringLiteral("probe"));
    m_probe->setShortcut(tr("Ctrl+Shift+K"));
    connect(m_probe, &QAction::triggered, this, [this] {
        if (const StepRecord* step = m_document->at(m_cursor->step()))
            Q_EMIT questionRequested(ProbeQuestion{step->step});
    });
    m_collapse = new QAction(tr("&Collapse Here…"), this);
    m_collapse->setIconText(tr("Collapse…"));
    m_collapse->setObjectName(QStringLiteral("collapse"));
    m_collapse->setShortcut(tr("Ctrl+K"));
    connect(m_collapse, &QAction::triggered, this, &InspectorPanel::collapseRequested);
    addActions(questions());
}

void InspectorPanel::follow(EngineController* engine)
{
    m_question->follow(engine);
}

void InspectorPanel::layOut()
{
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setTextFormat(Qt::PlainText);
    m_problem->setObjectName(QStringLiteral("forkProblem"));
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->hide();

    auto* lower = new QWidget(this);
    auto* buttons = new QHBoxLayout;
    auto* label = new QLabel(tr("Fork here:"), lower);
    buttons->addWidget(label);
    for (QAction* action : {m_forkCandidate, m_forkWeights, m_forkMode}) {
        auto* button = new QToolButton(lower);
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setFocusPolicy(Qt::StrongFocus);
        if (action->menu())
            button->setPopupMode(QToolButton::InstantPopup);
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    auto* asking = new QHBoxLayout;
    asking->addWidget(new QLabel(tr("Ask here:"), lower));
    for (QAction* action : questions()) {
        auto* button = new QToolButton(lower);
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setFocusPolicy(Qt::StrongFocus);
        asking->addWidget(button);
    }
    asking->addStretch(1);
    auto* column = new QVBoxLayout(lower);
    column->setContentsMargins(0, 0, 0, 0);
    column->addWidget(m_frontier);
    column->addWidget(m_candidatesView, 1);
    column->addLayout(buttons);
    column->addLayout(asking);
    column->addWidget(m_question);
    column->addWidget(m_problem);

    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_factsView);
    m_splitter->addWidget(lower);
    m_splitter->setStretchFactor(0, 3);
    m_splitter->setStretchFactor(1, 4);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(4, 4, 4, 4);
    layout->addWidget(m_title);
    layout->addWidget(m_splitter, 1);
}

void InspectorPanel::resizeEvent(QResizeEvent*)
{
    m_splitter->setOrientation(width() > height() * 3 / 2 ? Qt::Horizontal : Qt::Vertical);
}

QString InspectorPanel::titleText() const
{
    const StepRecord* step = m_document->at(m_cursor->step());
    if (!step)
        return tr("No step in focus");
    const QString number = QString::number(step->step.value);
    return tr("Step %1: %2, %3")
        .arg(number, quotedText(*m_document->tokens(), step->sampled), title(step->input.kind));
}

void InspectorPanel::showStep()
{
    const StepRecord* step = m_document->at(m_cursor->step());
    m_title->setText(titleText());
    m_facts->setStep(step, m_document->tokens().get());
    m_candidates->setStep(step, m_document->tokens());
    showFrontier();
    // A selection belongs to the step on which it was made.
    m_candidatesView->clearSelection();
    m_candidatesView->setCurrentIndex({});
    m_problem->hide();
    m_question->clearMessage();
    updateCommands();
}

void InspectorPanel::showFrontier()
{
    m_candidates->setFrontier(m_document->frontier());
    m_candidatesView->setColumnHidden(CandidateModel::Frontier, !m_document->frontier());
}

/// The candidates stay as they are: somebody may be editing their weights.
void InspectorPanel::showMeasured(qint64 step)
{
    if (step != m_cursor->step())
        return;
    m_facts->setStep(m_document->at(step), m_document->tokens().get());
    m_factsView->scrollTo(m_facts->probeIndex(), QAbstractItemView::PositionAtTop);
}

void InspectorPanel::updateCommands()
{
    const bool hasStep = m_document->at(m_cursor->step()) != nullptr;
    const QModelIndex current = m_sorted->mapToSource(m_candidatesView->currentIndex());
    m_forkCandidate->setEnabled(hasStep && m_candidates->tokenAt(current.row()).has_value());
    m_forkWeights->setEnabled(hasStep && m_candidates->editedInput().has_value());
    m_forgetWeights->setEnabled(m_candidates->isEdited());
    m_forkMode->setEnabled(hasStep);

    const StepRecord* step = m_document->at(m_cursor->step());
    const bool mixture = step && step->input.kind == InputKind::Mixture;
    m_probe->setEnabled(mixture);
    m_probe->setToolTip(
        mixture ? tr("Measures how far what follows the mixture is from what follows its parts "
                     "(Jensen–Shannon, T = 1, full vocabulary), beside the run, and keeps it with "
                     "the step (Ctrl+Shift+K)")
                : tr("Only a step that fed a mixture can be measured against its parts"));
    const std::string why = step ? whyNotCollapsible(*step) : "No step is in focus.";
    m_collapse->setEnabled(why.empty());
    m_collapse->setToolTip(why.empty() ? tr("Shows what would have followed, had this step been "
                                            "discrete, beside what followed (Ctrl+K)")
                                       : QString::fromStdString(why));
    for (QAction* action : questions())
        action->setStatusTip(action->toolTip());
}

void InspectorPanel::forkWithCandidate()
{
    const StepRecord* step = m_document->at(m_cursor->step());
    const QModelIndex current = m_sorted->mapToSource(m_candidatesView->currentIndex());
    const std::optional<TokenId> token = m_candidates->tokenAt(current.row());
    if (step && token)
        Q_EMIT forkRequested(forkWithToken(*step, *m_document->tokens(), *token));
}

void InspectorPanel::forkWithWeights()
{
    const StepRecord* step = m_document->at(m_cursor->step());
    std::optional<StepInput> input = m_candidates->editedInput();
    if (step && input)
        Q_EMIT forkRequested(forkWithMixture(*step, *m_document->tokens(), std::move(*input)));
}

void InspectorPanel::fillModeMenu()
{
    m_modeMenu->clear();
    for (const Mode& mode : modes()) {
        if (mode.name == m_document->info().mode)
            continue;
        QAction* action = m_modeMenu->addAction(QString::fromStdString(mode.title));
        action->setToolTip(QString::fromStdString(mode.summary));
        connect(action, &QAction::triggered, this,
                [this, name = mode.name] { forkWithMode(name); });
    }
}

void InspectorPanel::forkWithMode(const std::string& mode)
{
    const StepRecord* step = m_document->at(m_cursor->step());
    if (!step)
        return;
    const Result<ForkRequest> request = forkInMode(*step, m_document->info(), mode);
    m_problem->setVisible(!request);
    if (request)
        Q_EMIT forkRequested(*request);
    else
        m_problem->setText(QString::fromStdString(request.error().message));
}

} // namespace halftone::ui
