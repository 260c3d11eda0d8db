#include "tokenizer/decoder_p.h"

#include "tokenizer/bytelevel_p.h"
#include "tokenizer/pretokenizer_p.h"

#include <nlohmann/json.hpp>

namespace halftone {

namespace {

using nlohmann::json;

/// A step that treats every token alike.
class TokenwiseStep : public DecoderStep
{
public:
    void apply(std::vector<DecoderPiece>& pieces, Work& work) const override
    {
        for (DecoderPiece& piece : pieces) {
            if (!piece.literal)
                applyAnywhere(piece.text, work);
        }
    }
};

class ByteLevel : public TokenwiseStep
{
public:
    void applyAnywhere(std::string& token, Work&) const override
    {
        if (std::optional<std::string> bytes = bytesFromByteLevel(token))
            token = std::move(*bytes);
    }
};

class ByteFallback : public TokenwiseStep
{
public:
    void applyAnywhere(std::string& token, Work&) const override
    {
        if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>')
            return;
        const int high = valueOf(token[3]);
        const int low = valueOf(token[4]);
        if (high >= 0 && low >= 0)
            token.assign(1, static_cast<char>(high * 16 + low));
    }

private:
    static int valueOf(char digit)
    {
        if (digit >= '0' && digit <= '9')
            return digit - '0';
        if (digit >= 'A' && digit <= 'F')
            return digit - 'A' + 10;
        return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
    }
};

class Replace : public TokenwiseStep
{
public:
    Replace(Pattern pattern, std::string content)
        : m_pattern(std::move(pattern))
        , m_content(std::move(content))
    {
    }
    void applyAnywhere(std::string& token, Work& work) const override
    {
        PatternSearch(m_pattern, work).replaceAll(token, m_content);
    }

private:
    Pattern m_pattern;
    std::string m_content;
};

class Metaspace : public TokenwiseStep
{
public:
    explicit Metaspace(MetaspaceSettings settings)
        : m_marker(Pattern::literal(settings.replacement))
        , m_prepends(settings.prepend != MetaspaceSettings::Prepend::Never)
    {
    }
    void applyAnywhere(std::string& token, Work& work) const override
    {
        PatternSearch(m_marker, work).replaceAll(token, " ");
    }
    void apply(std::vector<DecoderPiece>& pieces, Work& work) const override
    {
        // The first token's markers were put there by the pre-tokenizer.
        if (m_prepends && !pieces.empty() && !pieces.front().literal)
            PatternSearch(m_marker, work).replaceAll(pieces.front().text, "");
        TokenwiseStep::apply(pieces, work);
    }

private:
    Pattern m_marker;
    bool m_prepends;
};

class Fuse : public DecoderStep
{
public:
    void applyAnywhere(std::string&, Work&) const override {}
    void apply(std::vector<DecoderPiece>& pieces, Work&) const override
    {
        std::string text;
        for (const DecoderPiece& piece : pieces)
            text += piece.text;
        pieces.assign(1, {std::move(text), false});
    }
    [[nodiscard]] bool fuses() const override { return true; }
};

class Strip : public TokenwiseStep
{
public:
    Strip(std::string content, std::size_t start, std::size_t stop)
        : m_content(std::move(content))
        , m_start(start)
        , m_stop(stop)
    {
    }
    void applyAnywhere(std::string& token, Work&) const override
    {
        const std::size_t size = m_content.size();
        std::size_t begin = 0;
        for (std::size_t i = 0; i < m_start && token.compare(begin, size, m_content) == 0; ++i)
            begin += size;
        std::size_t end = token.size();
        for (std::size_t i = 0;
             i < m_stop && end >= begin + size && token.compare(end - size, size, m_content) == 0;
             ++i)
            end -= size;
        token = token.substr(begin, end - begin);
    }

private:
    std::string m_content;
    std::size_t m_start;
    std::size_t m_stop;
};

using Steps = std::vector<std::unique_ptr<const DecoderStep>>;

std::unique_ptr<const DecoderStep> readStrip(const JsonFields& fields)
{
    constexpr std::int64_t most = 1'000'000;
    const std::string content = fields.text("content");
    if (content.empty())
        fields.wrongKind("content", "one character");
    return std::make_unique<Strip>(content, static_cast<std::size_t>(fields.number("start", most)),
                                   static_cast<std::size_t>(fields.number("stop", most)));
}

void readSteps(const json& value, const std::string& where, Problem& problem, Steps& steps)
{
    if (!isObject(value, where, problem))
        return;
    const JsonFields fields(value, where, problem);
    const std::string type = fields.type();
    if (type == "Sequence") {
        const json* list = fields.list("decoders");
        for (std::size_t i = 0; list && i < list->size(); ++i)
            readSteps((*list)[i], elementOf(fields.whereOf("decoders"), i), problem, steps);
    } else if (type == "ByteLevel") {
        steps.push_back(std::make_unique<ByteLevel>());
    } else if (type == "ByteFallback") {
        steps.push_back(std::make_unique<ByteFallback>());
    } else if (type == "Metaspace") {
        steps.push_back(std::make_unique<Metaspace>(readMetaspace(fields)));
    } else if (type == "Replace") {
        steps.push_back(
            std::make_unique<Replace>(Pattern::read(fields, "pattern"), fields.text("content")));
    } else if (type == "Fuse") {
        steps.push_back(std::make_unique<Fuse>());
    } else if (type == "Strip") {
        steps.push_back(readStrip(fields));
    } else {
        fields.unsupported("type", type);
    }
}

} // namespace

Decoder::Decoder(Steps steps)
    : m_steps(std::move(steps))
{
}

Decoder Decoder::read(const json& value, const std::string& where, Problem& problem)
{
    Steps steps;
    readSteps(value, where, problem, steps);
    if (steps.empty())
        steps.push_back(std::make_unique<Fuse>()); // an empty Sequence still joins without spaces
    return Decoder(std::move(steps));
}

std::string Decoder::decode(std::vector<DecoderPiece> pieces) const
{
    std::size_t bytes = 0;
    for (const DecoderPiece& piece : pieces)
        bytes += piece.text.size();
    // Where a pattern gives up, what is left reads as the vocabulary writes it.
    Work work(bytes);
    for (const auto& step : m_steps)
        step->apply(pieces, work);
    std::string text;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (i > 0)
            text += joiner();
        text += pieces[i].text;
    }
    return text;
}

std::string Decoder::pieceOf(std::string token, Work& work) const
{
    for (const auto& step : m_steps) {
        // What follows concerns the ends of the whole text, which this token is not.
        if (step->fuses())
            break;
        step->applyAnywhere(token, work);
    }
    return token;
}

} // namespace halftone
