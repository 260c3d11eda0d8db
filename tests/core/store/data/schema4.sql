-- A library as the fourth schema (4) held it. Never change this file: every later version of the
-- program must open it. A new schema gets a file of its own.
PRAGMA application_id = 1214665838;
PRAGMA user_version = 4;
BEGIN;
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

INSERT INTO sessions VALUES (1, 'A session of the first schema', 1700000000000, NULL);
INSERT INTO vocabularies VALUES (1, '00112233445566778899aabbccddeeff', 4, x'20', x'07000000080000000300000004000000', x'3c7468696e6b3e3c2f7468696e6b3e6f6e653c2f733e');
INSERT INTO models VALUES (1, '0123456789abcdef0123456789abcdef', 'starter', 'models/starter',
    'LlamaForCausalLM', 4, 8, 1, 'f32', 'cpu', 1, 0.5, 512, x'01000000040000000400000000000000');
INSERT INTO runs VALUES (1, 1, NULL, NULL, NULL, 1, 1, '{"mode":"soft","seed":7}', 'soft', 7, 'Think',
    x'02000000', '0.1.0', 'finished', 'end-token', '', 1700000000000, 1700000001000, 1, 100, 2, 200,
    1, 1, 'boot', 'fork', '', '');
INSERT INTO runs VALUES (2, 1, 1, 2, 'forced the end', 1, 1, '{"mode":"soft","seed":7}', 'soft', 7, 'Think',
    x'02000000', '0.1.0', 'finished', 'end-token', '', 1700000000000, 1700000001000, 1, 100, 2, 200,
    1, 1, 'boot', 'fork', '', '');
INSERT INTO steps VALUES (1 << 32 | 0, 1, 'think', 'soft', 'mixture', 2, 0, 0.5, 0.25, 0.75, 1.5, 0.0, 0.5, 0.5, 2,
    0.5, 0.9, 'none', 7, 0, 0, 1, 128, 128, 256, 0, 10, 20, 30, x'0200000001000000', x'0000403f0000803e', x'', x'000000000000f03f', x'',
    x'020000000000403f0000403f0000403f010000000000803e0000803e0000803e', 0, 0, 0.0, x'', x'');
INSERT INTO steps VALUES (1 << 32 | 1, 2, 'think', 'soft', 'token', 1, 0, 0.5, 0.25, 0.75, 1.5, 0.0, 0.5, 0.5, 2,
    0.5, 0.9, 'none', 7, 1, 0, 2, 128, 128, 256, 0, 10, 20, 30, x'01000000', x'0000803f', x'', x'0000000000000040', x'',
    x'020000000000403f0000403f0000403f010000000000803e0000803e0000803e', 0, 0, 0.0, x'', x'');
INSERT INTO steps VALUES (1 << 32 | 2, 3, 'answer', 'discrete', 'token', 2, 0, 0.5, 0.25, 0.75, 1.5, 0.0, 0.5, 0.5, 2,
    0.5, 0.9, 'max-steps', 7, 2, 0, 3, 128, 128, 256, 0, 10, 20, 30, x'02000000', x'0000803f', x'', x'', x'',
    x'020000000000403f0000403f0000403f010000000000803e0000803e0000803e', 0, 0, 0.0, x'', x'');
INSERT INTO steps VALUES (2 << 32 | 2, 3, 'answer', 'discrete', 'token', 3, 0, 0.5, 0.25, 0.75, 1.5, 0.0, 0.5, 0.5, 2,
    0.5, 0.9, 'end-token', 7, 2, 0, 3, 128, 128, 256, 0, 10, 20, 30, x'03000000', x'0000803f', x'', x'', x'',
    x'020000000000403f0000403f0000403f010000000000803e0000803e0000803e', 0, 0, 0.0, x'', x'');
INSERT INTO events VALUES (1, 1 << 32 | 1, 'cold-stop', 'cold');
INSERT INTO evaluations VALUES (1, 1, 'A plan', '{"name":"A plan"}',
    '00112233445566778899aabbccddeeff', 'starter', '0123456789abcdef0123456789abcdef', 1700000000000);
INSERT INTO samples VALUES (1, 1, 'soft', 'walks-1', 7, 2, 1, 'one', 2, 1, 0.5, 1, 1);
INSERT INTO samples VALUES (2, 1, 'soft', 'walks-2', 7, 3, NULL, NULL, 0, 0, NULL, 0, 0);
INSERT INTO trainings VALUES (1, 'reasoner', '/models/reasoner', '00ff', '{"name":"reasoner"}', 'chain', 1000000,
    'cpu', 2, 1700000000000, 12.5, 20, 40, 8000, 'stopped', '', 1, 1, 'boot');
INSERT INTO training_points VALUES (1, 10, 4000, 2.5, 0.25, 0.001, 1.5, 640.0);
INSERT INTO training_points VALUES (1, 20, 8000, 1.25, 0.5, 0.002, NULL, 650.0);
COMMIT;
