//! The imports of the contract, generated from its WIT.
//!
//! Only imports: a linker may offer more than a plugin uses, so a world does no harm here.

wasmtime::component::bindgen!({
    path: "../../wit/tenon-plugin@1.0.0",
    world: "imports",
    imports: {
        "tenon:plugin/output": async | trappable,
        "tenon:plugin/workspace": async | trappable,
        "tenon:plugin/http": async | trappable,
        "tenon:plugin/kv": async | trappable,
        "tenon:plugin/blob": async | trappable,
        "tenon:plugin/tcp": async | trappable,
        "tenon:plugin/kernel": async | trappable,
        "tenon:plugin/secret-store": async | trappable,
        "tenon:plugin/secret-reveal": async | trappable,
        default: trappable,
    },
    with: {
        "tenon:plugin/workspace.volume": crate::capability::Volume,
        "tenon:plugin/process.command": crate::capability::Command,
        "tenon:plugin/secret-store.secret": crate::capability::Secret,
        "tenon:plugin/blob.bucket": crate::capability::Bucket,
        "tenon:plugin/blob.upload": crate::capability::Upload,
        "tenon:plugin/tcp.connection": crate::capability::Connection,
        "tenon:plugin/http.request": crate::capability::Request,
        "tenon:plugin/http.response": crate::capability::Response,
    },
});

pub(crate) use tenon::plugin::{
    blob, config, context, http, kernel, keyring, kv, log, output, process, secret_reveal,
    secret_store, tcp, types, workspace,
};
