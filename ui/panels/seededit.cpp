#include "panels/seededit.h"

#include <QRandomGenerator>
#include <QValidator>

#include <algorithm>

namespace halftone::ui {

namespace {

constexpr quint32 renewBelow = 1'000'000'000;

class SeedValidator : public QValidator
{
public:
    using QValidator::QValidator;

    State validate(QString& text, int&) const override
    {
        if (text.isEmpty())
            return Intermediate;
        if (!std::all_of(text.begin(), text.end(), [](QChar c) { return c >= u'0' && c <= u'9'; }))
            return Invalid;
        bool fits = false;
        (void)text.toULongLong(&fits);
        return fits ? Acceptable : Invalid;
    }

    void fixup(QString& text) const override { text = QStringLiteral("0"); }
};

} // namespace

SeedEdit::SeedEdit(QWidget* parent)
    : QLineEdit(QStringLiteral("0"), parent)
{
    setValidator(new SeedValidator(this));
}

quint64 SeedEdit::seed() const
{
    return text().toULongLong();
}

void SeedEdit::setSeed(quint64 seed)
{
    setText(QString::number(seed));
}

void SeedEdit::renew()
{
    setSeed(QRandomGenerator::global()->bounded(renewBelow));
}

} // namespace halftone::ui
