// A field for a run's seed: any number of 64 bits, which no spin box holds.
#pragma once

#include <QLineEdit>

namespace halftone::ui {

class SeedEdit : public QLineEdit
{
    Q_OBJECT

public:
    explicit SeedEdit(QWidget* parent = nullptr);

    [[nodiscard]] quint64 seed() const;
    void setSeed(quint64 seed);
    /// A random one, short enough to be read out.
    void renew();
};

} // namespace halftone::ui
