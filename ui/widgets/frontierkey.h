// Explains the marks of candidates and says how much weight the step in focus holds on the
// frontier. There for runs whose prompt has a graph alone.
#pragma once

#include <QLabel>

namespace halftone::ui {

class RunDocument;
class StepCursor;

class FrontierKey : public QLabel
{
    Q_OBJECT

public:
    enum class Says
    {
        Marks,
        MarksAndWeight, // of the step in focus
    };

    FrontierKey(RunDocument*, StepCursor*, Says, QWidget* parent = nullptr);

protected:
    void changeEvent(QEvent*) override;

private:
    void showFrontier();

    RunDocument* m_document;
    StepCursor* m_cursor;
    Says m_says;
};

} // namespace halftone::ui
