#include "speculativereference.h"

#include "base/rng.h"
#include "referencesampling.h"

#include <algorithm>
#include <numeric>

namespace halftone::test {

namespace {

std::ptrdiff_t countOf(const std::vector<int>& ids, const std::vector<int>& wanted)
{
    return std::count_if(ids.begin(), ids.end(), [&](int id) {
        return std::find(wanted.begin(), wanted.end(), id) != wanted.end();
    });
}

} // namespace

std::vector<Written> writtenBy(const Session& session)
{
    std::vector<Written> all;
    for (const StepRecord& step : session.steps())
        all.push_back({step.sampled.value, step.model, step.forced});
    return all;
}

SpeculativeReference::SpeculativeReference(Model weak, Model strong, std::vector<int> prompt)
    : m_weak(std::move(weak))
    , m_strong(std::move(strong))
    , m_text(std::move(prompt))
{
}

std::vector<Written> SpeculativeReference::write()
{
    int negatives = 0, limit = recapAfter, recap = recapLength;
    while (!full()) {
        do // the weak model, up to a delimiter
            put(draw(m_weak, 0), 0);
        while (!full() && m_text.back() != delimiter);
        if (full())
            break;
        if (negatives >= limit) {
            lookBack(recap);
            negatives = 0;
            limit = std::min(limit + 1, recapAfterMost);
            recap = std::min(recap + 1, recapLengthMost);
            continue;
        }
        const std::vector<int> draft = drafted(m_weak, 1);
        const int leans = leaning(draft);
        if (leans == 0 && !everyDelimiter) {
            ++used["neutral"];
            continue;
        }
        std::vector<int> kept;
        if (keepAgreed) {
            const std::vector<int> other = drafted(m_strong, 2);
            const bool theirs =
                (leans < 0 && leaning(other) >= 0) || (leans > 0 && leaning(other) < 0);
            ++used[theirs ? "strong draft" : "weak draft"];
            kept = theirs ? other : draft;
            for (const int id : kept)
                put(id, theirs ? 1 : 0);
        } else {
            ++used["turn"];
            kept = strong(turnLength);
        }
        if (leaning(kept) < 0)
            ++negatives;
        if (countOf(kept, verifying) > 0) {
            ++used["verify"];
            strong(verifyLength);
        }
    }
    return m_written;
}

void SpeculativeReference::lookBack(int steps)
{
    ++used["recap"];
    for (const int id : recapText)
        put(id, 0, true);
    strong(steps);
}

void SpeculativeReference::put(int id, int model, bool forced)
{
    if (full())
        return;
    m_text.push_back(id);
    m_written.push_back({id, model, forced});
}

int SpeculativeReference::draw(const Model& model, std::uint32_t stream) const
{
    const auto p = reference::softmax(model(m_text), temperature);
    std::vector<int> order(p.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int x, int y) {
        return p[static_cast<std::size_t>(x)] > p[static_cast<std::size_t>(y)];
    });
    const double u = StepRng({seed, m_written.size(), stream}).uniform();
    double sum = 0;
    for (const int id : order)
        if (sum += p[static_cast<std::size_t>(id)]; u < sum)
            return id;
    return order.back();
}

std::vector<int> SpeculativeReference::drafted(const Model& model, std::uint32_t number)
{
    const auto text = m_text;
    const auto written = m_written;
    std::vector<int> ids;
    for (int i = 0; i < turnLength && !full(); ++i) {
        ids.push_back(draw(model, 1024 + number));
        put(ids.back(), 0);
    }
    m_text = text;
    m_written = written;
    return ids;
}

std::vector<int> SpeculativeReference::strong(int steps)
{
    std::vector<int> ids;
    for (int i = 0; i < steps && !full(); ++i) {
        ids.push_back(draw(m_strong, 0));
        put(ids.back(), 1);
    }
    return ids;
}

/// 1: more affirms; -1: more doubts, or as much; 0: nothing does.
int SpeculativeReference::leaning(const std::vector<int>& ids) const
{
    const auto yes = countOf(ids, affirming);
    const auto no = countOf(ids, doubting) + countOf(ids, verifying);
    return yes + no == 0 ? 0 : yes > no ? 1 : -1;
}

} // namespace halftone::test
