// Everything that a step's record holds, as named values in groups, each with its unit and the
// distribution it is of. The rows are the same for every step, so that they stand still while one
// scrubs. UI thread.
#pragma once

#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <QAbstractItemModel>
#include <QString>

#include <vector>

namespace halftone::ui {

struct Fact
{
    QString label;
    QString shown; // for the screen, in the user's locale
    QString exact; // for copying
    QString unit;  // "nats"; empty for pure numbers and words
    QString note;  // what else makes the value clear, briefly: "T, no filters"
};

struct FactGroup
{
    QString title;
    std::vector<Fact> facts;
};

/// With a null step the values are empty.
[[nodiscard]] std::vector<FactGroup> stepFacts(const StepRecord*, const TokenTable*);

/// Two levels: groups, and facts in columns. Qt::EditRole of a value gives what is to be copied.
class StepFactsModel : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column
    {
        Label,
        Value,
        Note,
        columns
    };

    explicit StepFactsModel(QObject* parent = nullptr);

    void setStep(const StepRecord*, const TokenTable*);
    /// The group of what was measured of the mixture.
    [[nodiscard]] QModelIndex probeIndex() const;

    [[nodiscard]] QModelIndex index(int row, int column,
                                    const QModelIndex& parent = {}) const override;
    [[nodiscard]] QModelIndex parent(const QModelIndex& child) const override;
    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation, int role) const override;

private:
    std::vector<FactGroup> m_groups;
};

} // namespace halftone::ui
