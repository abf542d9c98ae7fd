//! Where the server keeps what it has, and whom it serves.

use crate::kind::Kind;
use crate::setting::Setting;

rows! {
    DATA = Setting::new(
        "server.data", "data", "TENON_DATA", Kind::Path,
        "Where everything is kept; created where missing",
    ).default("./tenon-data");
    LISTEN = Setting::new(
        "server.listen", "listen", "TENON_LISTEN", Kind::Address,
        "Address to listen on; port 0 takes a free one",
    ).default("127.0.0.1:7070");
    PORT = Setting::new(
        "server.port", "port", "TENON_PORT", Kind::Number { min: 0, max: 65_535 },
        "Port to listen on, in place of the one in `server.listen`",
    );
    PUBLIC_HOST = Setting::new(
        "server.public_host", "public-host", "TENON_PUBLIC_HOST", Kind::Host,
        "Name by which others call the server; with `%.` in front, the first label names the project",
    );
    PROJECT = Setting::new(
        "server.project", "project", "TENON_PROJECT", Kind::Name,
        "Serve this project alone, whatever the server is called; it is made if it is not there",
    );
    DRAIN = Setting::new(
        "server.drain", "drain", "TENON_DRAIN", Kind::Duration { min_ms: 0 },
        "Time that steps in progress get when the server stops; they go on after the next start",
    ).default("30s");
    FEATURES = Setting::new(
        "server.features", "allowed-features", "TENON_ALLOWED_FEATURES", Kind::Selection,
        "What may be used: `*`, names, and `!name`, of fetch, secrets, retries, webhooks, schedules, notifications, approvals",
    ).default("*");
}

/// The names that [`FEATURES`] knows.
pub const FEATURE_NAMES: &[&str] =
    &["fetch", "secrets", "retries", "webhooks", "schedules", "notifications", "approvals"];
