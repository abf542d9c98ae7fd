//! Who may do what.

use crate::kind::Kind;
use crate::setting::Setting;

rows! {
    NO_AUTH = Setting::new(
        "access.no_auth", "no-auth", "TENON_NO_AUTH", Kind::Switch,
        "Let everybody who reaches the server do everything",
    ).default("false");
    NO_AUTH_PUBLIC = Setting::new(
        "access.no_auth_public", "no-auth-public", "TENON_NO_AUTH_PUBLIC", Kind::Switch,
        "With `access.no_auth`, listen on addresses that other machines reach too",
    ).default("false");
    SUPER_TOKEN = Setting::new(
        "access.super_token", "super-token", "TENON_SUPER_TOKEN", Kind::Text,
        "A token that may do everything",
    ).secret();
    SUPER_TOKEN_HASH = Setting::new(
        "access.super_token_hash", "super-token-hash", "TENON_SUPER_TOKEN_HASH", Kind::Sha256,
        "The SHA-256 digest of such a token, so that the token itself is written nowhere",
    );
    BASIC = Setting::new(
        "access.basic", "basic-auth", "TENON_BASIC_AUTH", Kind::Login,
        "A user with a password who may do everything, as USER:PASSWORD",
    ).secret();
    SIGNING_SECRET = Setting::new(
        "access.signing_secret", "signing-secret", "TENON_SIGNING_SECRET", Kind::Text,
        "What tokens and sessions are signed with, best 32 random bytes or more; where it is left out, a key of the keyring. Another one ends all of them",
    ).secret();
    RULE = Setting::new(
        "access.rule", "access-rule", "TENON_ACCESS_RULE", Kind::Rule,
        "An expression over who somebody is; those that it is true for maintain the server, but for accounts and plugins",
    );
    SECURE_COOKIES = Setting::new(
        "access.secure_cookies", "secure-cookies", "TENON_SECURE_COOKIES", Kind::Switch,
        "Send session cookies over HTTPS only",
    ).default("false");
    SAME_SITE = Setting::new(
        "access.same_site", "same-site", "TENON_SAME_SITE", Kind::Choice(&["strict", "lax"]),
        "Whether links on other sites open with the session (lax) or without it (strict)",
    ).default("lax");
    SESSION_IDLE = Setting::new(
        "access.session_idle", "session-idle", "TENON_SESSION_IDLE", Kind::Duration { min_ms: 1_000 },
        "Time after which a session that nobody uses ends",
    ).default("12h");
    SESSION_LIFE = Setting::new(
        "access.session_life", "session-life", "TENON_SESSION_LIFE", Kind::Duration { min_ms: 1_000 },
        "Time after which every session ends",
    ).default("7d");
    CALLBACK_URL = Setting::new(
        "access.callback_url", "callback-url", "TENON_CALLBACK_URL", Kind::Url,
        "How browsers reach the server when identity providers send them back, such as https://ci.example.com; left out: as they have called it",
    );
    OAUTH = Setting::new(
        "access.oauth", "oauth", "TENON_OAUTH", Kind::Switch,
        "Let programs ask people for access by OAuth",
    ).default("true");
    OAUTH_REGISTRATION = Setting::new(
        "access.oauth_registration", "oauth-registration", "TENON_OAUTH_REGISTRATION", Kind::Switch,
        "With `access.oauth`, let programs register themselves; those with a Client ID Metadata Document need not",
    ).default("true");
    IDENTITIES = Setting::new(
        "access.identities", "identity", "TENON_IDENTITIES", Kind::List { of: &Kind::Pair, separator: '\n' },
        "Configures an identity provider, such as oidc.client_id=abc; may be repeated",
    ).secret();
}
