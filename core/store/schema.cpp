#include "store/schema_p.h"

#include <array>
#include <string>

namespace halftone {

namespace {

// Numbers that are doubles stand in ANY columns: REAL would store minus zero as zero.
constexpr std::string_view tables = R"sql(
CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    binned_ms  INTEGER
) STRICT;

CREATE TABLE vocabularies (
    id      INTEGER PRIMARY KEY,
    hash    TEXT NOT NULL UNIQUE,
    size    INTEGER NOT NULL,
    joiner  BLOB NOT NULL,
    lengths BLOB NOT NULL,
    pieces  BLOB NOT NULL
) STRICT;

CREATE TABLE models (
    id                  INTEGER PRIMARY KEY,
    fingerprint         TEXT NOT NULL,
    name                TEXT NOT NULL,
    path                TEXT NOT NULL,
    architecture        TEXT NOT NULL,
    vocabulary_size     INTEGER NOT NULL,
    embedding_size      INTEGER NOT NULL,
    layer_count         INTEGER NOT NULL,
    weight_type         TEXT NOT NULL,
    device              TEXT NOT NULL,
    threads             INTEGER NOT NULL,
    mean_embedding_norm ANY,
    context_limit       INTEGER NOT NULL,
    cache_layers        BLOB NOT NULL
) STRICT;
CREATE INDEX models_by_fingerprint ON models (fingerprint);

CREATE TABLE runs (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    session         INTEGER NOT NULL REFERENCES sessions (id),
    parent          INTEGER REFERENCES runs (id),
    fork_step       INTEGER,
    change          TEXT,
    model           INTEGER NOT NULL REFERENCES models (id),
    vocabulary      INTEGER NOT NULL REFERENCES vocabularies (id),
    settings        TEXT NOT NULL,
    mode            TEXT NOT NULL,
    seed            INTEGER NOT NULL,
    prompt          TEXT NOT NULL,
    prompt_ids      BLOB NOT NULL,
    program_version TEXT NOT NULL,
    status          TEXT NOT NULL,
    stop            TEXT NOT NULL,
    failure         TEXT NOT NULL,
    started_ms      INTEGER NOT NULL,
    finished_ms     INTEGER NOT NULL,
    prompt_tokens   INTEGER NOT NULL,
    prefill_ns      INTEGER NOT NULL,
    decode_steps    INTEGER NOT NULL,
    decode_ns       INTEGER NOT NULL,
    writer_pid      INTEGER NOT NULL,
    writer_start    INTEGER NOT NULL,
    writer_boot     TEXT NOT NULL,
    role            TEXT NOT NULL DEFAULT 'fork',
    soft_prompt     TEXT NOT NULL DEFAULT '',
    partner         TEXT NOT NULL DEFAULT '',
    CHECK ((parent IS NULL) = (fork_step IS NULL) AND (parent IS NULL) = (change IS NULL))
) STRICT;
CREATE INDEX runs_by_session ON runs (session);
CREATE INDEX runs_by_parent ON runs (parent) WHERE parent IS NOT NULL;
CREATE INDEX runs_by_model ON runs (model);
CREATE INDEX runs_by_vocabulary ON runs (vocabulary);

CREATE TABLE steps (
    id                INTEGER PRIMARY KEY, -- run << 32 | step
    position          INTEGER NOT NULL,
    phase             TEXT NOT NULL,
    mode              TEXT NOT NULL,
    input_kind        TEXT NOT NULL,
    sampled           INTEGER NOT NULL,
    forced            INTEGER NOT NULL,
    entropy           ANY,
    varentropy        ANY,
    p_max             ANY,
    effective_tokens  ANY,
    residual_mass     ANY,
    scaled_entropy    ANY,
    filtered_entropy  ANY,
    filtered_support  INTEGER NOT NULL,
    mixture_entropy   ANY,
    input_norm_ratio  ANY,
    stop              TEXT NOT NULL,
    rng_seed          INTEGER NOT NULL,
    rng_step          INTEGER NOT NULL,
    rng_stream        INTEGER NOT NULL,
    cache_rows        INTEGER NOT NULL,
    cache_logical     INTEGER NOT NULL,
    cache_live        INTEGER NOT NULL,
    cache_allocated   INTEGER NOT NULL,
    forward_ns        INTEGER NOT NULL,
    logits_ns         INTEGER NOT NULL,
    decide_ns         INTEGER NOT NULL,
    record_ns         INTEGER NOT NULL,
    input_ids         BLOB NOT NULL,
    input_weights     BLOB NOT NULL,
    input_vector      BLOB NOT NULL,
    rule_state        BLOB NOT NULL,
    forced_queue      BLOB NOT NULL,
    candidates        BLOB NOT NULL,
    segment           INTEGER NOT NULL DEFAULT 0,
    model             INTEGER NOT NULL DEFAULT 0,
    noise_scale       ANY DEFAULT 0.0,
    nearest           BLOB NOT NULL DEFAULT x'',
    probe             BLOB NOT NULL DEFAULT x''
) STRICT;

CREATE TABLE events (
    id     INTEGER PRIMARY KEY,
    step   INTEGER NOT NULL REFERENCES steps (id),
    kind   TEXT NOT NULL,
    detail TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_step ON events (step);
)sql";

constexpr std::string_view evaluationTables = R"sql(
CREATE TABLE evaluations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    session     INTEGER NOT NULL UNIQUE REFERENCES sessions (id),
    name        TEXT NOT NULL,
    plan        TEXT NOT NULL,
    data        TEXT NOT NULL,
    model       TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_ms  INTEGER NOT NULL
) STRICT;

