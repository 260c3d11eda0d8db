#include "tokenizer/postprocessor_p.h"

#include "format/text_p.h"

#include <nlohmann/json.hpp>

namespace halftone {

namespace {

using nlohmann::json;

class Reader
{
public:
    Reader(std::int64_t highestId, Problem& problem)
        : m_highestId(highestId)
        , m_problem(problem)
    {
    }

    PostProcessor read(const json& value, const std::string& where)
    {
        if (!isObject(value, where, m_problem))
            return {};
        const JsonFields fields(value, where, m_problem);
        const std::string type = fields.type();
        if (type == "TemplateProcessing")
            return readTemplate(fields);
        if (type == "BertProcessing" || type == "RobertaProcessing")
            return {{readPair(fields, "cls")}, {readPair(fields, "sep")}};
        if (type == "Sequence")
            return readSequence(fields);
        if (type != "ByteLevel")
            fields.unsupported("type", type);
        return {};
    }

private:
    PostProcessor readTemplate(const JsonFields& fields)
    {
        PostProcessor result;
        const json* parts = fields.list("single");
        bool textSeen = false;
        for (std::size_t i = 0; parts && i < parts->size(); ++i) {
            const std::string where = elementOf(fields.whereOf("single"), i);
            const json& part = (*parts)[i];
            if (!isObject(part, where, m_problem))
                return {};
            const JsonFields partFields(part, where, m_problem);
            if (const json* token = partFields.find("SpecialToken")) {
                const std::string tokenWhere = partFields.whereOf("SpecialToken");
                if (!isObject(*token, tokenWhere, m_problem))
                    return {};
                const std::string name = JsonFields(*token, tokenWhere, m_problem).text("id");
                appendSpecial(fields, name, textSeen ? result.after : result.before);
            } else if (partFields.find("Sequence") && !textSeen) {
                textSeen = true;
            } else {
                m_problem.report(ErrorCode::Unsupported,
                                 where + " should be a SpecialToken or the text's one Sequence.");
            }
        }
        if (parts && !textSeen)
            m_problem.report(ErrorCode::Unsupported,
                             fields.whereOf("single") + " has no place for the text.");
        return result;
    }

    void appendSpecial(const JsonFields& fields, const std::string& name, std::vector<TokenId>& to)
    {
        const json* tokens = fields.find("special_tokens");
        const std::string where = fields.whereOf("special_tokens");
        if (!tokens || !isObject(*tokens, where, m_problem)) {
            fields.wrongKind("special_tokens", "an object");
            return;
        }
        const auto entry = tokens->find(name);
        if (entry == tokens->end()) {
            m_problem.report(ErrorCode::InvalidInput,
                             where + " lacks " + inQuotes(name) + ", which the template uses.");
            return;
        }
        const std::string entryWhere = where + "[" + inQuotes(name) + "]";
        if (!isObject(*entry, entryWhere, m_problem))
            return;
        const JsonFields entryFields(*entry, entryWhere, m_problem);
        const json* ids = entryFields.list("ids");
        for (std::size_t i = 0; ids && i < ids->size(); ++i)
            to.push_back(idOf((*ids)[i], elementOf(entryFields.whereOf("ids"), i)));
    }

    /// ["</s>", 2]
    TokenId readPair(const JsonFields& fields, std::string_view key)
    {
        const json* pair = fields.list(key);
        if (!pair)
            return {};
        if (pair->size() != 2) {
            fields.wrongKind(key, "a token and its id");
            return {};
        }
        return idOf((*pair)[1], elementOf(fields.whereOf(key), 1));
    }

    PostProcessor readSequence(const JsonFields& fields)
    {
        PostProcessor result;
        const json* list = fields.list("processors");
        for (std::size_t i = 0; list && i < list->size(); ++i) {
            PostProcessor step = read((*list)[i], elementOf(fields.whereOf("processors"), i));
            // Each goes around what those before it made.
            step.before.insert(step.before.end(), result.before.begin(), result.before.end());
            result.before = std::move(step.before);
            result.after.insert(result.after.end(), step.after.begin(), step.after.end());
        }
        return result;
    }

    TokenId idOf(const json& value, const std::string& where)
    {
        if (value.is_number_unsigned() &&
            value.get<std::uint64_t>() <= static_cast<std::uint64_t>(m_highestId))
            return TokenId{value.get<std::int32_t>()};
        m_problem.report(ErrorCode::InvalidInput,
                         where + " should be an id from 0 to " + std::to_string(m_highestId) +
                             ", but is " +
                             (value.is_number() ? value.dump() : std::string(kindOf(value))) + ".");
        return {};
    }

    std::int64_t m_highestId;
    Problem& m_problem;
};

} // namespace

PostProcessor readPostProcessor(const json& value, const std::string& where,
                                std::size_t vocabularySize, Problem& problem)
{
    return Reader(static_cast<std::int64_t>(vocabularySize) - 1, problem).read(value, where);
}

} // namespace halftone
