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
        "The keys that plugins must be signed with",
    ).later("signed plugins");
    ALLOW_UNSIGNED = Setting::new(
        "plugins.allow_unsigned", "allow-unsigned", "TENON_ALLOW_UNSIGNED", Kind::Switch,
        "Install plugins that nobody has signed",
    ).default("false").later("signed plugins");
    NATIVE_ALLOWED = Setting::new(
        "plugins.native_allowed", "native-allowed", "TENON_NATIVE_ALLOWED", Kind::list(&Kind::Sha256),
        "Shared libraries that may be loaded into the server, by SHA-256; may be repeated",
    );
    DEFAULTS = Setting::new(
        "plugins.defaults", "default-component", "TENON_DEFAULT_COMPONENTS", Kind::list(&Kind::Pair),
        "The component that is meant where a kind is asked for and none is named, such as model=my-model; may be repeated",
    ).later("components");
}
