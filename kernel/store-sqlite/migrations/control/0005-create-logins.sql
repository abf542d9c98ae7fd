-- Programs that wait to be logged in by a browser.
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

-- Logins by other systems that were used, until they would have ended anyway.
CREATE TABLE used_login (
  -- The SHA-256 of its state.
  state BLOB PRIMARY KEY CHECK (length(state) = 32),
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX used_login_end ON used_login (ends_at);
