// The graph that a prompt's text describes, for views that show where a model could be at each hop
// of its thinking. Two forms, as the generators (generators.h) and ProsQA write them; other text
// before and behind, think markers and chat templates included, does no harm:
//
//   sentences  "Max is a zorp. Every zorp is a lemp. … Is Max a gorp or a blin?", also "… or
//   blin?";
//              of several questions the last, with the facts since the one before
//   walk       "a b . c d . from a"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace halftone {

struct PromptGraph
{
    enum class Form : std::uint8_t
    {
        Walk,
        Sentences
    };
    Form form = Form::Walk;
    /// As in TaskItem: by hop from 0, in the order in which the text first names them. A walk's go
    /// on to the last node that is reached; those of sentences end with the hop of the choice that
    /// is reached, the nearer one if both are.
    std::vector<std::vector<std::string>> frontier;
    std::vector<std::vector<std::string>> optimal; // empty for a walk: every way is right
    /// All that an arrow begins or ends at, reached or not, in the order of the text.
    std::vector<std::string> nodes;
    bool operator==(const PromptGraph&) const = default;
};

/// None for a text without such a graph, with a question none of whose choices is reached, or of
/// more than a megabyte or 10,000 arrows. What goes in circles ends after 64 hops.
[[nodiscard]] std::optional<PromptGraph> promptGraph(std::string_view prompt);

/// Which hop a thinking step is about, by the text of the thinking: its words, not the number of
/// its tokens. Marks such as </think> and punctuation are no words.
///
///   walk       the n-th word is hop n
///   sentences  of the n-th sentence the object, which follows "is a", is hop n; the subject, which
///              follows "Every" or begins the first sentence, is hop n - 1. Other words have none.
///
/// A thought without words, such as a hidden state, stands for a word of a walk and for a sentence.
class HopReader
{
public:
    /// `wholeWords`: every token is a word of its own, whatever stands around it.
    HopReader(PromptGraph::Form, bool wholeWords);

    struct Place
    {
        std::optional<int> hop;
        std::string begun; // what the text has of the word already, when the token goes on with it
    };
    /// Reads what a step adds to the text and says where its word stands.
    Place read(std::string_view token);
    Place readThought();

private:
    [[nodiscard]] std::optional<int> hopOfNextWord() const;
    void endWord();
    void endSentence();

    PromptGraph::Form m_form;
    bool m_wholeWords;
    int m_sentences = 0; // that have ended
    int m_words = 0;     // that have ended, of the walk or of the sentence
    std::string m_word;  // that has not ended
    std::string m_last;  // the word before it, lower-case
    std::string m_beforeLast;
    bool m_inMark = false;
};

} // namespace halftone
