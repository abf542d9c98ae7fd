//! Gives a component its imports: what is granted for real, what is not as functions that refuse.
//!
//! A guest whose wish was refused starts all the same; only the use of it fails.

use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::component::{Component, HasSelf, Linker, LinkerInstance, ResourceType, Val};
use wasmtime::{Engine, Result, StoreContextMut};

use crate::bindings;
use crate::call::CallState;
use crate::fault::Stop;
use crate::grant::Grants;
use crate::inspect::Inspected;
use crate::policy::GRANTABLE;

/// What stands for a resource of an interface that is not granted. There is never one.
struct Refused;

/// Returns a linker for one plugin.
pub(crate) fn linker(
    engine: &Engine,
    component: &Component,
    inspected: &Inspected,
    grants: &Grants,
) -> Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    let own = itself;
    bindings::types::add_to_linker::<_, HasSelf<CallState>>(&mut linker, own)?;
    bindings::context::add_to_linker::<_, HasSelf<CallState>>(&mut linker, own)?;
    bindings::log::add_to_linker::<_, HasSelf<CallState>>(&mut linker, own)?;
    // The same for every call, so that reading it is not using the call.
    bindings::config::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    let capabilities = inspected.capabilities();
    for capability in GRANTABLE.into_iter().filter(|c| capabilities.contains(c)) {
        if !grants.allows(capability) {
            refuse(&mut linker, component, capability)?;
            continue;
        }
        match capability {
            "output" => bindings::output::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            "workspace" => bindings::workspace::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            "process" => bindings::process::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            "http" => bindings::http::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            "kv" => bindings::kv::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            "secret-store" => {
                bindings::secret_store::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?;
            }
            "secret-reveal" => {
                bindings::secret_reveal::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?;
            }
            "blob" => bindings::blob::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            "tcp" => bindings::tcp::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            "kernel" => bindings::kernel::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            "keyring" => bindings::keyring::add_to_linker::<_, HasSelf<_>>(&mut linker, own)?,
            // Nothing is defined, so linking names what is missing.
            _ => {}
        }
    }
    Ok(linker)
}

/// The host of every capability is the state of the call, which notes that it is used.
fn itself(state: &mut CallState) -> &mut CallState {
    state.asked()
}

/// Defines every function of an interface as one that refuses.
fn refuse(
    linker: &mut Linker<CallState>,
    component: &Component,
    capability: &'static str,
) -> Result<()> {
    let engine = linker.engine().clone();
    let prefix = format!("tenon:plugin/{capability}@");
    for (name, import) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(interface) = import.ty else { continue };
        if !name.starts_with(&prefix) {
            continue;
        }
        let mut instance = linker.instance(name)?;
        for (item, export) in interface.exports(&engine) {
            refuse_item(&mut instance, item, &export.ty, capability)?;
        }
    }
    Ok(())
}

fn refuse_item(
    instance: &mut LinkerInstance<'_, CallState>,
    name: &str,
    item: &ComponentItem,
    capability: &'static str,
) -> Result<()> {
    match item {
        ComponentItem::ComponentFunc(_) => instance.func_new(name, move |store, ty, _, results| {
            refuse_call(store, &ty, results, capability)
        }),
        ComponentItem::Resource(_) => {
            instance.resource(name, ResourceType::host::<Refused>(), |_, _| Ok(()))
        }
        _ => Ok(()),
    }
}

/// Answers with the contract's error where the function has a result, else ends the call.
fn refuse_call(
    mut store: StoreContextMut<'_, CallState>,
    ty: &ComponentFunc,
    results: &mut [Val],
    capability: &'static str,
) -> Result<()> {
    let error = store.data_mut().asked().deny(capability, None);
    let can_say = match ty.results().next() {
        Some(Type::Result(result)) => matches!(result.err(), Some(Type::Record(_))),
        _ => false,
    };
    match results.first_mut() {
        Some(result) if can_say => {
            let text = |text: String| Val::String(text);
            let record = vec![
                ("code".into(), text(error.code)),
                ("message".into(), text(error.message)),
                ("retry-after-ms".into(), Val::Option(None)),
                ("detail".into(), Val::List(Vec::new())),
            ];
            *result = Val::Result(Err(Some(Box::new(Val::Record(record)))));
            Ok(())
        }
        _ => Err(Stop::Denied { capability: capability.to_owned() }.into()),
    }
}
