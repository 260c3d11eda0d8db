#include "store/runrows_p.h"

#include "base/hexdigest.h"
#include "store/blob_p.h"
#include "store/names_p.h"
#include "store/steprows_p.h"

#include <bit>
#include <string>
#include <string_view>

namespace halftone {

namespace {

constexpr std::string_view modelColumns =
    "name, path, fingerprint, architecture, vocabulary_size, embedding_size, layer_count, "
    "weight_type, device, threads, mean_embedding_norm, context_limit, cache_layers";

/// Reads `modelColumns` from column `first` on; false when the layers are no layers.
bool readModel(const Statement& row, int first, ModelIdentity& model)
{
    int column = first;
    model.name = row.text(column++);
    model.path = row.text(column++);
    model.fingerprint = row.text(column++);
    model.architecture = row.text(column++);
    model.vocabularySize = static_cast<std::int32_t>(row.integer(column++));
    model.embeddingSize = static_cast<std::int32_t>(row.integer(column++));
    model.layerCount = static_cast<std::int32_t>(row.integer(column++));
    model.weightType = row.text(column++);
    model.device = row.text(column++);
    model.threads = static_cast<int>(row.integer(column++));
    model.meanEmbeddingNorm = row.real(column++);
    model.cache.contextLimit = row.integer(column++);
    return readBlob(row.blob(column), model.cache.layers);
}

/// The id of the row that equals `model`, made when there is none.
Result<std::int64_t> storeModel(Database& database, const ModelIdentity& model)
{
    auto known = Statement::prepare(database, "SELECT id, " + std::string(modelColumns) +
                                                  " FROM models WHERE fingerprint = ?");
    if (!known)
        return Unexpected(known.error());
    known->bind(0, std::string_view(model.fingerprint));
    for (;;) {
        const auto row = known->next();
        if (!row)
            return Unexpected(row.error());
        if (!*row)
            break;
        ModelIdentity other;
        if (readModel(*known, 1, other) && other == model)
            return known->integer(0);
    }
    auto insertion =
        Statement::prepare(database, "INSERT INTO models (" + std::string(modelColumns) +
                                         ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)");
    if (!insertion)
        return Unexpected(insertion.error());
    int column = 0;
    insertion->bind(column++, std::string_view(model.name));
    insertion->bind(column++, std::string_view(model.path));
    insertion->bind(column++, std::string_view(model.fingerprint));
    insertion->bind(column++, std::string_view(model.architecture));
    insertion->bind(column++, std::int64_t{model.vocabularySize});
    insertion->bind(column++, std::int64_t{model.embeddingSize});
    insertion->bind(column++, std::int64_t{model.layerCount});
    insertion->bind(column++, std::string_view(model.weightType));
    insertion->bind(column++, std::string_view(model.device));
    insertion->bind(column++, std::int64_t{model.threads});
    insertion->bind(column++, model.meanEmbeddingNorm);
    insertion->bind(column++, model.cache.contextLimit);
    insertion->bindBlob(column++, asBlob(model.cache.layers));
    if (const auto done = insertion->execute(); !done)
        return Unexpected(done.error());
    return database.lastRowId();
}

/// The id of the vocabulary of these very bytes, stored when it is new.
Result<std::int64_t> storeVocabulary(Database& database, const TokenTable& tokens)
{
    std::string pieces;
    std::vector<std::uint32_t> lengths;
    lengths.reserve(tokens.size());
    for (std::size_t id = 0; id < tokens.size(); ++id) {
        const std::string piece = tokens.piece(TokenId{static_cast<std::int32_t>(id)});
        lengths.push_back(static_cast<std::uint32_t>(piece.size()));
        pieces += piece;
    }
    // The lengths come first, so that no two vocabularies give the same bytes.
    const std::span<const std::byte> lengthBytes = asBlob(lengths);
    std::string all(reinterpret_cast<const char*>(lengthBytes.data()), lengthBytes.size());
    all.append(pieces).append(tokens.joiner());
    const std::string hash = digestOf(std::as_bytes(std::span(all)));

    auto known = Statement::prepare(database, "SELECT id FROM vocabularies WHERE hash = ?");
    if (!known)
        return Unexpected(known.error());
    known->bind(0, std::string_view(hash));
    const auto row = known->next();
    if (!row)
        return Unexpected(row.error());
    if (*row)
        return known->integer(0);
    auto insertion =
        Statement::prepare(database, "INSERT INTO vocabularies (hash, size, joiner, lengths, "
                                     "pieces) VALUES (?, ?, ?, ?, ?)");
    if (!insertion)
        return Unexpected(insertion.error());
    insertion->bind(0, std::string_view(hash));
    insertion->bind(1, static_cast<std::int64_t>(tokens.size()));
    insertion->bindBlob(2, std::as_bytes(std::span(tokens.joiner())));
    insertion->bindBlob(3, lengthBytes);
    insertion->bindBlob(4, std::as_bytes(std::span(std::string_view(pieces))));
    if (const auto done = insertion->execute(); !done)
        return Unexpected(done.error());
    return database.lastRowId();
}

} // namespace

Result<RunId> insertRun(Database& database, const RunInfo& info, const TokenTable& tokens,
                        const WriterIdentity& writer)
{
    const auto model = storeModel(database, info.model);
    if (!model)
        return Unexpected(model.error());
    const auto vocabulary = storeVocabulary(database, tokens);
    if (!vocabulary)
        return Unexpected(vocabulary.error());
    auto insertion = Statement::prepare(
        database, "INSERT INTO runs (session, parent, fork_step, change, model, vocabulary, "
                  "settings, mode, seed, prompt, prompt_ids, program_version, status, stop, "
                  "failure, started_ms, finished_ms, prompt_tokens, prefill_ns, decode_steps, "
                  "decode_ns, writer_pid, writer_start, writer_boot, role, soft_prompt, "
                  "partner) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    if (!insertion)
        return Unexpected(insertion.error());
    int column = 0;
    insertion->bind(column++, info.session.value);
    if (info.origin) {
        insertion->bind(column++, info.origin->parent.value);
        insertion->bind(column++, info.origin->step.value);
        insertion->bind(column++, std::string_view(info.origin->change));
    } else {
        for (int i = 0; i < 3; ++i)
            insertion->bindNull(column++);
    }
    insertion->bind(column++, *model);
    insertion->bind(column++, *vocabulary);
    insertion->bind(column++, std::string_view(info.settings));
    insertion->bind(column++, std::string_view(info.mode));
    insertion->bind(column++, std::bit_cast<std::int64_t>(info.seed));
    insertion->bind(column++, std::string_view(info.prompt));
    insertion->bindBlob(column++, asBlob(info.promptIds));
    insertion->bind(column++, std::string_view(info.programVersion));
    insertion->bind(column++, name(info.status));
    insertion->bind(column++, name(info.stop));
    insertion->bind(column++, std::string_view(info.failure));
    insertion->bind(column++, info.startedMs);
    insertion->bind(column++, info.finishedMs);
    insertion->bind(column++, info.timings.promptTokens);
    insertion->bind(column++, info.timings.prefillNs);
    insertion->bind(column++, info.timings.decodeSteps);
    insertion->bind(column++, info.timings.decodeNs);
    insertion->bind(column++, writer.pid);
    insertion->bind(column++, writer.startTicks);
    insertion->bind(column++, std::string_view(writer.boot));
    insertion->bind(column++, name(info.origin ? info.origin->role : ForkRole::Fork));
    insertion->bind(column++, std::string_view(info.softPrompt));
    insertion->bind(column++, std::string_view(info.partner));
    if (const auto done = insertion->execute(); !done)
        return Unexpected(done.error());
    return RunId{database.lastRowId()};
}

Result<std::optional<StoredRunRow>> readRun(const Database& database, RunId run)
{
    auto row = Statement::prepare(
        database,
        "SELECT session, parent, fork_step, change, vocabulary, settings, mode, seed, prompt, "
        "prompt_ids, program_version, status, stop, failure, started_ms, finished_ms, "
        "prompt_tokens, prefill_ns, decode_steps, decode_ns, writer_pid, writer_start, "
        "writer_boot, model, role, soft_prompt, partner FROM runs WHERE id = ?");
    if (!row)
        return Unexpected(row.error());
    row->bind(0, run.value);
    const auto found = row->next();
    if (!found)
        return Unexpected(found.error());
    if (!*found)
        return std::nullopt;
    const auto damaged = [&](std::string_view what) {
        return Unexpected(damagedLibrary(
            "run " + std::to_string(run.value) + " " + std::string(what), database.path()));
    };
    StoredRunRow stored;
    RunInfo& info = stored.info;
    info.id = run;
    info.session = SessionId{row->integer(0)};
    if (!row->isNull(1)) {
        info.origin = ForkOrigin{RunId{row->integer(1)}, StepIndex{row->integer(2)},
                                 std::string(row->text(3)), ForkRole::Fork};
        if (!readName(row->text(24), info.origin->role))
            return damaged("has an unknown role");
        // Parents are older than their children, so following them always comes to an end.
        if (info.origin->parent.value < 1 || info.origin->parent >= run ||
            info.origin->step.value < 0 || info.origin->step.value > maxStep)
            return damaged("names a parent that it cannot have");
    }
    stored.vocabulary = row->integer(4);
    info.settings = row->text(5);
    info.mode = row->text(6);
    info.seed = std::bit_cast<std::uint64_t>(row->integer(7));
    info.prompt = row->text(8);
    if (!readBlob(row->blob(9), info.promptIds))
        return damaged("has half a prompt id");
    info.programVersion = row->text(10);
    if (!readName(row->text(11), info.status))
        return damaged("has an unknown status");
    if (!readName(row->text(12), info.stop))
        return damaged("has an unknown stop reason");
    info.failure = row->text(13);
    info.startedMs = row->integer(14);
    info.finishedMs = row->integer(15);
    info.timings = {row->integer(16), row->integer(17), row->integer(18), row->integer(19)};
    info.softPrompt = row->text(25);
    info.partner = row->text(26);
    stored.writer = {row->integer(20), row->integer(21), std::string(row->text(22))};

    auto model = Statement::prepare(database, "SELECT " + std::string(modelColumns) +
                                                  " FROM models WHERE id = ?");
    if (!model)
        return Unexpected(model.error());
    model->bind(0, row->integer(23));
    const auto modelFound = model->next();
    if (!modelFound)
        return Unexpected(modelFound.error());
    if (!*modelFound || !readModel(*model, 0, info.model))
        return damaged("has no whole model");
    return stored;
}

Result<std::shared_ptr<const TokenTable>> readVocabulary(const Database& database, std::int64_t id)
{
    auto row = Statement::prepare(database,
                                  "SELECT joiner, lengths, pieces FROM vocabularies WHERE id = ?");
    if (!row)
        return Unexpected(row.error());
    row->bind(0, id);
    const auto found = row->next();
    if (!found)
        return Unexpected(found.error());
    const auto damaged = [&] {
        return Unexpected(
            damagedLibrary("vocabulary " + std::to_string(id) + " is not whole", database.path()));
    };
    if (!*found)
        return nullptr;
    std::vector<std::uint32_t> lengths;
    if (!readBlob(row->blob(1), lengths))
        return damaged();
    const auto asText = [](std::span<const std::byte> bytes) {
        return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    std::string_view rest = asText(row->blob(2));
    std::vector<std::string> pieces;
    pieces.reserve(lengths.size());
    for (const std::uint32_t length : lengths) {
        if (length > rest.size())
            return damaged();
        pieces.emplace_back(rest.substr(0, length));
        rest.remove_prefix(length);
    }
    if (!rest.empty())
        return damaged();
    return std::make_shared<const TokenTable>(std::move(pieces), std::string(asText(row->blob(0))));
}

Result<void> deleteUnusedModels(Database& database)
{
    return database.run("DELETE FROM models WHERE id NOT IN (SELECT model FROM runs);"
                        "DELETE FROM vocabularies WHERE id NOT IN (SELECT vocabulary FROM runs);");
}

} // namespace halftone
