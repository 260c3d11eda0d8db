// Speculative Thinking as its authors describe it, written a second time: who writes what, one
// paragraph after another, in float64 and with no step rule.
#pragma once

#include "engine/session.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace halftone::test {

struct Written
{
    int id = 0;
    int model = 0; // 0 the weak one, 1 the strong one
    bool forced = false;
    bool operator==(const Written&) const = default;
};

[[nodiscard]] std::vector<Written> writtenBy(const Session&);

class SpeculativeReference
{
public:
    /// The logits after a text of ids, prompt and all.
    using Model = std::function<std::vector<float>(const std::vector<int>& text)>;

    SpeculativeReference(Model weak, Model strong, std::vector<int> prompt);

    std::uint64_t seed = 0;
    std::size_t length = 0; // steps in all
    double temperature = 1; // nothing is filtered
    int delimiter = 0;      // words are tokens here
    std::vector<int> affirming, doubting, verifying;
    std::vector<int> recapText;
    int turnLength = 3;
    int verifyLength = 2;
    int recapAfter = 2, recapAfterMost = 3;   // one more each time
    int recapLength = 4, recapLengthMost = 5; // likewise
    bool everyDelimiter = false;
    bool keepAgreed = false;

    std::vector<Written> write();
    std::map<std::string, int> used; // how often each thing happened

private:
    [[nodiscard]] bool full() const { return m_written.size() >= length; }
    void put(int id, int model, bool forced = false);
    [[nodiscard]] int draw(const Model&, std::uint32_t stream) const;
    [[nodiscard]] std::vector<int> drafted(const Model&, std::uint32_t number);
    std::vector<int> strong(int steps);
    void lookBack(int steps);
    [[nodiscard]] int leaning(const std::vector<int>& ids) const;

    Model m_weak, m_strong;
    std::vector<int> m_text; // with the prompt
    std::vector<Written> m_written;
};

} // namespace halftone::test
