//! The bindings of the contract, generated while this crate compiles.
//!
//! One set of imports for all kinds, and one set of exports per kind, which shares the types of the
//! imports. A kind's exports reach a component only through the macro of that kind.

pub mod imports {
    wit_bindgen::generate!({
        path: "wit",
        inline: "
            package tenon:sdk;
            world all { include tenon:plugin/imports@1.0.0; import tenon:plugin/machine@1.0.0; }
        ",
        generate_all,
    });
}

/// The exports of one interface, which uses the types of these imports.
macro_rules! export {
    ($name:ident($($used:tt $path:ident),+), $world:tt, $module:tt) => {
        pub mod $name {
            wit_bindgen::generate!({
                path: "wit",
                inline: $world,
                with: { $($used: crate::bindings::imports::tenon::plugin::$path),+ },
                generate_all,
                pub_export_macro: true,
                default_bindings_module: $module,
            });
        }
    };
}

export!(
    launcher("tenon:plugin/types@1.0.0" types, "tenon:plugin/machine@1.0.0" machine),
    "package tenon:launcher-of-sdk; world launcher-world { export tenon:plugin/launcher@1.0.0; }",
    "tenon_sdk::bindings::launcher"
);
export!(
    resource("tenon:plugin/types@1.0.0" types, "tenon:plugin/machine@1.0.0" machine),
    "package tenon:resource-of-sdk; world resource-world { export tenon:plugin/%resource@1.0.0; }",
    "tenon_sdk::bindings::resource"
);
export!(
    action("tenon:plugin/types@1.0.0" types, "tenon:plugin/machine@1.0.0" machine),
    "package tenon:action-of-sdk; world action-world { export tenon:plugin/action@1.0.0; }",
    "tenon_sdk::bindings::action"
);
export!(
    language("tenon:plugin/types@1.0.0" types),
    "package tenon:language-of-sdk; world language-world { export tenon:plugin/language@1.0.0; }",
    "tenon_sdk::bindings::language"
);
export!(
    secrets("tenon:plugin/types@1.0.0" types),
    "package tenon:secrets-of-sdk; world secrets-world { export tenon:plugin/secrets@1.0.0; }",
    "tenon_sdk::bindings::secrets"
);
export!(
    cache("tenon:plugin/types@1.0.0" types),
    "package tenon:cache-of-sdk; world cache-world { export tenon:plugin/cache@1.0.0; }",
    "tenon_sdk::bindings::cache"
);
export!(
    model("tenon:plugin/types@1.0.0" types),
    "package tenon:model-of-sdk; world model-world { export tenon:plugin/model@1.0.0; }",
    "tenon_sdk::bindings::model"
);
export!(
    identity("tenon:plugin/types@1.0.0" types),
    "package tenon:identity-of-sdk; world identity-world { export tenon:plugin/identity@1.0.0; }",
    "tenon_sdk::bindings::identity"
);
export!(
    webhook("tenon:plugin/types@1.0.0" types),
    "package tenon:webhook-of-sdk; world webhook-world { export tenon:plugin/webhook@1.0.0; }",
    "tenon_sdk::bindings::webhook"
);
export!(
    notifier("tenon:plugin/types@1.0.0" types),
    "package tenon:notifier-of-sdk; world notifier-world { export tenon:plugin/notifier@1.0.0; }",
    "tenon_sdk::bindings::notifier"
);
export!(
    gateway("tenon:plugin/types@1.0.0" types),
    "package tenon:gateway-of-sdk; world gateway-world { export tenon:plugin/gateway@1.0.0; }",
    "tenon_sdk::bindings::gateway"
);
export!(
    migration("tenon:plugin/types@1.0.0" types),
    "package tenon:migration-of-sdk; world migration-world { export tenon:plugin/migration@1.0.0; }",
    "tenon_sdk::bindings::migration"
);
export!(
    selftest("tenon:plugin/types@1.0.0" types),
    "package tenon:selftest-of-sdk; world selftest-world { export tenon:plugin/selftest@1.0.0; }",
    "tenon_sdk::bindings::selftest"
);
