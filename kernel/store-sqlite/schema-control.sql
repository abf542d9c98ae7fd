CREATE TABLE app (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  -- Of the user that it acts for, or the JSON of the identity.
  user BLOB,
  identity TEXT,
  -- What it is known by. Of those that have registered: the text of the id of the client, too.
  client TEXT NOT NULL,
  client_id BLOB,
  name TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  resource TEXT NOT NULL,
  -- The path of the part of the server that its tokens are for.
  audience TEXT NOT NULL,
  verbs INTEGER NOT NULL,
  -- JSON arrays of patterns.
  projects TEXT NOT NULL,
  workspaces TEXT NOT NULL,
  -- The SHA-256 of the secret part of its code.
  code BLOB NOT NULL CHECK (length(code) = 32),
  challenge TEXT NOT NULL,
  -- The same of its refresh token and of the one before. Null: the code was not used.
  refresh BLOB,
  refresh_before BLOB,
  refresh_since INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX app_client ON app (client_id) WHERE client_id IS NOT NULL;

CREATE INDEX app_end ON app (expires_at);

CREATE TABLE app_token (
  -- The SHA-256 of its secret part.
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  app BLOB NOT NULL REFERENCES app (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX app_token_app ON app_token (app, expires_at);

CREATE INDEX app_user ON app (user) WHERE user IS NOT NULL;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  outcome TEXT NOT NULL,
  state_before TEXT,
  state_after TEXT,
  request TEXT NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX audit_actor ON audit (actor, seq);

CREATE TABLE audit_seal (
  head_seq INTEGER PRIMARY KEY,
  head_hash BLOB NOT NULL CHECK (length(head_hash) = 32),
  base_seq INTEGER NOT NULL,
  base_hash BLOB NOT NULL CHECK (length(base_hash) = 32),
  at INTEGER NOT NULL,
  signature BLOB NOT NULL CHECK (length(signature) = 32),
  is_checkpoint INTEGER NOT NULL
) STRICT;

CREATE INDEX audit_target ON audit (target, seq);

CREATE TABLE client (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  name TEXT NOT NULL,
  -- A JSON array of addresses.
  redirect_uris TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE device (
  -- The SHA-256 of the secret part of the code that the program has.
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  -- A digest of the code that a person enters.
  user_code BLOB NOT NULL UNIQUE CHECK (length(user_code) = 32),
  label TEXT NOT NULL,
  address TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  -- Null: nobody has said anything.
  is_approved INTEGER,
  -- Of the user that it acts for, or the JSON of the identity.
  user BLOB,
  identity TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin (
    name TEXT PRIMARY KEY,
    -- Digests of its versions.
    active TEXT NOT NULL,
    previous TEXT,
    pending TEXT,
    enabled INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_binding (
    name TEXT PRIMARY KEY,
    -- May be one that the server carries, which has no row.
    plugin TEXT NOT NULL,
    config TEXT NOT NULL,
    -- One per line.
    rules TEXT NOT NULL,
    decided_for TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_default (
    kind TEXT NOT NULL,
    -- Empty: the server.
    project TEXT NOT NULL,
    binding TEXT NOT NULL,
    PRIMARY KEY (kind, project)
) STRICT, WITHOUT ROWID;

CREATE TABLE plugin_version (
    plugin TEXT NOT NULL REFERENCES plugin (name) ON DELETE CASCADE,
    -- Counts the installations, from 0.
    position INTEGER NOT NULL,
    digest TEXT NOT NULL,
    version TEXT NOT NULL,
    size INTEGER NOT NULL,
    origin TEXT NOT NULL,
    -- Null: nobody has signed it.
    signed_by TEXT,
    -- Rules, one per line.
    asked TEXT NOT NULL,
    installed_at INTEGER NOT NULL,
    -- Null, both: it is good.
    quarantine_reason TEXT,
    quarantined_at INTEGER,
    PRIMARY KEY (plugin, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE project (
  name TEXT PRIMARY KEY,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  -- It was removed, and something of it may be left.
  is_going INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE role (
  name TEXT PRIMARY KEY,
  verbs INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE rule (
  -- `server`, `project/NAME` or `project/NAME/pipeline/NAME`.
  scope TEXT NOT NULL,
  role TEXT NOT NULL,
  expression TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL,
  PRIMARY KEY (scope, role)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  user BLOB,
  identity TEXT,
  address TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX session_user ON session (user) WHERE user IS NOT NULL;

CREATE TABLE token (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  -- The SHA-256 of its secret part.
  digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
  name TEXT NOT NULL,
  -- Of the user that it acts for, if it does.
  user BLOB,
  -- The JSON of the identity that it acts for, if it does.
  identity TEXT,
  verbs INTEGER NOT NULL,
  -- JSON arrays of patterns.
  projects TEXT NOT NULL,
  workspaces TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  used_at INTEGER
) STRICT;

CREATE INDEX token_user ON token (user) WHERE user IS NOT NULL;

CREATE TABLE used_login (
  -- The SHA-256 of its state.
  state BLOB PRIMARY KEY CHECK (length(state) = 32),
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX used_login_end ON used_login (ends_at);

CREATE TABLE user (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  name TEXT NOT NULL UNIQUE,
  email TEXT NOT NULL,
  -- A JSON array of texts.
  group_names TEXT NOT NULL,
  role TEXT,
  -- A PHC string of Argon2id.
  password TEXT,
  is_disabled INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

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

