#include "sampling/filters.h"

#include "sampling/selection_p.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace halftone {

namespace {

constexpr std::array namedFilters{std::pair{Filter::Temperature, std::string_view("temperature")},
                                  std::pair{Filter::TopK, std::string_view("top-k")},
                                  std::pair{Filter::TopP, std::string_view("top-p")},
                                  std::pair{Filter::MinP, std::string_view("min-p")},
                                  std::pair{Filter::TopNSigma, std::string_view("top-n-sigma")},
                                  std::pair{Filter::Typical, std::string_view("typical")}};

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(' ');
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

/// A vocabulary of no more tokens, from which nothing was filtered, is weighed whole.
constexpr std::size_t smallVocabulary = 4096;
/// Above the relative error of ScaledSummary::mass.
constexpr double massTolerance = 1e-6;

/// The tokens that are left. Until finish() their `probability` holds the logit.
///
/// Most of a vocabulary need not be looked at where the first filter that leaves tokens out is one
/// that the row itself can answer, so nothing is loaded before it.
class Support
{
public:
    Support(LogitsPass& row, const SamplingSettings& settings, Distribution& out)
        : m_row(row)
        , m_logits(row.logits())
        , m_out(out)
        , m_tokens(out.tokens)
        , m_settings(settings)
    {
    }

    void apply(Filter filter)
    {
        if (!m_loaded && truncates(filter))
            load(filter);
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
        case Filter::TopNSigma:
            keepTopNSigma();
            break;
        case Filter::Typical:
            keepTypical();
            break;
        }
    }

    /// Nothing was left out.
    [[nodiscard]] bool isWhole() const { return !m_loaded; }

    /// Of a whole row: the best, and the rest as logits. False where it has to be finish()ed: where
    /// that is quick, or weights are so small that it is not clear which tokens are possible.
    bool finishWithRest()
    {
        if (m_logits.size() <= smallVocabulary)
            return false;
        const ScaledSummary row = m_row.scaled(m_temperature);
        const std::size_t possible = countAbove(m_row, minusInfinity);
        if (possible == 0 ||
            countAbove(m_row, static_cast<float>(row.maximum - 700 * m_temperature)) < possible)
            return false;
        takeBest(m_row, Distribution::sortedTokens, m_tokens);
        m_maximum = double{row.maximum};
        for (WeightedToken& token : m_tokens)
            token.probability = weight(token) / row.mass;
        m_out.tailSize = 0;
        m_out.rest.logits.assign(m_logits.begin(), m_logits.end());
        m_out.rest.maximum = m_maximum;
        m_out.rest.temperature = m_temperature;
        m_out.rest.mass = row.mass;
        m_out.rest.entropy = row.entropy;
        m_out.rest.support = possible;
        return true;
    }

    void finish()
    {
        if (!m_loaded)
            loadAll();
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

    /// So many of the best are quickly taken from the row; for more of them it is loaded.
    [[nodiscard]] std::size_t mostTaken() const
    {
        return std::max(Distribution::sortedTokens, m_logits.size() / 64);
    }

    /// What `filter` may leave of the row, and all that it leaves.
    void load(Filter filter)
    {
        if (filter == Filter::TopK && topK() <= mostTaken())
            loadBest(topK());
        else if (filter == Filter::MinP)
            loadAboveMinP();
        else if (filter != Filter::TopP || !loadTopP())
            loadAll();
    }

    void loadBest(std::size_t count)
    {
        takeBest(m_row, count, m_tokens);
        m_loaded = m_sorted = true;
        findMaximum();
    }

    void loadAbove(float threshold)
    {
        m_tokens.clear();
        eachAbove(m_row, threshold, [this](TokenId id, float logit) {
            m_tokens.push_back({id, logit});
        });
        m_loaded = true;
        findMaximum();
    }

    void loadAll()
    {
        m_tokens.reserve(m_logits.size());
        loadAbove(minusInfinity);
    }

    /// A little more than min-p leaves: it is asked once more, in double.
    void loadAboveMinP()
    {
        const double lowest = m_row.highest() + m_temperature * lowestByMinP();
        const float near =
            static_cast<float>(std::max(lowest, double{std::numeric_limits<float>::lowest()}));
        loadAbove(std::nextafter(std::nextafter(near, minusInfinity), minusInfinity));
    }

    /// The smallest set of the best whose mass reaches top-p, if that is certain: float32 weights
    /// tell the whole mass to a few parts in 10 million, and among few tokens.
    bool loadTopP()
    {
        const ScaledSummary row = m_row.scaled(m_temperature);
        const double least = m_settings.topP * row.mass * (1 - massTolerance);
        const double most = m_settings.topP * row.mass * (1 + massTolerance);
        for (std::size_t count = 128; count <= mostTaken(); count *= 4) {
            takeBest(m_row, count, m_tokens);
            m_maximum = double{row.maximum};
            double reached = 0;
            for (std::size_t i = 0; i < m_tokens.size(); ++i) {
                reached += weight(m_tokens[i]);
                if (reached < least)
                    continue;
                if (reached < most)
                    return false;
                m_tokens.resize(i + 1);
                m_loaded = m_sorted = m_reachedTopP = true;
                return true;
            }
            if (count >= m_logits.size())
                return false;
        }
        return false;
    }

    void findMaximum()
    {
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
        case Filter::TopNSigma:
            return m_settings.topNSigma > 0;
        case Filter::Typical:
            return m_settings.typicalP < 1;
        }
        return false;
    }

