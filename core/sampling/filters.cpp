#include "sampling/filters.h"

#include "base/topheap.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace halftone {

namespace {

constexpr std::array filterNames{std::pair{Filter::Temperature, std::string_view("temperature")},
                                 std::pair{Filter::TopK, std::string_view("top-k")},
                                 std::pair{Filter::TopP, std::string_view("top-p")},
                                 std::pair{Filter::MinP, std::string_view("min-p")}};

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

bool possible(float logit)
{
    return std::isfinite(logit);
}

/// The tokens that are left. Until finish() their `probability` holds the logit.
class Support
{
public:
    Support(std::span<const float> logits, const SamplingSettings& settings, Distribution& out)
        : m_out(out)
        , m_tokens(out.tokens)
        , m_settings(settings)
    {
        load(logits);
    }

    void apply(Filter filter)
    {
        switch (filter) {
        case Filter::Temperature:
            m_temperature = m_settings.temperature;
            break;
        case Filter::TopK:
            keepTopK();
            break;
        case Filter::TopP:
            keepTopP();
            break;
        case Filter::MinP:
            keepMinP();
            break;
        }
    }

    void finish()
    {
        m_out.tailSize = 0;
        if (!m_sorted) {
            if (m_tokens.size() <= Distribution::sortedTokens)
                std::sort(m_tokens.begin(), m_tokens.end(), ranksBefore<WeightedToken>);
            else
                moveBestToFront();
        }
        double sum = 0;
        for (WeightedToken& token : m_tokens) {
            token.probability = weight(token);
            sum += token.probability;
        }
        for (WeightedToken& token : m_tokens)
            token.probability /= sum;
        // What underflows to 0 is not in the support.
        const auto isZero = [](const WeightedToken& token) { return !(token.probability > 0); };
        const auto tail = m_tokens.end() - static_cast<std::ptrdiff_t>(m_out.tailSize);
        const auto tailEnd = std::remove_if(tail, m_tokens.end(), isZero);
        m_out.tailSize = static_cast<std::size_t>(tailEnd - tail);
        m_tokens.erase(tailEnd, m_tokens.end());
        while (m_out.tailSize == 0 && !m_tokens.empty() && isZero(m_tokens.back()))
            m_tokens.pop_back();
    }

private:
    [[nodiscard]] std::size_t topK() const
    {
        return static_cast<std::size_t>(std::max(m_settings.topK, 0));
    }

    void load(std::span<const float> logits)
    {
        // Nothing but the temperature, which keeps the order, before a small top-k: most of the
        // vocabulary need not be copied.
        const auto first = std::find_if(m_settings.order.begin(), m_settings.order.end(),
                                        [this](Filter filter) { return truncates(filter); });
        const bool topKFirst = first != m_settings.order.end() && *first == Filter::TopK &&
                               topK() <= Distribution::sortedTokens;
        if (topKFirst) {
            TopHeap heap(m_tokens, topK());
            for (std::size_t i = 0; i < logits.size(); ++i)
                if (possible(logits[i]))
                    heap.offer({TokenId{static_cast<std::int32_t>(i)}, logits[i]});
            heap.finish();
            m_sorted = true;
        } else {
            m_tokens.clear();
            m_tokens.reserve(logits.size());
            for (std::size_t i = 0; i < logits.size(); ++i)
                if (possible(logits[i]))
                    m_tokens.push_back({TokenId{static_cast<std::int32_t>(i)}, logits[i]});
        }
        m_maximum = -std::numeric_limits<double>::infinity();
        for (const WeightedToken& token : m_tokens)
            m_maximum = std::max(m_maximum, token.probability);
    }

    [[nodiscard]] bool truncates(Filter filter) const
    {
        switch (filter) {
        case Filter::Temperature:
            return false;
        case Filter::TopK:
            return m_settings.topK > 0;
        case Filter::TopP:
            return m_settings.topP < 1;
        case Filter::MinP:
            return m_settings.minP > 0;
        }
        return false;
    }

    /// Probability over that of the most probable token, which no filter removes.
    [[nodiscard]] double weight(const WeightedToken& token) const
    {
        return std::exp((token.probability - m_maximum) / m_temperature);
    }

    void keepTopK()
    {
        const std::size_t count = topK();
        if (count == 0 || count >= m_tokens.size())
            return;
        sortFirst(0, count);
        m_tokens.resize(count);
        m_sorted = true;
    }

    void keepTopP()
    {
        if (m_settings.topP >= 1)
            return;
        double sum = 0;
        for (const WeightedToken& token : m_tokens)
            sum += weight(token);
        const double wanted = m_settings.topP * sum;
        // The set is most often small: sort only as far as it reaches.
        double reached = 0;
        std::size_t end = 0;
        for (std::size_t i = 0; i < m_tokens.size(); ++i) {
            if (i == end) {
                end = std::min(m_tokens.size(), std::max<std::size_t>(128, 4 * end));
                sortFirst(i, end);
            }
            reached += weight(m_tokens[i]);
            if (reached >= wanted) {
                m_tokens.resize(i + 1);
                break;
            }
        }
        m_sorted = true;
    }

