// What an evaluation has shown, a row a setting. Shares are shown in percent and copied as
// fractions, all with their intervals of 95 %. UI thread.
#pragma once

#include "bridge/librarycontroller.h"

#include <QAbstractTableModel>
#include <QString>
#include <QVariant>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace halftone::ui {

class SettingTableModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Role
    {
        EstimateRole = Qt::UserRole, // QVariantList of value, low and high; of shares drawn as bars
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setEvaluation(std::shared_ptr<const OpenedEvaluation>);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex&, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation,
                                      int role = Qt::DisplayRole) const override;

private:
    struct Column
    {
        QString title;
        QString help;
        std::function<QString(const SettingReport&)> text;
        std::function<QVariant(const SettingReport&)> value; // with all its digits
        std::function<std::optional<Estimate>(const SettingReport&)> bar;
    };

    void add(Column column) { m_columns.push_back(std::move(column)); }
    void addShare(const QString& title, const QString& help,
                  std::function<std::optional<Estimate>(const SettingReport&)> share, bool bar);
    void addCount(const QString& title, const QString& help,
                  std::function<std::int64_t(const SettingReport&)> count);
    void addNumber(const QString& title, const QString& help, int decimals,
                   std::function<double(const SettingReport&)> number);
    void makeColumns();

    std::shared_ptr<const OpenedEvaluation> m_evaluation;
    std::vector<Column> m_columns;
};

/// "81.2 % [79.0, 83.3]"; a dash where there is none.
[[nodiscard]] QString shareText(const Estimate&);

} // namespace halftone::ui