    /// ln of the probability over that of the most probable token that is left.
    [[nodiscard]] double logWeight(const WeightedToken& token) const
    {
        return (token.probability - m_maximum) / m_temperature;
    }
    [[nodiscard]] double weight(const WeightedToken& token) const
    {
        return std::exp(logWeight(token));
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
        if (m_settings.topP >= 1 || m_reachedTopP)
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

    [[nodiscard]] double lowestByMinP() const { return std::log(std::min(m_settings.minP, 1.0)); }

    void keepMinP()
    {
        if (!(m_settings.minP > 0))
            return;
        const double lowest = lowestByMinP();
        std::erase_if(m_tokens,
                      [&](const WeightedToken& token) { return logWeight(token) < lowest; });
    }

    void keepTopNSigma()
    {
        if (!(m_settings.topNSigma > 0) || m_tokens.empty())
            return;
        // From the maximum, so that large logits lose no digits.
        const auto count = static_cast<double>(m_tokens.size());
        double mean = 0;
        for (const WeightedToken& token : m_tokens)
            mean += (token.probability - m_maximum) / count;
        double variance = 0;
        for (const WeightedToken& token : m_tokens) {
            const double off = token.probability - m_maximum - mean;
            variance += off * off / count;
        }
        const double lowest = -m_settings.topNSigma * std::sqrt(variance);
        std::erase_if(m_tokens, [&](const WeightedToken& token) {
            return token.probability - m_maximum < lowest;
        });
    }

    /// With u = ln of the weight, -ln p = ln sum - u and H = ln sum - mean u: their distance is
    /// that of u from its mean.
    void keepTypical()
    {
        if (m_settings.typicalP >= 1 || m_tokens.empty())
            return;
        double sum = 0;
        double mean = 0;
        for (const WeightedToken& token : m_tokens)
            if (const double w = weight(token); w > 0) {
                sum += w;
                mean += w * logWeight(token);
            }
        mean /= sum;
        struct Deviation
        {
            double distance;
            TokenId id;
            double weight;
        };
        std::vector<Deviation> deviations;
        deviations.reserve(m_tokens.size());
        for (const WeightedToken& token : m_tokens)
            if (const double w = weight(token); w > 0)
                deviations.push_back({std::abs(logWeight(token) - mean), token.id, w});
        const auto before = [](const Deviation& a, const Deviation& b) {
            return a.distance != b.distance ? a.distance < b.distance : a.id < b.id;
        };
        const double wanted = m_settings.typicalP * sum;
        // The set is most often small: sort only as far as it reaches.
        double reached = 0;
        std::size_t last = 0;
        std::size_t end = 0;
        const auto at = [&](std::size_t i) {
            return deviations.begin() + static_cast<std::ptrdiff_t>(i);
        };
        while (true) {
            if (last == end) {
                end = std::min(deviations.size(), std::max<std::size_t>(128, 4 * end));
                std::nth_element(at(last), at(end), deviations.end(), before);
                std::sort(at(last), at(end), before);
            }
            reached += deviations[last].weight;
            if (reached >= wanted || last + 1 == deviations.size())
                break;
            ++last;
        }
        const Deviation farthest = deviations[last];
        std::erase_if(m_tokens, [&](const WeightedToken& token) {
            const double w = weight(token);
            return !(w > 0) || before(farthest, {std::abs(logWeight(token) - mean), token.id, w});
        });
        findMaximum();
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

    LogitsPass& m_row;
    std::span<const float> m_logits;
    Distribution& m_out;
    std::vector<WeightedToken>& m_tokens;
    const SamplingSettings& m_settings;
    bool m_loaded = false;
    bool m_reachedTopP = false; // while it was loaded
    bool m_sorted = false;      // by rank; else by id
    double m_maximum = 0;
    double m_temperature = 1; // 1 until it is applied
};

} // namespace

const FilterOrder& softThinkingOrder()
{
    static const FilterOrder order{Filter::TopNSigma, Filter::Temperature, Filter::TopK,
                                   Filter::Typical,   Filter::TopP,        Filter::MinP};
    return order;
}

std::vector<std::string> filterNames()
{
    std::vector<std::string> names;
    for (const auto& [filter, word] : namedFilters)
        names.emplace_back(word);
    return names;
}

Result<FilterOrder> parseFilterOrder(std::string_view text)
{
    FilterOrder order;
    std::string problem;
    for (std::string_view rest = text; problem.empty();) {
        const auto comma = rest.find(',');
        const std::string_view word = trimmed(rest.substr(0, comma));
        const auto found = std::find_if(namedFilters.begin(), namedFilters.end(),
                                        [&](const auto& entry) { return entry.second == word; });
        if (found == namedFilters.end())
            problem = "there is no filter '" + std::string(word) + "'";
        else if (std::find(order.begin(), order.end(), found->first) != order.end())
            problem = std::string(word) + " is named twice";
        else
            order.push_back(found->first);
        if (comma == std::string_view::npos)
            break;
        rest = rest.substr(comma + 1);
    }
    if (problem.empty() &&
        std::find(order.begin(), order.end(), Filter::Temperature) == order.end())
        problem = "temperature is missing";
    if (problem.empty())
        return order;
    std::string known;
    for (const auto& [filter, word] : namedFilters)
        known += (known.empty() ? "" : ", ") + std::string(word);
    return failure(ErrorCode::InvalidArgument,
                   "A filter order names temperature and any of the other filters, each at most "
                   "once, with commas between them (" +
                       known + "); it cannot be '" + std::string(text) + "': " + problem + ".");
}

std::string name(const FilterOrder& order)
{
    std::string text;
    for (const Filter filter : order) {
        if (!text.empty())
            text += ',';
        for (const auto& [value, word] : namedFilters)
            if (value == filter)
                text += word;
    }
    return text;
}

void Distribution::clear()
{
    tokens.clear();
    tailSize = 0;
    rest.logits.clear();
}

void Distribution::complete()
{
    if (isComplete())
        return;
    const SamplingSettings whole{.temperature = rest.temperature, .order = {Filter::Temperature}};
    LogitsPass row(rest.logits);
    Support support(row, whole, *this);
    support.apply(Filter::Temperature);
    support.finish();
    rest.logits.clear();
}

double Distribution::entropy() const
{
    if (!isComplete())
        return rest.entropy;
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
    if (!isComplete())
        return id.index() < rest.logits.size() && std::isfinite(rest.logits[id.index()])
                   ? std::exp((rest.logits[id.index()] - rest.maximum) / rest.temperature) /
                         rest.mass
                   : 0;
    const auto found =
        std::lower_bound(tail, tokens.end(), id, [](const WeightedToken& token, TokenId wanted) {
            return token.id < wanted;
        });
    return found != tokens.end() && found->id == id ? found->probability : 0;
}

void filterLogits(LogitsPass& row, const SamplingSettings& settings, Distribution& out)
{
    out.clear();
    if (settings.temperature == 0) {
        takeBest(row, 1, out.tokens);
        for (WeightedToken& token : out.tokens)
            token.probability = 1;
        return;
    }
    Support support(row, settings, out);
    for (const Filter filter : settings.order)
        support.apply(filter);
    if (!support.isWhole() || !support.finishWithRest())
        support.finish();
}

TokenId draw(const Distribution& distribution, double u)
{
    // So near to a bound between two tokens only the exact probabilities tell which it is.
    const double unsure = distribution.isComplete() ? 0 : massTolerance;
    double reached = 0;
    for (const WeightedToken& token : distribution.tokens) {
        if (u < reached + unsure && reached > 0)
            break;
        reached += token.probability;
        if (u < reached - unsure)
            return token.id;
    }
    if (!distribution.isComplete()) {
        Distribution all = distribution;
        all.complete();
        return draw(all, u);
    }
    // The sum may stay a rounding error below 1.
    return distribution.tokens.back().id;
}

} // namespace halftone
