-- Installed plugins. The binaries lie in files, by digest.
CREATE TABLE plugin (
    name TEXT PRIMARY KEY,
    -- Digests of its versions.
    active TEXT NOT NULL,
    previous TEXT,
    pending TEXT,
    enabled INTEGER NOT NULL
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
