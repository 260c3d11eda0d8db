// A run and what it would have been with one step collapsed, a column a step: the shown tokens of
// both, how far their raw distributions are from each other, and both entropies. UI thread.
#pragma once

#include "engine/collapse.h"
#include "trace/tokentable.h"

#include <QAbstractTableModel>

#include <memory>

namespace halftone::ui {

class CollapseModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Row
    {
        Original,
        Collapsed,
        Divergence,
        OriginalEntropy,
        CollapsedEntropy,
        rows
    };
    enum Role
    {
        BarRole = Qt::UserRole, // of a divergence: 0 to 1 of the greatest that there is
        DiffersRole,            // of a token: the other run shows another one here
    };

    explicit CollapseModel(QObject* parent = nullptr);

    /// Null: none.
    void show(std::shared_ptr<const Collapse>, std::shared_ptr<const TokenTable>);
    void setBits(bool bits);
    [[nodiscard]] QString unit() const;
    /// A number of nats in the shown unit.
    [[nodiscard]] double inUnit(double nats) const;
    [[nodiscard]] const Collapse* collapse() const { return m_collapse.get(); }

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    /// Qt::EditRole gives numbers with all their digits.
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation, int role) const override;

private:
    [[nodiscard]] const StepRecord* record(int row, int column) const;
    [[nodiscard]] bool differs(int column) const;
    [[nodiscard]] QVariant token(const StepRecord&, int row, int column, int role) const;
    [[nodiscard]] QVariant number(double nats, int row, int role) const;
    [[nodiscard]] QString rowTitle(int row) const;

    std::shared_ptr<const Collapse> m_collapse;
    std::shared_ptr<const TokenTable> m_tokens;
    bool m_bits = false;
};

} // namespace halftone::ui
