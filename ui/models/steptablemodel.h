// The trace as a table, a row a step: the accessible twin of the trace's text. Grows by appending
// rows. UI thread.
#pragma once

#include <QAbstractTableModel>

namespace halftone::ui {

class RunDocument;

class StepTableModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column
    {
        Step,
        Position,
        Phase,
        Token,
        Entropy,
        Probability,
        EffectiveTokens,
        InputKind,
        Events,
        columns
    };

    explicit StepTableModel(const RunDocument* document, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    /// Text, alignment, tool tip; Qt::EditRole gives numbers with all their digits.
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation, int role) const override;

private:
    void onReset();
    void onAppended(qint64 last);

    const RunDocument* m_document;
    int m_rows = 0;
};

} // namespace halftone::ui
