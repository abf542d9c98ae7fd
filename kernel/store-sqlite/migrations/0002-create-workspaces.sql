-- Named environments, which may inherit from one another. What the base of a workspace may be, the
-- kernel decides.
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

-- All that was there is in the workspace `default`, whose id is zero.
ALTER TABLE run ADD COLUMN workspace BLOB NOT NULL
  DEFAULT x'00000000000000000000000000000000' CHECK (length(workspace) = 16);
ALTER TABLE run ADD COLUMN workspace_name TEXT NOT NULL DEFAULT 'default';
CREATE INDEX run_by_workspace ON run (workspace_name, status, trigger_kind, id);
CREATE INDEX run_by_both ON run (workspace_name, pipeline_name, status, trigger_kind, id);

ALTER TABLE fact RENAME TO fact_before;
CREATE TABLE fact (
  pipeline BLOB NOT NULL REFERENCES pipeline (id),
  workspace BLOB NOT NULL CHECK (length(workspace) = 16),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (pipeline, workspace, key)
) STRICT, WITHOUT ROWID;
INSERT INTO fact (pipeline, workspace, key, value)
  SELECT pipeline, zeroblob(16), key, value FROM fact_before;
DROP TABLE fact_before;

ALTER TABLE result RENAME TO result_before;
CREATE TABLE result (
  workspace BLOB NOT NULL CHECK (length(workspace) = 16),
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  run BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (workspace, key)
) STRICT;
INSERT INTO result (workspace, key, value, run, at)
  SELECT zeroblob(16), key, value, run, at FROM result_before WHERE key IS NOT NULL;
DROP TABLE result_before;
