// The bold line over a part of a panel.
#pragma once

#include <QLabel>

namespace halftone::ui {

inline QLabel* heading(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    QFont font = label->font();
    font.setBold(true);
    label->setFont(font);
    return label;
}

} // namespace halftone::ui
