#include "models/tracetext.h"

#include "models/rundocument.h"

#include <algorithm>

namespace halftone::ui {

TraceText::TraceText(const RunDocument* document, QObject* parent)
    : QObject(parent)
    , m_document(document)
{
    connect(m_document, &RunDocument::reset, this, &TraceText::clear);
}

void TraceText::clear()
{
    m_stream = {};
    m_text.clear();
    m_begins.clear();
}

void TraceText::catchUp()
{
    for (qint64 step = std::ssize(m_begins); step < m_document->count(); ++step) {
        const TokenTable& tokens = *m_document->tokens();
        std::string bytes = tokens.piece(m_document->at(step)->sampled);
        if (step > 0)
            bytes.insert(0, tokens.joiner());
        m_begins.push_back(m_text.size());
        m_text += QString::fromStdString(m_stream.push(bytes));
    }
}

const QString& TraceText::text()
{
    catchUp();
    return m_text;
}

qint64 TraceText::stepOf(qsizetype character) const
{
    // The last step that begins there or before: those without characters of their own come first.
    const auto after = std::upper_bound(m_begins.begin(), m_begins.end(), character);
    return std::distance(m_begins.begin(), after) - 1;
}

std::vector<TraceText::Match> TraceText::find(const QString& needle,
                                              Qt::CaseSensitivity sensitivity)
{
    catchUp();
    std::vector<Match> matches;
    if (needle.isEmpty())
        return matches;
    for (qsizetype at = m_text.indexOf(needle, 0, sensitivity); at >= 0;
         at = m_text.indexOf(needle, at + needle.size(), sensitivity))
        matches.push_back({stepOf(at), stepOf(at + needle.size() - 1)});
    return matches;
}

} // namespace halftone::ui
