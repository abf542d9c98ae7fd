//! From the facts to what serves: the one place that decides which version a name stands for.

use std::collections::BTreeSet;
use std::sync::Arc;

use kernel_ports::plugin::PluginKind;

use super::Facts;
use super::facts::version_of;
use crate::builder::Base;
use crate::ledger::Ledger;
use crate::plugin::{Binary, Plugin};
use crate::registry::Registry;

/// A version that is taken over is held by the registry that goes and by the one that comes.
const HELD_BY_REGISTRIES: usize = 2;

/// Which binary a name stands for.
pub(crate) enum Serving<'a> {
    Binary(&'a Binary),
    /// None, and this is why.
    Stopped(String),
}

/// Decides which binary a plugin is. None: there is no such plugin.
pub(crate) fn serving<'a>(base: &'a Base, facts: &'a Facts, name: &str) -> Option<Serving<'a>> {
    let below = base.binaries.get(name);
    let Some(record) = facts.plugins.get(name) else { return below.map(Serving::Binary) };
    if !record.enabled {
        return Some(Serving::Stopped(format!(
            "it is disabled; `tenon plugin enable {name}` lets it serve again"
        )));
    }
    let quarantine = version_of(record, &record.active).and_then(|v| v.quarantine.as_ref());
    if let Some(quarantine) = quarantine {
        return Some(below.map_or_else(
            || {
                let reason = &quarantine.reason;
                Serving::Stopped(format!(
                    "it is in quarantine, as {reason}; `tenon plugin enable {name}` lifts it"
                ))
            },
            Serving::Binary,
        ));
    }
    Some(match facts.binaries.get(&record.active) {
        Some(Ok(binary)) => Serving::Binary(binary),
        Some(Err(reason)) => Serving::Stopped(reason.clone()),
        None => Serving::Stopped("its binary is missing; install it again".to_owned()),
    })
}

/// Makes the registry for these facts. What has not changed is taken over from `old`, warm.
pub(crate) fn assemble(base: &Base, facts: Facts, old: &Registry) -> Registry {
    let mut new = Registry::new(Arc::new(facts));
    let facts = Arc::clone(&new.facts);
    let names: BTreeSet<&str> = base
        .binaries
        .keys()
        .map(|name| &**name)
        .chain(facts.plugins.keys().map(String::as_str))
        .collect();
    for plugin in names {
        let bindings = facts.bindings_of(plugin).map(|binding| binding.name.as_str());
        for binding in std::iter::once(plugin).chain(bindings) {
            let digest = match serving(base, &facts, plugin) {
                Some(Serving::Binary(binary)) => {
                    let plugin = named(base, &facts, binary, binding, old);
                    let digest = plugin.info.digest.clone();
                    new.serve(plugin);
                    Some(digest)
                }
                Some(Serving::Stopped(reason)) => {
                    new.stop(binding, reason);
                    None
                }
                None => None,
            };
            // The others, for work that began with them.
            let versions = facts.plugins.get(plugin).into_iter().flat_map(|p| &p.versions);
            let kept = versions.filter_map(|v| facts.binaries.get(&v.digest)?.as_ref().ok());
            for binary in kept.chain(base.binaries.get(plugin)) {
                if Some(&binary.inspected.digest) != digest.as_ref()
                    && new.version(binding, &binary.inspected.digest).is_none()
                {
                    new.keep(retired(base, &facts, binary, binding, old));
                }
            }
        }
    }
    for ((kind, project), binding) in &facts.defaults {
        if let Some(kind) = PluginKind::parse(kind) {
            new.set_default(kind, project, binding);
        }
    }
    new
}

/// Returns a plugin under a name, the one of `old` if it is the same.
fn named(base: &Base, facts: &Facts, binary: &Binary, name: &str, old: &Registry) -> Arc<Plugin> {
    let before = old.version(name, &binary.inspected.digest);
    let mut new = make(base, facts, binary, name, old);
    match before {
        Some(before) if before.equals(&new) => Arc::clone(before),
        before => {
            if let Some(before) = before {
                new.figures = Arc::clone(&before.figures);
                new.traps = Arc::clone(&before.traps);
            }
            Arc::new(new)
        }
    }
}

/// Returns a version that does not serve, without its machine code: calls that hold it keep that,
/// and work that began with it, and comes back, has it loaded again.
fn retired(base: &Base, facts: &Facts, binary: &Binary, name: &str, old: &Registry) -> Arc<Plugin> {
    let new = named(base, facts, binary, name, old);
    let is_in_use = Arc::strong_count(&new) > HELD_BY_REGISTRIES;
    let served = old.get(name).is_some_and(|before| Arc::ptr_eq(before, &new));
    let is_warm = new.loaded.initialized();
    if served || (is_warm && !is_in_use) { Arc::new(new.cold()) } else { new }
}

fn make(base: &Base, facts: &Facts, binary: &Binary, name: &str, old: &Registry) -> Plugin {
    let rules = base.policy.with(name, facts.rules(name));
    let config = match facts.config(name) {
        Some(config) => config.into(),
        None => base.configs.get(name).map_or_else(|| "{}".into(), |config| config.as_str().into()),
    };
    let mut kept = old.kept().filter(|plugin| &*plugin.name == name);
    let ledger = kept.next().map_or_else(Arc::<Ledger>::default, |p| Arc::clone(&p.ledger));
    Plugin::new(name.into(), binary, &rules, config, ledger)
}
