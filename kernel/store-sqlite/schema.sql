CREATE TABLE artifact (
  run BLOB NOT NULL REFERENCES run (id),
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE fact (
  pipeline BLOB NOT NULL REFERENCES pipeline (id),
  workspace BLOB NOT NULL CHECK (length(workspace) = 16),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (pipeline, workspace, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  key TEXT PRIMARY KEY NOT NULL,
  run BLOB NOT NULL REFERENCES run (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE kv (
  namespace TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (namespace, key)
) STRICT;

CREATE TABLE pipeline (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  -- NULL once removed: runs and versions stay.
  name TEXT UNIQUE,
  version INTEGER NOT NULL,
  paused INTEGER NOT NULL,
  -- The number of the newest run.
  runs INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pipeline_version (
  pipeline BLOB NOT NULL REFERENCES pipeline (id),
  version INTEGER NOT NULL,
  language TEXT NOT NULL,
  file_name TEXT NOT NULL,
  source TEXT NOT NULL,
  vars TEXT NOT NULL,
  compiled TEXT NOT NULL,
  compiled_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (pipeline, version)
) STRICT;

CREATE TABLE result (
  workspace BLOB NOT NULL CHECK (length(workspace) = 16),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  run BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (workspace, key)
) STRICT;

CREATE TABLE run (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  pipeline BLOB NOT NULL REFERENCES pipeline (id),
  pipeline_name TEXT NOT NULL,
  version INTEGER NOT NULL,
  number INTEGER NOT NULL,
  -- 0 queued, 1 running, 2 waiting; ended: 3 succeeded, 4 failed, 5 errored, 6 timed-out,
  -- 7 cancelled, 8 skipped.
  status INTEGER NOT NULL CHECK (status BETWEEN 0 AND 8),
  trigger_kind TEXT NOT NULL,
  origin BLOB,
  message TEXT,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  wake_at INTEGER,
  seq INTEGER NOT NULL
, workspace BLOB NOT NULL
  DEFAULT x'00000000000000000000000000000000' CHECK (length(workspace) = 16), workspace_name TEXT NOT NULL DEFAULT 'default') STRICT, WITHOUT ROWID;

CREATE INDEX run_by_both ON run (workspace_name, pipeline_name, status, trigger_kind, id);

CREATE INDEX run_by_pipeline ON run (pipeline_name, status, trigger_kind, id);

CREATE INDEX run_by_status ON run (status, trigger_kind, id);

CREATE INDEX run_by_workspace ON run (workspace_name, status, trigger_kind, id);

CREATE TABLE run_event (
  no INTEGER PRIMARY KEY,
  run BLOB NOT NULL REFERENCES run (id),
  -- How many events the history had before.
  first_seq INTEGER NOT NULL,
  n INTEGER NOT NULL,
  events TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX run_event_by_run ON run_event (run, first_seq);

CREATE TABLE run_input (
  run BLOB PRIMARY KEY NOT NULL REFERENCES run (id),
  trigger TEXT NOT NULL,
  input TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX run_open ON run (id) WHERE status < 3;

CREATE TABLE run_state (
  run BLOB PRIMARY KEY NOT NULL REFERENCES run (id),
  state BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE store (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  boot BLOB,
  booted_at INTEGER,
  -- How far created_at and the time within the id of a run ever differed: a range of created_at
  -- becomes a range of ids, widened by this much.
  id_skew_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE trigger_kind (
  word TEXT PRIMARY KEY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE workspace (
  id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
  name TEXT NOT NULL,
  base BLOB CHECK (length(base) = 16),
  -- 0 active, 1 paused, 2 archived.
  state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX workspace_by_name ON workspace (name) WHERE state < 2;

