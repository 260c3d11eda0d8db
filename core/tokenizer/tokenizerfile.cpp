#include "tokenizer/tokenizerfile_p.h"

#include "format/text_p.h"
#include "tokenizer/jsonfields_p.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

namespace halftone {

namespace {

using nlohmann::json;

constexpr std::size_t deepest = 64;
constexpr std::size_t mostValues = 4'000'000; // of the tree

/// Takes nlohmann's events. model.vocab and model.merges go to lists; what no reader looks at is
/// passed over; the rest becomes a tree. Returning false ends the parse.
class Events
{
public:
    explicit Events(TokenizerFile& file)
        : m_file(file)
    {
    }

    [[nodiscard]] const Problem& problem() const { return m_problem; }

    bool null() { return scalar(json(nullptr)); }
    bool boolean(bool value) { return scalar(json(value)); }
    bool number_integer(json::number_integer_t value) { return scalar(json(value)); }
    bool number_unsigned(json::number_unsigned_t value)
    {
        if (m_part == Part::Vocabulary && value <= highestId) {
            m_file.vocabulary.push_back({std::move(m_key), static_cast<std::int64_t>(value)});
            return true;
        }
        return scalar(json(value));
    }
    bool number_float(json::number_float_t value, const std::string&)
    {
        return scalar(json(value));
    }
    bool binary(json::binary_t&) { return false; }

    bool string(std::string& value)
    {
        if (m_part == Part::Merges)
            return splitMerge(value);
        if (m_part == Part::MergePair) {
            m_pair.push_back(std::move(value));
            return m_pair.size() <= 2 || wrongMerge();
        }
        return scalar(json(std::move(value)));
    }

    bool key(std::string& value)
    {
        m_key = std::move(value);
        return true;
    }

    bool start_object(std::size_t)
    {
        if (!enter())
            return false;
        if (m_part == Part::Tree && inModel() && m_key == "vocab") {
            m_part = Part::Vocabulary;
            m_file.hasVocabulary = true;
            return true;
        }
        return open(json::object());
    }

    bool start_array(std::size_t)
    {
        if (!enter())
            return false;
        if (m_part == Part::Tree && inModel() && m_key == "merges") {
            m_part = Part::Merges;
            m_file.hasMerges = true;
            return true;
        }
        if (m_part == Part::Merges) {
            m_part = Part::MergePair;
            m_pair.clear();
            return true;
        }
        return open(json::array());
    }

    bool end_object() { return leave(); }
    bool end_array() { return leave(); }

    bool parse_error(std::size_t position, const std::string&, const json::exception&)
    {
        m_problem.report(ErrorCode::InvalidInput, "it is not JSON: what stands at byte " +
                                                      std::to_string(position) +
                                                      " cannot be there.");
        return false;
    }

private:
    enum class Part
    {
        Tree,
        Vocabulary,
        Merges,
        MergePair,
        Skipped, // m_skipDepth containers deep
    };

    static constexpr json::number_unsigned_t highestId =
        std::numeric_limits<std::int32_t>::max() - 1;

    [[nodiscard]] bool inModel() const { return m_open.size() == 2 && m_topKey == "model"; }

    /// Whether a reader looks at what the current key of the current object holds.
    [[nodiscard]] bool isRead() const
    {
        constexpr const char* parts[] = {"added_tokens",   "normalizer", "pre_tokenizer",
                                         "post_processor", "decoder",    "model"};
        if (m_open.size() == 1)
            return std::any_of(std::begin(parts), std::end(parts),
                               [this](const char* part) { return m_key == part; });
        // A vocabulary that is a list belongs to a model that is refused by its type.
        return !(inModel() && m_key == "vocab");
    }

    bool enter()
    {
        if (++m_depth <= deepest)
            return true;
        m_problem.report(ErrorCode::InvalidInput,
                         "it is nested deeper than " + std::to_string(deepest) + " levels.");
        return false;
    }

    bool open(json container)
    {
        if (m_part == Part::Vocabulary)
            return wrongId(container);
        if (m_part == Part::MergePair)
            return wrongMerge();
        if (m_part == Part::Merges)
            return wrongMerge();
        if (m_part == Part::Skipped) {
            ++m_skipDepth;
            return true;
        }
        if (!m_open.empty() && !isRead()) {
            m_part = Part::Skipped;
            m_skipDepth = 1;
            return true;
        }
        if (m_open.size() == 1)
            m_topKey = m_key;
        json* placed = place(std::move(container));
        if (placed)
            m_open.push_back(placed);
        return placed != nullptr;
    }

