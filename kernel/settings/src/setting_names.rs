//! What the systems that we replace call their settings: the only place that knows.
//!
//! Each of these names is accepted, with a note in the log that names ours, so that a server can be
//! started with the environment of the system that it replaces.

use crate::setting::Setting;
use crate::system::{Convert, SettingName, To};
use crate::table::{
    access, gateways, keeping, limits, log, network, plugins, runs, secrets, server,
};

const COFLUX: &str = "Coflux";
const POCKETCI: &str = "PocketCI";
const FLOW8: &str = "flow8";

/// Launchers that have another name here.
const LAUNCHERS: Convert = Convert::Words(&[("native", "process"), ("k8s", "kubernetes")]);
const FEATURES: Convert = Convert::Words(&[("resume", "retries"), ("gates", "approvals")]);

const STUDIO: &str = "there is no Studio: visitors log in at the server itself, or by an identity \
                      provider (`access.identities`)";
const OWN_STORE: &str = "no database server is needed: everything is kept in the folder \
                         `server.data`";
const ONE_SECRET_STORE: &str = "secrets are kept in the folder `server.data`, sealed with \
                                `secrets.key`";

pub(crate) static NAMES: &[SettingName] = &[
    // Coflux: https://docs.coflux.com, "Server configuration".
    coflux("--project", "COFLUX_PROJECT", same(&server::PROJECT)),
    coflux("--public-host", "COFLUX_PUBLIC_HOST", same(&server::PUBLIC_HOST)),
    coflux("--port", "PORT", same(&server::PORT)),
    coflux("--data-dir", "COFLUX_DATA_DIR", same(&server::DATA)),
    flag(COFLUX, "--no-auth", same(&access::NO_AUTH)),
    variable(COFLUX, "COFLUX_REQUIRE_AUTH", to(&access::NO_AUTH, Convert::Not)),
    flag(COFLUX, "--super-token", same(&access::SUPER_TOKEN)),
    coflux("--super-token-hash", "COFLUX_SUPER_TOKEN_HASH", same(&access::SUPER_TOKEN_HASH)),
    coflux("--secret", "COFLUX_SECRET", same(&access::SIGNING_SECRET)),
    coflux("--team", "COFLUX_STUDIO_TEAMS", To::Instead(STUDIO)),
    variable(COFLUX, "COFLUX_STUDIO_URL", To::Instead(STUDIO)),
    variable(COFLUX, "COFLUX_ALLOW_ORIGINS", same(&network::ALLOW_ORIGINS)),
    coflux("--launcher", "COFLUX_LAUNCHER_TYPES", same(&runs::LAUNCHERS_ALLOWED)),
    variable(
        COFLUX,
        "COFLUX_CLI_PATH",
        To::Instead("the launcher `process` starts programs itself and needs no other binary"),
    ),
    flag(
        COFLUX,
        "--image",
        To::Instead("the server is this binary; run its image yourself to choose another version"),
    ),
    // PocketCI: "pocketci server".
    pocketci("--port", "CI_PORT", same(&server::PORT)),
    pocketci("--driver", "CI_DRIVER", to(&runs::LAUNCHER, LAUNCHERS)),
    pocketci("--allowed-drivers", "CI_ALLOWED_DRIVERS", to(&runs::LAUNCHERS_ALLOWED, LAUNCHERS)),
    pocketci("--allowed-features", "CI_ALLOWED_FEATURES", to(&server::FEATURES, FEATURES)),
    flag(POCKETCI, "--secret", same(&secrets::VALUES)),
    pocketci("--max-in-flight", "CI_MAX_IN_FLIGHT", same(&runs::RUNS_MAX)),
    pocketci("--max-queue-size", "CI_MAX_QUEUE_SIZE", same(&runs::QUEUE_MAX)),
    pocketci("--webhook-timeout", "CI_WEBHOOK_TIMEOUT", same(&runs::WEBHOOK_TIMEOUT)),
    pocketci("--fetch-timeout", "CI_FETCH_TIMEOUT", same(&network::FETCH_TIMEOUT)),
    pocketci(
        "--fetch-max-response-mb",
        "CI_FETCH_MAX_RESPONSE_MB",
        unit(&network::FETCH_MAX, "MiB"),
    ),
    pocketci("--max-workdir-mb", "CI_MAX_WORKDIR_MB", unit(&runs::UPLOAD_MAX, "MiB")),
    pocketci("--basic-auth", "CI_BASIC_AUTH", same(&access::BASIC)),
    pocketci(
        "--storage-sqlite-path",
        "CI_STORAGE_SQLITE_PATH",
        to(&server::DATA, Convert::Beside("tenon-data")),
    ),
    pocketci("--secrets-sqlite-path", "CI_SECRETS_SQLITE_PATH", To::Instead(ONE_SECRET_STORE)),
    pocketci("--secrets-sqlite-passphrase", "CI_SECRETS_SQLITE_PASSPHRASE", same(&secrets::KEY)),
    pocketci("--secrets-s3-bucket", "CI_SECRETS_S3_BUCKET", same(&secrets::S3_BUCKET)),
    pocketci("--secrets-s3-endpoint", "CI_SECRETS_S3_ENDPOINT", same(&secrets::S3_ENDPOINT)),
    pocketci("--secrets-s3-region", "CI_SECRETS_S3_REGION", same(&secrets::S3_REGION)),
    pocketci(
        "--secrets-s3-access-key-id",
        "CI_SECRETS_S3_ACCESS_KEY_ID",
        same(&secrets::S3_ACCESS_KEY_ID),
    ),
    pocketci(
        "--secrets-s3-secret-access-key",
        "CI_SECRETS_S3_SECRET_ACCESS_KEY",
        same(&secrets::S3_SECRET_ACCESS_KEY),
    ),
    pocketci("--secrets-s3-passphrase", "CI_SECRETS_S3_PASSPHRASE", same(&secrets::KEY)),
    pocketci("--secrets-s3-encrypt", "CI_SECRETS_S3_ENCRYPT", same(&secrets::S3_ENCRYPT)),
    pocketci("--secrets-s3-prefix", "CI_SECRETS_S3_PREFIX", same(&secrets::S3_PREFIX)),
    pocketci("--cache-s3-bucket", "CI_CACHE_S3_BUCKET", same(&keeping::CACHE_S3_BUCKET)),
    pocketci("--cache-s3-endpoint", "CI_CACHE_S3_ENDPOINT", same(&keeping::CACHE_S3_ENDPOINT)),
    pocketci("--cache-s3-region", "CI_CACHE_S3_REGION", same(&keeping::CACHE_S3_REGION)),
    pocketci(
        "--cache-s3-access-key-id",
        "CI_CACHE_S3_ACCESS_KEY_ID",
        same(&keeping::CACHE_S3_ACCESS_KEY_ID),
    ),
    pocketci(
        "--cache-s3-secret-access-key",
        "CI_CACHE_S3_SECRET_ACCESS_KEY",
        same(&keeping::CACHE_S3_SECRET_ACCESS_KEY),
    ),
    pocketci("--cache-s3-prefix", "CI_CACHE_S3_PREFIX", same(&keeping::CACHE_S3_PREFIX)),
    pocketci("--cache-s3-ttl", "CI_CACHE_S3_TTL", same(&keeping::CACHE_TTL)),
    pocketci("--cache-compression", "CI_CACHE_COMPRESSION", same(&keeping::CACHE_COMPRESSION)),
    pocketci("--cache-key-prefix", "CI_CACHE_KEY_PREFIX", same(&keeping::CACHE_KEY_PREFIX)),
    pocketci("--oauth-github-client-id", "CI_OAUTH_GITHUB_CLIENT_ID", identity("github.client_id")),
    pocketci(
        "--oauth-github-client-secret",
        "CI_OAUTH_GITHUB_CLIENT_SECRET",
        identity("github.client_secret"),
    ),
    pocketci("--oauth-gitlab-client-id", "CI_OAUTH_GITLAB_CLIENT_ID", identity("gitlab.client_id")),
    pocketci(
        "--oauth-gitlab-client-secret",
        "CI_OAUTH_GITLAB_CLIENT_SECRET",
        identity("gitlab.client_secret"),
    ),
    pocketci("--oauth-gitlab-url", "CI_OAUTH_GITLAB_URL", identity("gitlab.url")),
    pocketci(
        "--oauth-microsoft-client-id",
        "CI_OAUTH_MICROSOFT_CLIENT_ID",
        identity("microsoft.client_id"),
    ),
    pocketci(
        "--oauth-microsoft-client-secret",
        "CI_OAUTH_MICROSOFT_CLIENT_SECRET",
        identity("microsoft.client_secret"),
    ),
    pocketci("--oauth-microsoft-tenant", "CI_OAUTH_MICROSOFT_TENANT", identity("microsoft.tenant")),
    pocketci("--oauth-session-secret", "CI_OAUTH_SESSION_SECRET", same(&access::SIGNING_SECRET)),
    pocketci("--oauth-callback-url", "CI_OAUTH_CALLBACK_URL", same(&access::CALLBACK_URL)),
    pocketci("--secure-cookies", "CI_SECURE_COOKIES", same(&access::SECURE_COOKIES)),
    pocketci("--server-rbac", "CI_SERVER_RBAC", same(&access::RULE)),
    pocketci("--log-level", "CI_LOG_LEVEL", same(&log::LEVEL)),
    pocketci("--log-format", "CI_LOG_FORMAT", same(&log::FORMAT)),
    // flow8: "Docker Deployment", and the keys of its config/config.yml.
    variable(FLOW8, "MONGODB_URI", To::Instead(OWN_STORE)),
    variable(FLOW8, "MONGODB_DB", To::Instead(OWN_STORE)),
    key("mongodb.uri", To::Instead(OWN_STORE)),
    key("mongodb.database", To::Instead(OWN_STORE)),
    key("mongodb.max_pool_size", To::Instead(OWN_STORE)),
    key("mongodb.ssl", To::Instead(OWN_STORE)),
    flow8("SERVER_PORT", "server.port", same(&server::PORT)),
    key("server.max_request_size_mb", unit(&limits::BODY_MAX, "MiB")),
    key("server.read_timeout_seconds", unit(&limits::READ_TIMEOUT, "s")),
    key("server.write_timeout_seconds", unit(&limits::ANSWER_TIMEOUT, "s")),
    flow8("ENCRYPTION_KEY", "encryption.key_secret", same(&secrets::KEY)),
    flow8("ENCRYPTION_KEY_SALT", "encryption.key_salt", same(&secrets::SALT)),
    key("encryption.algorithm", To::Always("argon2id", "the key is always derived by argon2id")),
    variable(FLOW8, "MCP_SERVER_ENABLED", same(&gateways::MCP)),
    variable(FLOW8, "MCP_SERVER_PORT", same(&gateways::MCP_PORT)),
    variable(FLOW8, "CHANNEL_PORT_RANGE", same(&gateways::PORTS)),
    variable(FLOW8, "CHANNEL_POOL_SIZE", same(&gateways::MAX)),
    flow8("OAUTH2_CLIENT_ID", "oauth2.microsoft.client_id", identity("microsoft.client_id")),
    flow8(
        "OAUTH2_CLIENT_SECRET",
        "oauth2.microsoft.client_secret",
        identity("microsoft.client_secret"),
    ),
    flow8("OAUTH2_REDIRECT_URI", "oauth2.microsoft.redirect_uri", same(&access::CALLBACK_URL)),
    variable(FLOW8, "DEFAULT_AI_COMPONENT", component("model")),
    variable(FLOW8, "DEFAULT_STORAGE_COMPONENT", component("storage")),
    variable(FLOW8, "DEFAULT_DB_COMPONENT", component("database")),
    variable(FLOW8, "RETENTION_CLEANUP_INTERVAL", same(&keeping::RETENTION_INTERVAL)),
    variable(FLOW8, "RETENTION_AUDIT_CADENCE", same(&keeping::RETENTION_AUDIT)),
    variable(FLOW8, "RETENTION_FLOWS_CADENCE", same(&keeping::RETENTION_RUNS)),
    variable(FLOW8, "LOG_LEVEL", same(&log::LEVEL)),
    variable(FLOW8, "LOG_FILE", same(&log::FILE)),
    variable(FLOW8, "AUDIT_LOG_FIELD_MAX_BYTES", same(&limits::AUDIT_FIELD_MAX)),
    variable(FLOW8, "UNIT_OUTPUT_UI_MAX_BYTES", same(&limits::OUTPUT_SHOWN_MAX)),
    flow8("SESSION_TTL_HOURS", "session.ttl_hours", unit(&access::SESSION_LIFE, "h")),
    flow8("SESSION_COOKIE_SECURE", "session.cookie_secure", same(&access::SECURE_COOKIES)),
    flow8(
        "SESSION_COOKIE_HTTP_ONLY",
        "session.cookie_http_only",
        To::Always("true", "session cookies can never be read by scripts"),
    ),
    flow8("SESSION_COOKIE_SAME_SITE", "session.cookie_same_site", same(&access::SAME_SITE)),
];

