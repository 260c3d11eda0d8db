// A list whose entries a person puts in order and leaves out: dragged, or moved by Alt+Up and
// Alt+Down; the space bar or a click on its box takes an entry out and in again.
#pragma once

#include <QListWidget>
#include <QStringList>

namespace halftone::ui {

class OrderList : public QListWidget
{
    Q_OBJECT

public:
    /// Of these entries, all in.
    explicit OrderList(const QStringList& entries, QWidget* parent = nullptr);

    /// Those that are in, in their order.
    [[nodiscard]] QStringList order() const;
    /// The others come after these, left out. Unknown ones are ignored.
    void setOrder(const QStringList&);

    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;

Q_SIGNALS:
    void orderChanged();

protected:
    void keyPressEvent(QKeyEvent*) override;

private:
    void addEntry(const QString&, Qt::CheckState);
    QStringList m_entries;
};

} // namespace halftone::ui
