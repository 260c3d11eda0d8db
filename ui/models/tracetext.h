// The text of a run as one string that knows which step every character is from: what find looks
// through. Grows with the document and only when asked. UI thread.
#pragma once

#include "tokenizer/textstream.h"

#include <QObject>
#include <QString>

#include <vector>

namespace halftone::ui {

class RunDocument;

class TraceText : public QObject
{
    Q_OBJECT

public:
    explicit TraceText(const RunDocument* document, QObject* parent = nullptr);

    /// A character that several steps share belongs to the one that completes it. What the last
    /// step left unfinished is not part of the text yet.
    [[nodiscard]] const QString& text();

    /// First and last step of an occurrence.
    struct Match
    {
        qint64 firstStep = 0;
        qint64 lastStep = 0;
        bool operator==(const Match&) const = default;
    };
    /// All occurrences of `needle` that do not overlap, in order.
    [[nodiscard]] std::vector<Match> find(const QString& needle, Qt::CaseSensitivity);

private:
    void clear();
    void catchUp();
    [[nodiscard]] qint64 stepOf(qsizetype character) const;

    const RunDocument* m_document;
    TextStream m_stream;
    QString m_text;
    std::vector<qsizetype> m_begins; // of every step's characters in m_text
};

} // namespace halftone::ui
