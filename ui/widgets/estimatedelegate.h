// Draws a share with its interval as a small bar with whiskers, before its text.
#pragma once

#include <QStyledItemDelegate>

namespace halftone::ui {

class EstimateDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    /// `role`: of the cells that have one, a QVariantList of value, low and high, each from 0 to 1.
    explicit EstimateDelegate(int role, QObject* parent = nullptr);

    void paint(QPainter*, const QStyleOptionViewItem&, const QModelIndex&) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override;

private:
    int m_role;
};

} // namespace halftone::ui
