#include "tokenizer/tokenizer.h"

#include "format/text_p.h"
#include "tokenizer/addedtokens_p.h"
#include "tokenizer/decoder_p.h"
#include "tokenizer/normalizer_p.h"
#include "tokenizer/postprocessor_p.h"
#include "tokenizer/pretokenizer_p.h"
#include "tokenizer/tokenizerfile_p.h"
#include "tokenizer/tokenmodel_p.h"
#include "tokenizer/vocabulary_p.h"

#include <algorithm>
#include <new>
#include <nlohmann/json.hpp>

namespace halftone {

namespace {

constexpr std::uint64_t largestFile = std::uint64_t{256} << 20;
constexpr std::size_t largestText = std::size_t{256} << 20;

using nlohmann::json;

} // namespace

struct Tokenizer::Parts
{
    std::string name;
    Vocabulary vocabulary;
    AddedTokens added;
    std::vector<const AddedToken*> addedById;         // null for ids of the vocabulary alone
    std::unique_ptr<const Normalizer> normalizer;     // may be null
    std::unique_ptr<const PreTokenizer> preTokenizer; // may be null
    std::unique_ptr<const TokenModel> model;
    PostProcessor postProcessor;
    Decoder decoder;
    std::shared_ptr<const TokenTable> table;

    void read(TokenizerFile, Problem&);
    void readModel(const json& root, const TokenizerFile&, Problem&);
    void indexAdded();
    void makeTable(Problem&);

    [[nodiscard]] const AddedToken* addedAt(TokenId id) const;
    [[nodiscard]] std::optional<DecoderPiece> pieceOf(TokenId) const;
    [[nodiscard]] std::vector<TokenId> encode(std::string_view text, SpecialTokens, Work&) const;
    void encodeStretch(std::string text, bool atStart, std::vector<TokenId>& ids, Work&) const;
};

void Tokenizer::Parts::read(TokenizerFile file, Problem& problem)
{
    const json& root = *file.root;
    const JsonFields fields(root, "", problem);
    Result<Vocabulary> built = Vocabulary::fromEntries(std::move(file.vocabulary));
    if (built)
        vocabulary = std::move(*built);
    readModel(root, file, problem);
    if (!built)
        problem.report(built.error().code, built.error().message);
    if (problem.found())
        return;
    if (const json* value = fields.find("normalizer"))
        normalizer = readNormalizer(*value, "normalizer", problem);
    if (const json* value = fields.find("pre_tokenizer"))
        preTokenizer = readPreTokenizer(*value, "pre_tokenizer", problem);
    if (const json* value = fields.find("decoder"))
        decoder = Decoder::read(*value, "decoder", problem);
    if (problem.found())
        return;
    if (const json* value = fields.find("added_tokens"))
        added = AddedTokens::read(*value, vocabulary, normalizer.get(), problem);
    if (problem.found())
        return;
    indexAdded();
    if (const json* value = fields.find("post_processor"))
        postProcessor = readPostProcessor(*value, "post_processor", addedById.size(), problem);
    makeTable(problem);
}

void Tokenizer::Parts::readModel(const json& root, const TokenizerFile& file, Problem& problem)
{
    const JsonFields fields(root, "", problem);
    const json* value = fields.find("model");
    if (!value) {
        fields.wrongKind("model", "an object");
        return;
    }
    if (!isObject(*value, "model", problem))
        return;
    const JsonFields modelFields(*value, "model", problem);
    // The oldest files do not name their model's type; only BPE has merges.
    const std::string type =
        !modelFields.find("type") && file.hasMerges ? "BPE" : modelFields.type();
    if (type != "BPE" && type != "WordLevel") {
        modelFields.unsupported("type", type);
        return;
    }
    if (!file.hasVocabulary) {
        problem.report(ErrorCode::InvalidInput,
                       "model.vocab should be an object of ids by token, but is missing or "
                       "something else.");
        return;
    }
    if (type == "BPE" && !file.hasMerges) {
        problem.report(ErrorCode::InvalidInput,
                       "model.merges should be a list, but is missing or something else.");
        return;
    }
    model = type == "BPE" ? readBpe(modelFields, vocabulary, file.merges)
                          : readWordLevel(modelFields, vocabulary);
}

void Tokenizer::Parts::indexAdded()
{
    std::size_t size = vocabulary.size();
    for (const AddedToken& token : added.tokens())
        size = std::max(size, static_cast<std::size_t>(token.id) + 1);
    addedById.assign(size, nullptr);
    for (const AddedToken& token : added.tokens())
        addedById[static_cast<std::size_t>(token.id)] = &token;
}

void Tokenizer::Parts::makeTable(Problem& problem)
{
    Work work(addedById.size() * 16);
    const std::shared_ptr<const TokenTable> numbered = TokenTable::numbered(0);
    std::vector<std::string> pieces(addedById.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        const TokenId id{static_cast<std::int32_t>(i)};
        std::optional<DecoderPiece> piece = pieceOf(id);
        if (!piece)
            pieces[i] = numbered->piece(id);
        else if (piece->literal)
            pieces[i] = std::move(piece->text);
        else
            pieces[i] = decoder.pieceOf(std::move(piece->text), work);
    }
    if (work.failed())
        problem.report(work.error().code, work.error().message);
    table = std::make_shared<const TokenTable>(std::move(pieces), decoder.joiner());
}

const AddedToken* Tokenizer::Parts::addedAt(TokenId id) const
{
    return id.value >= 0 && id.index() < addedById.size() ? addedById[id.index()] : nullptr;
}

std::optional<DecoderPiece> Tokenizer::Parts::pieceOf(TokenId id) const
{
    const std::string* token = vocabulary.tokenOf(id.value);
    const AddedToken* addedToken = addedAt(id);
    // An added token that is also part of the vocabulary is written like the rest of it, unless it
    // is special: then it stands for itself.
    if (addedToken && (addedToken->special || !token))
        return DecoderPiece{addedToken->content, true};
    if (token)
        return DecoderPiece{*token, false};
    return std::nullopt;
}

std::vector<TokenId> Tokenizer::Parts::encode(std::string_view text, SpecialTokens special,
                                              Work& work) const
{
    std::vector<TokenId> ids;
    if (special == SpecialTokens::Add)
        ids = postProcessor.before;
    for (const AddedTokens::Segment& segment : added.split(text, AddedTokens::In::RawText)) {
        if (segment.token) {
            ids.push_back(TokenId{segment.token->id});
            continue;
        }
        std::string normalized(segment.span.in(text));
        if (normalizer)
            normalizer->apply(normalized, work);
        for (const AddedTokens::Segment& part :
             added.split(normalized, AddedTokens::In::NormalizedText)) {
            if (part.token)
                ids.push_back(TokenId{part.token->id});
            else
                encodeStretch(std::string(part.span.in(normalized)),
                              segment.span.begin == 0 && part.span.begin == 0, ids, work);
        }
    }
    if (special == SpecialTokens::Add)
        ids.insert(ids.end(), postProcessor.after.begin(), postProcessor.after.end());
    return ids;
}

void Tokenizer::Parts::encodeStretch(std::string text, bool atStart, std::vector<TokenId>& ids,
                                     Work& work) const
{
    Pieces pieces{std::move(text), {}};
    pieces.spans.push_back({0, pieces.text.size()});
    if (preTokenizer)
        preTokenizer->apply(pieces, atStart, work);
    model->encode(pieces, ids, work);
}

Tokenizer::Tokenizer(std::unique_ptr<const Parts> parts)
    : m_parts(std::move(parts))
{
}

Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<Tokenizer>> Tokenizer::load(const std::filesystem::path& path)
{
    try {
        const Result<std::string> json = readSmallFile(path, largestFile);
        if (!json)
            return Unexpected(json.error());
        return fromJson(*json, path.string());
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory, "There is not enough memory to read a tokenizer.");
    }
}

