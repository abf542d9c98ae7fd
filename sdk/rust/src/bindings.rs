//! The bindings of the contract, generated while this crate compiles.
//!
//! One set of imports for all kinds, and one set of exports per kind, which share the types of the
//! imports. A kind's exports reach a component only through the macro of that kind.

pub mod imports {
    wit_bindgen::generate!({
        path: "../../wit/tenon-plugin@1.0.0",
        inline: "
            package tenon:sdk;
            world all { include tenon:plugin/imports@1.0.0; import tenon:plugin/machine@1.0.0; }
        ",
        generate_all,
    });
}

pub mod launcher {
    wit_bindgen::generate!({
        path: "../../wit/tenon-plugin@1.0.0",
        world: "launcher-plugin",
        with: {
            "tenon:plugin/types@1.0.0": crate::bindings::imports::tenon::plugin::types,
            "tenon:plugin/context@1.0.0": crate::bindings::imports::tenon::plugin::context,
            "tenon:plugin/log@1.0.0": crate::bindings::imports::tenon::plugin::log,
            "tenon:plugin/output@1.0.0": crate::bindings::imports::tenon::plugin::output,
            "tenon:plugin/config@1.0.0": crate::bindings::imports::tenon::plugin::config,
            "tenon:plugin/workspace@1.0.0": crate::bindings::imports::tenon::plugin::workspace,
            "tenon:plugin/process@1.0.0": crate::bindings::imports::tenon::plugin::process,
            "tenon:plugin/http@1.0.0": crate::bindings::imports::tenon::plugin::http,
            "tenon:plugin/kv@1.0.0": crate::bindings::imports::tenon::plugin::kv,
            "tenon:plugin/machine@1.0.0": crate::bindings::imports::tenon::plugin::machine,
        },
        pub_export_macro: true,
        default_bindings_module: "tenon_sdk::bindings::launcher",
    });
}

pub mod resource {
    wit_bindgen::generate!({
        path: "../../wit/tenon-plugin@1.0.0",
        world: "resource-plugin",
        with: {
            "tenon:plugin/types@1.0.0": crate::bindings::imports::tenon::plugin::types,
            "tenon:plugin/context@1.0.0": crate::bindings::imports::tenon::plugin::context,
            "tenon:plugin/log@1.0.0": crate::bindings::imports::tenon::plugin::log,
            "tenon:plugin/output@1.0.0": crate::bindings::imports::tenon::plugin::output,
            "tenon:plugin/config@1.0.0": crate::bindings::imports::tenon::plugin::config,
            "tenon:plugin/workspace@1.0.0": crate::bindings::imports::tenon::plugin::workspace,
            "tenon:plugin/process@1.0.0": crate::bindings::imports::tenon::plugin::process,
            "tenon:plugin/http@1.0.0": crate::bindings::imports::tenon::plugin::http,
            "tenon:plugin/kv@1.0.0": crate::bindings::imports::tenon::plugin::kv,
            "tenon:plugin/machine@1.0.0": crate::bindings::imports::tenon::plugin::machine,
        },
        pub_export_macro: true,
        default_bindings_module: "tenon_sdk::bindings::resource",
    });
}

pub mod action {
    wit_bindgen::generate!({
        path: "../../wit/tenon-plugin@1.0.0",
        world: "action-plugin",
        with: {
            "tenon:plugin/types@1.0.0": crate::bindings::imports::tenon::plugin::types,
            "tenon:plugin/context@1.0.0": crate::bindings::imports::tenon::plugin::context,
            "tenon:plugin/log@1.0.0": crate::bindings::imports::tenon::plugin::log,
            "tenon:plugin/output@1.0.0": crate::bindings::imports::tenon::plugin::output,
            "tenon:plugin/config@1.0.0": crate::bindings::imports::tenon::plugin::config,
            "tenon:plugin/workspace@1.0.0": crate::bindings::imports::tenon::plugin::workspace,
            "tenon:plugin/process@1.0.0": crate::bindings::imports::tenon::plugin::process,
            "tenon:plugin/http@1.0.0": crate::bindings::imports::tenon::plugin::http,
            "tenon:plugin/kv@1.0.0": crate::bindings::imports::tenon::plugin::kv,
            "tenon:plugin/machine@1.0.0": crate::bindings::imports::tenon::plugin::machine,
        },
        pub_export_macro: true,
        default_bindings_module: "tenon_sdk::bindings::action",
    });
}

pub mod language {
    wit_bindgen::generate!({
        path: "../../wit/tenon-plugin@1.0.0",
        world: "language-plugin",
        with: {
            "tenon:plugin/types@1.0.0": crate::bindings::imports::tenon::plugin::types,
            "tenon:plugin/context@1.0.0": crate::bindings::imports::tenon::plugin::context,
            "tenon:plugin/log@1.0.0": crate::bindings::imports::tenon::plugin::log,
            "tenon:plugin/config@1.0.0": crate::bindings::imports::tenon::plugin::config,
        },
        pub_export_macro: true,
        default_bindings_module: "tenon_sdk::bindings::language",
    });
}
