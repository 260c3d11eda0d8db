// A small world for the tests of SwiReasoning: forty tokens, and rows of logits that are open or
// sure.
#pragma once

#include "referencesampling.h"
#include "rulerunner.h"

#include <cmath>
#include <string>
#include <vector>

namespace halftone::test::swi {

inline constexpr TokenId end{0};
inline constexpr TokenId think{1};
inline constexpr TokenId endThink{2};
inline constexpr TokenId newline{3};
inline constexpr TokenId backslashN{4};
inline constexpr TokenId seven{5};
inline constexpr TokenId frac{6};
inline constexpr TokenId word{7};
inline constexpr int vocabulary = 40;

inline const std::vector<TokenId> finalIds{endThink, word, TokenId{8}};

/// Forty tokens; those from 7 on are words.
inline ModeContext worldContext()
{
    static const ModelIdentity model = [] {
        ModelIdentity identity;
        identity.vocabularySize = vocabulary;
        return identity;
    }();
    static const TokenTable tokens = [] {
        std::vector<std::string> pieces{"<e>", "<think>", "</think>", "\n", "\\n", "7", "\\frac"};
        while (pieces.size() < vocabulary)
            pieces.push_back("word" + std::to_string(pieces.size()));
        return TokenTable(std::move(pieces), "");
    }();
    const auto encode = [](std::string_view text) -> Result<std::vector<TokenId>> {
        return text == "</think>" ? std::vector{endThink} : finalIds;
    };
    return {{think, endThink, {end}}, encode, &model, &tokens};
}

inline std::vector<double> weightsOf(const Decision& decision)
{
    std::vector<double> weights(vocabulary, 0);
    if (!decision.dense.empty())
        return {decision.dense.begin(), decision.dense.end()};
    for (std::size_t i = 0; i < decision.input.ids.size(); ++i)
        weights[decision.input.ids[i].index()] = double{decision.input.weights[i]};
    return weights;
}

inline bool isToken(const Decision& decision, TokenId id)
{
    return decision.input == StepInput::token(id);
}

/// `mass` on token `id`, the rest evenly on all others.
inline std::vector<float> peak(TokenId id, double mass)
{
    std::vector<float> logits(vocabulary,
                              static_cast<float>(std::log((1 - mass) / (vocabulary - 1))));
    logits[id.index()] = static_cast<float>(std::log(mass));
    return logits;
}

inline const std::vector<float> open = peak(word, 0.1);
inline const std::vector<float> sure = peak(word, 0.95);

/// Tokens are drawn greedily, so that a test knows them.
inline ParameterValues greedyWith(ParameterValues values)
{
    values.emplace("temperature", 0.0);
    return values;
}

} // namespace halftone::test::swi