const fn to(row: &'static Setting, convert: Convert) -> To {
    To::Setting(row, convert)
}

const fn same(row: &'static Setting) -> To {
    To::Setting(row, Convert::Same)
}

const fn unit(row: &'static Setting, unit: &'static str) -> To {
    To::Setting(row, Convert::Unit(unit))
}

const fn identity(item: &'static str) -> To {
    To::Setting(&access::IDENTITIES, Convert::Item(item))
}

const fn component(kind: &'static str) -> To {
    To::Setting(&plugins::DEFAULTS, Convert::Item(kind))
}

const fn coflux(flag: &'static str, variable: &'static str, to: To) -> SettingName {
    SettingName { system: COFLUX, flag: Some(flag), variable: Some(variable), key: None, to }
}

const fn pocketci(flag: &'static str, variable: &'static str, to: To) -> SettingName {
    SettingName { system: POCKETCI, flag: Some(flag), variable: Some(variable), key: None, to }
}

const fn flow8(variable: &'static str, key: &'static str, to: To) -> SettingName {
    SettingName { system: FLOW8, flag: None, variable: Some(variable), key: Some(key), to }
}

const fn key(key: &'static str, to: To) -> SettingName {
    SettingName { system: FLOW8, flag: None, variable: None, key: Some(key), to }
}

const fn flag(system: &'static str, flag: &'static str, to: To) -> SettingName {
    SettingName { system, flag: Some(flag), variable: None, key: None, to }
}

const fn variable(system: &'static str, variable: &'static str, to: To) -> SettingName {
    SettingName { system, flag: None, variable: Some(variable), key: None, to }
}

#[cfg(test)]
mod tests;
