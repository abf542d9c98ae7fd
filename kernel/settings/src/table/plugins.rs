//! Which plugins there are, and what they may do.

use crate::kind::Kind;
use crate::setting::Setting;

rows! {
    FOLDER = Setting::new(
        "plugins.folder", "plugins", "TENON_PLUGINS", Kind::Path,
        "A folder of plugins (*.wasm), which add to and override the built-in ones",
    );
    GRANTS = Setting::new(
        "plugins.grants", "grant", "TENON_GRANTS", Kind::List { of: &Kind::Grant, separator: ';' },
        "Let a plugin of that folder use a capability, such as my-plugin=process:git; may be repeated",
    );
    TRUST_STORE = Setting::new(
        "plugins.trust_store", "trust-store", "TENON_TRUST_STORE", Kind::Path,
        "Whom plugins are trusted from: a TOML file of public keys, or a folder of them; read again at each use",
    );
    ALLOW_UNSIGNED = Setting::new(
        "plugins.allow_unsigned", "allow-unsigned", "TENON_ALLOW_UNSIGNED", Kind::Switch,
        "Let plugins be installed that nobody has signed, without saying so each time",
    ).default("false");
    PLAIN_HTTP = Setting::new(
        "plugins.plain_http", "plain-http", "TENON_PLAIN_HTTP", Kind::list(&Kind::Text),
        "A registry or server that plugins are fetched from over plain http, such as 127.0.0.1:5000; may be repeated",
    );
    REGISTRY_LOGINS = Setting::new(
        "plugins.registry_logins", "registry-logins", "TENON_REGISTRY_LOGINS", Kind::Path,
        "A file with the logins of registries, as container tools keep it; read again at each use",
    );
    REGISTRY_CA = Setting::new(
        "plugins.registry_ca", "registry-ca", "TENON_REGISTRY_CA", Kind::Path,
        "Certificates to trust beside those of the system where plugins are fetched, as PEM",
    );
    NATIVE_ALLOWED = Setting::new(
        "plugins.native_allowed", "native-allowed", "TENON_NATIVE_ALLOWED", Kind::list(&Kind::Sha256),
        "Shared libraries that may be loaded into the server, by SHA-256; may be repeated",
    );
    DEFAULTS = Setting::new(
        "plugins.defaults", "default-component", "TENON_DEFAULT_COMPONENTS", Kind::list(&Kind::Pair),
        "The component that is meant where a kind is asked for and none is named, such as model=my-model; may be repeated",
    ).later("components");
}