Result<std::unique_ptr<Tokenizer>> Tokenizer::fromJson(std::string_view json, std::string_view name)
{
    try {
        Result<TokenizerFile> file = parseTokenizerFile(json);
        if (!file)
            return failure(file.error().code, std::string(name) + ": " + file.error().message);
        auto parts = std::make_unique<Parts>();
        parts->name = name;
        Problem problem;
        parts->read(std::move(*file), problem);
        if (problem.found())
            return failure(problem.error().code,
                           std::string(name) + ": " + problem.error().message);
        return std::unique_ptr<Tokenizer>(new Tokenizer(std::move(parts)));
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory, "There is not enough memory for the tokenizer of " +
                                                   std::string(name) + ".");
    }
}

Result<std::vector<TokenId>> Tokenizer::encode(std::string_view text, SpecialTokens special) const
{
    if (text.size() > largestText)
        return failure(ErrorCode::InvalidArgument,
                       "A text of " + std::to_string(text.size()) +
                           " bytes is too long; at most 256 MiB are made into tokens.");
    try {
        Work work(text.size());
        std::vector<TokenId> ids = m_parts->encode(text, special, work);
        if (work.failed())
            return failure(work.error().code, m_parts->name + ": " + work.error().message);
        return ids;
    } catch (const std::bad_alloc&) {
        return failure(ErrorCode::OutOfMemory, "There is not enough memory to make a text of " +
                                                   std::to_string(text.size()) +
                                                   " bytes into tokens.");
    }
}

std::string Tokenizer::decode(std::span<const TokenId> ids) const
{
    std::vector<DecoderPiece> pieces;
    pieces.reserve(ids.size());
    for (const TokenId id : ids) {
        std::optional<DecoderPiece> piece = m_parts->pieceOf(id);
        pieces.push_back(piece ? std::move(*piece) : DecoderPiece{m_parts->table->piece(id), true});
    }
    return m_parts->decoder.decode(std::move(pieces));
}

std::size_t Tokenizer::vocabularySize() const
{
    return m_parts->addedById.size();
}

std::optional<TokenId> Tokenizer::idOf(std::string_view content) const
{
    for (const AddedToken& token : m_parts->added.tokens()) {
        if (token.content == content)
            return TokenId{token.id};
    }
    const std::optional<std::int32_t> id = m_parts->vocabulary.idOf(content);
    return id ? std::optional(TokenId{*id}) : std::nullopt;
}

bool Tokenizer::isSpecial(TokenId id) const
{
    const AddedToken* token = m_parts->addedAt(id);
    return token && token->special;
}

std::shared_ptr<const TokenTable> Tokenizer::table() const
{
    return m_parts->table;
}

} // namespace halftone
