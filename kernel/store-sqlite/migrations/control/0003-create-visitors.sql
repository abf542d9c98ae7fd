-- People from other systems who have logged in here.
CREATE TABLE visitor (
  provider TEXT NOT NULL,
  -- The provider's name for them, which never changes.
  user_id TEXT NOT NULL,
  -- JSON, as described at the last login.
  identity TEXT NOT NULL,
  is_disabled INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (provider, user_id)
) STRICT, WITHOUT ROWID;
