//! The way in and the way out.

use crate::kind::Kind;
use crate::setting::Setting;

rows! {
    TLS_CERT = Setting::new(
        "network.tls_cert", "tls-cert", "TENON_TLS_CERT", Kind::Path,
        "Certificate chain to serve HTTPS with, as PEM; read again when it changes",
    );
    TLS_KEY = Setting::new(
        "network.tls_key", "tls-key", "TENON_TLS_KEY", Kind::Path,
        "Private key of the certificate, as PEM",
    );
    TRUSTED_PROXIES = Setting::new(
        "network.trusted_proxies", "trusted-proxy", "TENON_TRUSTED_PROXIES", Kind::list(&Kind::Cidr),
        "Networks whose X-Forwarded-For and X-Forwarded-Proto are believed; may be repeated",
    );
    ALLOW_ORIGINS = Setting::new(
        "network.allow_origins", "allow-origin", "TENON_ALLOW_ORIGINS", Kind::list(&Kind::Origin),
        "Other sites whose pages may call the server (CORS); may be repeated",
    );
    EGRESS_ALLOWED = Setting::new(
        "network.egress_allowed", "egress-allowed", "TENON_EGRESS_ALLOWED", Kind::list(&Kind::Destination),
        "Networks and hosts that requests of pipelines may reach though they are not public; may be repeated",
    );
    FETCH_TIMEOUT = Setting::new(
        "network.fetch_timeout", "fetch-timeout", "TENON_FETCH_TIMEOUT", Kind::Duration { min_ms: 1 },
        "Time for fetching one text that a step reads",
    ).default("30s");
    FETCH_MAX = Setting::new(
        "network.fetch_max", "fetch-max", "TENON_FETCH_MAX", Kind::Size { min: 1, max: 64 << 20 },
        "Size of one text that a step fetches; more than 1MiB has no effect yet",
    ).default("1MiB");
}