CREATE TABLE samples (
    run           INTEGER PRIMARY KEY REFERENCES runs (id),
    evaluation    INTEGER NOT NULL REFERENCES evaluations (id),
    setting       TEXT NOT NULL,
    item          TEXT NOT NULL,
    seed          INTEGER NOT NULL,
    difficulty    INTEGER NOT NULL,
    correct       INTEGER,
    answer        TEXT,
    think_tokens  INTEGER NOT NULL DEFAULT 0,
    answer_tokens INTEGER NOT NULL DEFAULT 0,
    entropy       ANY,
    forks         INTEGER NOT NULL DEFAULT 0,
    open_forks    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (evaluation, setting, item, seed)
) STRICT;
)sql";

constexpr std::string_view trainingTables = R"sql(
CREATE TABLE trainings (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    name         TEXT NOT NULL,
    folder       TEXT NOT NULL,
    identity     TEXT NOT NULL,
    recipe       TEXT NOT NULL,
    stage        TEXT NOT NULL,
    parameters   INTEGER NOT NULL,
    device       TEXT NOT NULL,
    threads      INTEGER NOT NULL,
    started_ms   INTEGER NOT NULL,
    seconds      ANY,
    step         INTEGER NOT NULL,
    steps        INTEGER NOT NULL,
    tokens       INTEGER NOT NULL,
    status       TEXT NOT NULL,
    failure      TEXT NOT NULL,
    writer_pid   INTEGER NOT NULL,
    writer_start INTEGER NOT NULL,
    writer_boot  TEXT NOT NULL
) STRICT;
CREATE INDEX trainings_by_folder ON trainings (folder);

CREATE TABLE training_points (
    training      INTEGER NOT NULL REFERENCES trainings (id),
    step          INTEGER NOT NULL,
    tokens        INTEGER NOT NULL,
    loss          ANY,
    accuracy      ANY,
    rate          ANY,
    gradient_norm ANY,
    tokens_per_s  ANY,
    PRIMARY KEY (training, step)
) STRICT, WITHOUT ROWID;
)sql";

// New columns stand last with the value that older runs have in them, so that old and new files
// have one layout.
constexpr std::array migrations{
    Migration{1, R"sql(
ALTER TABLE runs ADD COLUMN role TEXT NOT NULL DEFAULT 'fork';
ALTER TABLE runs ADD COLUMN soft_prompt TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN partner TEXT NOT NULL DEFAULT '';
ALTER TABLE steps ADD COLUMN segment INTEGER NOT NULL DEFAULT 0;
ALTER TABLE steps ADD COLUMN model INTEGER NOT NULL DEFAULT 0;
ALTER TABLE steps ADD COLUMN noise_scale ANY DEFAULT 0.0;
ALTER TABLE steps ADD COLUMN nearest BLOB NOT NULL DEFAULT x'';
ALTER TABLE steps ADD COLUMN probe BLOB NOT NULL DEFAULT x'';
UPDATE events SET kind = 'by-hand' WHERE kind = 'forced' AND detail = 'set by hand';
)sql"},
    Migration{2, evaluationTables},
    Migration{3, trainingTables},
};

} // namespace

const Schema& currentSchema()
{
    static const std::string all =
        std::string(tables) + std::string(evaluationTables) + std::string(trainingTables);
    static const Schema schema{4, all, migrations};
    return schema;
}

} // namespace halftone
