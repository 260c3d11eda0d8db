#include "widgets/estimatedelegate.h"

#include <QApplication>
#include <QPainter>

namespace halftone::ui {

namespace {

constexpr int barWidth = 96; // pixels, of the whole from 0 to 1
constexpr int margin = 5;
constexpr double barHeight = 0.45; // of the cell
constexpr int whiskerHeight = 5;   // half of it

} // namespace

EstimateDelegate::EstimateDelegate(int role, QObject* parent)
    : QStyledItemDelegate(parent)
    , m_role(role)
{
}

QSize EstimateDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const
{
    const QSize text = QStyledItemDelegate::sizeHint(option, index);
    return index.data(m_role).isValid() ? text + QSize(barWidth + 2 * margin, 0) : text;
}

void EstimateDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                             const QModelIndex& index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    const QVariantList estimate = index.data(m_role).toList();
    if (estimate.size() != 3)
        return;
    // On the page's own colours, so that it is as clear in a selected row.
    const QPalette& palette = option.palette;
    const int height = static_cast<int>(barHeight * option.rect.height());
    const QRect track(option.rect.left() + margin, option.rect.center().y() - height / 2, barWidth,
                      height);
    const auto at = [&](double share) {
        return track.left() + static_cast<int>(share * (track.width() - 1));
    };
    painter->save();
    painter->setClipRect(option.rect);
    painter->fillRect(track, palette.color(QPalette::Base));
    painter->fillRect(QRect(track.topLeft(), QPoint(at(estimate[0].toDouble()), track.bottom())),
                      palette.color(QPalette::Highlight).lighter(130));
    painter->setPen(palette.color(QPalette::Text));
    painter->drawRect(track.adjusted(0, 0, -1, -1));
    const int low = at(estimate[1].toDouble());
    const int high = at(estimate[2].toDouble());
    const int middle = track.center().y();
    painter->drawLine(low, middle, high, middle);
    for (const int end : {low, high})
        painter->drawLine(end, middle - whiskerHeight, end, middle + whiskerHeight);
    painter->restore();
}

} // namespace halftone::ui
