-- Which projects there are. Each has a folder and a database of its own.
CREATE TABLE project (
  name TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  -- It was removed, and something of it may be left.
  is_going INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
