-- Programs that have registered themselves.
CREATE TABLE client (
  id BLOB PRIMARY KEY CHECK (length(id) = 16),
  name TEXT NOT NULL,
  -- A JSON array of addresses.
  redirect_uris TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

-- Programs that somebody has let in.
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
CREATE INDEX app_user ON app (user) WHERE user IS NOT NULL;
CREATE INDEX app_client ON app (client_id) WHERE client_id IS NOT NULL;
CREATE INDEX app_end ON app (expires_at);

CREATE TABLE app_token (
  -- The SHA-256 of its secret part.
  digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
  app BLOB NOT NULL REFERENCES app (id) ON DELETE CASCADE,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX app_token_app ON app_token (app, expires_at);
