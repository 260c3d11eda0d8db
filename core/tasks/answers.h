// Whether an answer is right: what a set's authors take as the answer of a text, and when they take
// two answers as the same. Nothing is refused: what cannot be read is no answer, and wrong.
#pragma once

#include "tasks/task.h"

#include <optional>
#include <string_view>

namespace halftone {

/// The answer that `text` gives, which is what a model wrote after the prompt, or its answer alone.
/// What stands before the last </think> is no answer; a caller that knows that thinking never ended
/// passes an empty text. Special tokens at the end (</s>, <|im_end|>) are left out.
///
///   LastWord    the last word, without punctuation around it
///   Hashes      the number after the first "####" that has one, without $ and commas, as GSM8K's
///               authors search for it; where there is none, after the last "###" (Coconut)
///   Boxed       what the last \boxed or, where there is none, \fbox holds
///   YesNo       "yes" or "no", whichever stands first
///   Sequence    all words, without punctuation
///   Expression  of the last <answer>, or the last line that has one, the arithmetic expression
///   that
///               ends it; "= 24" behind it is left out
[[nodiscard]] std::optional<std::string> extractAnswer(AnswerRule, std::string_view text);

/// Whether two extracted answers are the same.
///
/// Numbers are compared exactly: 1,000 = 1000.0 = 1e3, 1/2 = 0.5; words without regard to case.
/// Boxed answers are compared as MATH's authors do, after \left, \right, \text, spaces, degrees,
/// units, "$" and percent signs were left out, so 50\% is 50 there and nowhere else; their parts
/// (tuples, intervals, lists, matrices) one by one; and beyond their rules by exact value where
/// both are arithmetic (\frac12 = 0.5, 2^{3} = 8). Expressions are the same when they have the same
/// value and the same numbers, each as often.
[[nodiscard]] bool sameAnswer(AnswerRule, std::string_view answer, std::string_view reference);

struct Verdict
{
    std::optional<std::string> answer;
    bool right = false;
};

/// Against the reference and the other accepted answers.
[[nodiscard]] Verdict checkAnswer(const TaskItem&, AnswerRule, std::string_view text);

} // namespace halftone
