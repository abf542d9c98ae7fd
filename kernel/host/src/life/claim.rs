//! What plugins say that they serve: a type of resources, files of a language, a name in pipelines.
//! What another plugin serves already is not taken over by being installed.
//!
//! Operators can say otherwise: a binding of that name comes first.

use std::sync::Arc;

use kernel_ports::plugin::PluginKind;

use crate::grant::meet;
use crate::plugin::Plugin;
use crate::registry::Registry;

/// Returns what a plugin that is new in a registry would take from another one. The end of a
/// sentence about the plugin.
pub(super) fn taken(new: &Registry, old: &Registry) -> Option<String> {
    let is_new = |plugin: &&Arc<Plugin>| {
        !old.get(&plugin.name).is_some_and(|before| claims_the_same(before, plugin))
    };
    let mut others = new.plugins().filter(is_new).flat_map(|plugin| {
        let others = new.plugins().filter(|other| other.name != plugin.name);
        others.map(move |other| (plugin, other))
    });
    others.find_map(|(plugin, other)| taken_from(plugin, other))
}

fn claims_the_same(before: &Plugin, plugin: &Plugin) -> bool {
    let (before, now) = (&before.inspected, &plugin.inspected);
    before.kinds == now.kinds
        && resource(&before.manifest) == resource(&now.manifest)
        && before.manifest.patterns == now.manifest.patterns
}

fn resource(manifest: &wit_envelope::manifest::Manifest) -> Option<&str> {
    manifest.resource.as_ref().map(|resource| resource.name.as_str())
}

fn taken_from(plugin: &Plugin, other: &Plugin) -> Option<String> {
    let (own, its) = (&plugin.inspected.manifest, &other.inspected.manifest);
    let (name, other_name) = (&plugin.name, &other.name);
    let both = |kind| [plugin, other].iter().all(|plugin| plugin.info.kinds.contains(&kind));
    if both(PluginKind::Resource)
        && let Some(claimed) = resource(own)
        && Some(claimed) == resource(its)
    {
        return Some(format!(
            "it serves resources of the type {claimed:?}, as {other_name} does; have its author \
             call the type otherwise, or take {other_name} out of service first"
        ));
    }
    if both(PluginKind::Language) {
        let pairs = own.patterns.iter().flat_map(|a| its.patterns.iter().map(move |b| (a, b)));
        if let Some((own, its)) = pairs.into_iter().find(|(a, b)| meet(a, b)) {
            return Some(format!(
                "it takes files named {own:?}, of which {other_name} takes {its:?}; have its \
                 author choose others, or take {other_name} out of service first"
            ));
        }
    }
    let shadows =
        |kind: &&PluginKind| both(**kind) && **other_name == *format!("{}-{name}", kind.word());
    let kind = plugin.info.kinds.iter().find(shadows)?;
    Some(format!(
        "pipelines mean {other_name} by {name:?}, where they name a {}; have its author call it \
         otherwise, or take {other_name} out of service first",
        kind.word()
    ))
}
