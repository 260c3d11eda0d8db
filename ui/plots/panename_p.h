// What a pane's values are, inside its corner: for panes too low for a label along the axis.
#pragma once

#include "plots/qcp.h"

namespace halftone::ui {

class PaneName : public QCPTextElement
{
    Q_OBJECT

public:
    using QCPTextElement::QCPTextElement;
    void setPaper(const QColor& paper) { m_paper = paper; }

protected:
    void draw(QCPPainter* painter) override
    {
        painter->fillRect(rect(), m_paper);
        QCPTextElement::draw(painter);
    }

private:
    QColor m_paper;
};

} // namespace halftone::ui
