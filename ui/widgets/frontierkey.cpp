#include "widgets/frontierkey.h"

#include "models/reachwords.h"
#include "models/rundocument.h"
#include "models/stepcursor.h"

#include <QEvent>
#include <QStringList>

namespace halftone::ui {

FrontierKey::FrontierKey(RunDocument* document, StepCursor* cursor, Says says, QWidget* parent)
    : QLabel(parent)
    , m_document(document)
    , m_cursor(cursor)
    , m_says(says)
{
    setObjectName(QStringLiteral("frontierKey"));
    setAccessibleName(tr("Frontier of the prompt's graph"));
    setToolTip(frontierHelp());
    setTextFormat(Qt::RichText);
    setWordWrap(says == Says::MarksAndWeight);
    setContentsMargins(4, 0, 4, 2);
    connect(document, &RunDocument::reset, this, &FrontierKey::showFrontier);
    connect(document, &RunDocument::frontierChanged, this, &FrontierKey::showFrontier);
    connect(document, &RunDocument::stepsAppended, this, &FrontierKey::showFrontier);
    connect(cursor, &StepCursor::stepChanged, this, &FrontierKey::showFrontier);
    showFrontier();
}

void FrontierKey::showFrontier()
{
    setVisible(m_document->frontier() != nullptr);
    if (!m_document->frontier())
        return;
    QStringList marks;
    for (const Reach reach : allReaches)
        marks << QStringLiteral("<span style=\"color:%1\">%2</span> %3")
                     .arg(reachColor(reach, palette()).name(), symbol(reach), title(reach));
    QString text = marks.join(QStringLiteral(" &nbsp; "));
    if (m_says == Says::MarksAndWeight) {
        const QString weight = frontierText(*m_document, m_cursor->step());
        text.prepend((weight.isEmpty() ? tr("This step is about no node of the graph.")
                                       : QStringLiteral("<b>%1</b>").arg(weight)) +
                     QStringLiteral("<br>"));
    }
    setText(text);
}

void FrontierKey::changeEvent(QEvent* event)
{
    QLabel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showFrontier();
}

} // namespace halftone::ui
