// Runs for tests of views, written as readable text: one token a word, numbers that follow from
// what is written.
#pragma once

#include "trace/runinfo.h"
#include "trace/steprecord.h"
#include "trace/tokentable.h"

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace halftone::ui {
class RunDocument;
}

namespace halftone::test {

/// Gives every distinct piece an id, in the order of their coming.
class SampleTrace
{
public:
    explicit SampleTrace(std::string joiner = {});

    /// A decision for one token: raw probability `p`, the rest of the mass on one other token; its
    /// entropy is that distribution's.
    StepRecord& token(std::string_view piece, double p = 0.9, Phase phase = Phase::Answer);
    /// A soft step that feeds these weights, which are its raw probabilities too.
    StepRecord& mixture(std::initializer_list<std::pair<std::string_view, float>> parts,
                        Phase phase = Phase::Think);
    /// Many tokens at once: pieces in turn, until there are `count` steps.
    void repeat(std::initializer_list<std::string_view> pieces, std::int64_t count);
    void prompt(std::initializer_list<std::string_view> pieces);
    [[nodiscard]] TokenId id(std::string_view piece);

    [[nodiscard]] std::shared_ptr<const TokenTable> tokens() const;
    /// Opens all steps so far; later ones come with append().
    void openIn(ui::RunDocument&, bool live = false);
    /// Appends the steps that came since.
    void appendTo(ui::RunDocument&);

    RunInfo info;
    std::vector<StepRecord> steps;

private:
    StepRecord& add(Phase phase);

    std::string m_joiner;
    std::vector<std::string> m_pieces;
    std::size_t m_given = 0;
};

} // namespace halftone::test