    bool leave()
    {
        --m_depth;
        switch (m_part) {
        case Part::Tree:
            m_open.pop_back();
            break;
        case Part::Vocabulary:
        case Part::Merges:
            m_part = Part::Tree;
            break;
        case Part::MergePair:
            m_part = Part::Merges;
            if (m_pair.size() != 2)
                return wrongMerge();
            m_file.merges.push_back({std::move(m_pair[0]), std::move(m_pair[1])});
            break;
        case Part::Skipped:
            if (--m_skipDepth == 0)
                m_part = Part::Tree;
            break;
        }
        return true;
    }

    bool scalar(json value)
    {
        switch (m_part) {
        case Part::Vocabulary:
            return wrongId(value);
        case Part::Merges:
        case Part::MergePair:
            return wrongMerge();
        case Part::Skipped:
            return true;
        case Part::Tree:
            break;
        }
        if (m_open.empty()) // a scalar as the whole file
            m_file.root = std::make_unique<json>(std::move(value));
        else if (isRead() || inModel())
            return place(std::move(value)) != nullptr;
        return true;
    }

    /// Puts a value where the parse stands; null when the tree has grown too large.
    json* place(json value)
    {
        if (++m_values > mostValues) {
            m_problem.report(ErrorCode::InvalidInput, "it holds more than " +
                                                          std::to_string(mostValues) +
                                                          " values beside the vocabulary.");
            return nullptr;
        }
        if (m_open.empty()) {
            m_file.root = std::make_unique<json>(std::move(value));
            return m_file.root.get();
        }
        json& parent = *m_open.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        json& slot = parent[m_key];
        slot = std::move(value);
        return &slot;
    }

    bool wrongId(const json& value)
    {
        std::string sentence = "model.vocab gives " + inQuotes(m_key);
        if (value.is_number())
            sentence.append(" the id ").append(value.dump());
        else
            sentence.append(" ").append(kindOf(value)).append(" for an id");
        sentence += "; ids are whole numbers from 0 to " + std::to_string(highestId) + ".";
        m_problem.report(ErrorCode::InvalidInput, std::move(sentence));
        return false;
    }

    bool wrongMerge()
    {
        m_problem.report(ErrorCode::InvalidInput,
                         elementOf("model.merges", m_file.merges.size()) +
                             " should be two tokens, as \"a b\" or [\"a\", \"b\"].");
        return false;
    }

    bool splitMerge(const std::string& text)
    {
        if (text.starts_with("#version"))
            return true;
        const std::size_t space = text.find(' ');
        if (space == std::string::npos || space == 0 || space + 1 == text.size() ||
            text.find(' ', space + 1) != std::string::npos)
            return wrongMerge();
        m_file.merges.push_back({text.substr(0, space), text.substr(space + 1)});
        return true;
    }

    TokenizerFile& m_file;
    Problem m_problem;
    Part m_part = Part::Tree;
    std::vector<json*> m_open; // of the tree, from the root
    std::string m_key;         // the last one read
    std::string m_topKey;      // of the root, where the parse is
    std::vector<std::string> m_pair;
    std::size_t m_depth = 0;
    std::size_t m_skipDepth = 0;
    std::size_t m_values = 0;
};

} // namespace

TokenizerFile::TokenizerFile() = default;
TokenizerFile::~TokenizerFile() = default;
TokenizerFile::TokenizerFile(TokenizerFile&&) noexcept = default;
TokenizerFile& TokenizerFile::operator=(TokenizerFile&&) noexcept = default;

Result<TokenizerFile> parseTokenizerFile(std::string_view text)
{
    if (text.empty())
        return failure(ErrorCode::InvalidInput, "it is empty.");
    TokenizerFile file;
    Events events(file);
    const bool done = json::sax_parse(text, &events);
    if (events.problem().found())
        return Unexpected(events.problem().error());
    if (!done || !file.root)
        return failure(ErrorCode::InvalidInput, "it is not JSON.");
    if (!file.root->is_object())
        return failure(ErrorCode::InvalidInput, "it should hold an object, but holds " +
                                                    std::string(kindOf(*file.root)) + ".");
    return file;
}

} // namespace halftone
