// The numbers behind a plot, as its table twin shows them and as CSV writes them: columns of values
// looked up by row, nothing copied.
#pragma once

#include <QString>
#include <QVariant>

#include <functional>
#include <vector>

namespace halftone::ui {

struct PlotColumn
{
    QString key;   // in CSV: "entropy_nats"
    QString title; // in the table: "Entropy (nats)"
    /// A whole number, double, float or QString; an invalid variant where there is nothing to tell.
    std::function<QVariant(qint64 row)> value;
};

struct PlotData
{
    std::vector<PlotColumn> columns;
    qint64 rows = 0;
};

/// Whole numbers and text as they are, fractions with every digit and a point, whatever the locale.
[[nodiscard]] QString exactText(const QVariant& value);

} // namespace halftone::ui