    void keepMinP()
    {
        if (!(m_settings.minP > 0))
            return;
        const double lowest = std::log(std::min(m_settings.minP, 1.0));
        std::erase_if(m_tokens, [&](const WeightedToken& token) {
            return (token.probability - m_maximum) / m_temperature < lowest;
        });
    }

    /// Puts the tokens that rank from `begin` to `end` there; those before are in their place.
    void sortFirst(std::size_t begin, std::size_t end)
    {
        if (m_sorted)
            return;
        const auto at = [this](std::size_t i) {
            return m_tokens.begin() + static_cast<std::ptrdiff_t>(i);
        };
        if (end < m_tokens.size())
            std::nth_element(at(begin), at(end), m_tokens.end(), ranksBefore<WeightedToken>);
        std::sort(at(begin), at(end), ranksBefore<WeightedToken>);
    }

    /// From all by id to the best `sortedTokens` by rank and the others by id.
    void moveBestToFront()
    {
        std::vector<WeightedToken> best;
        TopHeap heap(best, Distribution::sortedTokens);
        for (const WeightedToken& token : m_tokens)
            heap.offer(token);
        heap.finish();
        auto to = m_tokens.rbegin();
        for (auto from = m_tokens.rbegin(); from != m_tokens.rend(); ++from)
            if (ranksBefore(best.back(), *from))
                *to++ = *from;
        std::copy(best.begin(), best.end(), m_tokens.begin());
        m_out.tailSize = m_tokens.size() - best.size();
    }

    Distribution& m_out;
    std::vector<WeightedToken>& m_tokens;
    const SamplingSettings& m_settings;
    bool m_sorted = false; // by rank; else by id
    double m_maximum = 0;
    double m_temperature = 1; // 1 until it is applied
};

} // namespace

Result<FilterOrder> parseFilterOrder(std::string_view text)
{
    FilterOrder order{};
    std::size_t count = 0;
    std::string_view rest = text;
    bool valid = true;
    while (valid) {
        const auto comma = rest.find(',');
        const std::string_view word = trimmed(rest.substr(0, comma));
        const auto found = std::find_if(filterNames.begin(), filterNames.end(),
                                        [&](const auto& entry) { return entry.second == word; });
        const auto end = order.begin() + static_cast<std::ptrdiff_t>(count);
        valid = found != filterNames.end() && count < order.size() &&
                std::find(order.begin(), end, found->first) == end;
        if (valid)
            order[count++] = found->first;
        if (comma == std::string_view::npos)
            break;
        rest = rest.substr(comma + 1);
    }
    if (!valid || count != order.size())
        return failure(ErrorCode::InvalidArgument,
                       "A filter order names temperature, top-k, top-p and min-p, each once, with "
                       "commas between them; it cannot be '" +
                           std::string(text) + "'.");
    return order;
}

std::string name(const FilterOrder& order)
{
    std::string text;
    for (const Filter filter : order) {
        if (!text.empty())
            text += ',';
        for (const auto& [value, word] : filterNames)
            if (value == filter)
                text += word;
    }
    return text;
}

double Distribution::entropy() const
{
    double sum = 0;
    for (const WeightedToken& token : tokens)
        sum -= token.probability * std::log(token.probability);
    return std::max(0.0, sum);
}

double Distribution::probability(TokenId id) const
{
    const auto tail = tokens.end() - static_cast<std::ptrdiff_t>(tailSize);
    const auto ranked = std::find_if(tokens.begin(), tail,
                                     [id](const WeightedToken& token) { return token.id == id; });
    if (ranked != tail)
        return ranked->probability;
    const auto found =
        std::lower_bound(tail, tokens.end(), id, [](const WeightedToken& token, TokenId wanted) {
            return token.id < wanted;
        });
    return found != tokens.end() && found->id == id ? found->probability : 0;
}

void filterLogits(std::span<const float> logits, const SamplingSettings& settings,
                  Distribution& out)
{
    if (settings.temperature == 0) {
        out.tailSize = 0;
        TopHeap best(out.tokens, 1);
        for (std::size_t i = 0; i < logits.size(); ++i)
            if (possible(logits[i]))
                best.offer({TokenId{static_cast<std::int32_t>(i)}, logits[i]});
        for (WeightedToken& token : out.tokens)
            token.probability = 1;
        return;
    }
    Support support(logits, settings, out);
    for (const Filter filter : settings.order)
        support.apply(filter);
    support.finish();
}

TokenId draw(const Distribution& distribution, double u)
{
    double reached = 0;
    for (const WeightedToken& token : distribution.tokens) {
        reached += token.probability;
        if (u < reached)
            return token.id;
    }
    // The sum may stay a rounding error below 1.
    return distribution.tokens.back().id;
}

} // namespace halftone
