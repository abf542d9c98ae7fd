//! The plugins that are there, by name and by digest.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use kernel_ports::plugin::{Machine, PluginError, PluginKind};
use strsim::jaro_winkler;

use crate::grant::covers;
use crate::life::Facts;
use crate::plugin::Plugin;

/// Below this, two names have nothing to do with each other.
const SIMILAR: f64 = 0.8;

/// The plugins that serve, at one moment. It never changes: a change makes another one.
#[derive(Default)]
pub(crate) struct Registry {
    /// By the name of the binding.
    by_name: BTreeMap<Arc<str>, Arc<Plugin>>,
    /// Bindings that do not serve, and why.
    stopped: BTreeMap<Arc<str>, String>,
    /// Every version that is kept, by digest: once for each binding.
    versions: HashMap<String, Vec<Arc<Plugin>>>,
    /// Names of bindings, by kind and project.
    defaults: BTreeMap<(PluginKind, Arc<str>), Arc<str>>,
    pub(crate) facts: Arc<Facts>,
}

impl Registry {
    pub(crate) fn new(facts: Arc<Facts>) -> Self {
        Self { facts, ..Self::default() }
    }

    /// Adds a plugin that serves, unless it was found that it cannot.
    pub(crate) fn serve(&mut self, plugin: Arc<Plugin>) {
        self.keep(Arc::clone(&plugin));
        if let Some(reason) = plugin.unfit.get() {
            self.stop(&plugin.name, reason.clone());
            return;
        }
        plugin.starts.set_serves(true);
        self.by_name.insert(Arc::clone(&plugin.name), plugin);
    }

    /// Takes out of service what cannot serve as it is. With other grants it is tried again.
    pub(crate) fn stop_unfit(&mut self, binding: &str, reason: &str) {
        let Some(plugin) = self.by_name.remove(binding) else { return };
        plugin.starts.set_serves(false);
        let reason = format!("with what it may use now it cannot serve: {reason}");
        let reason = plugin.unfit.get_or_init(|| reason).clone();
        self.stop(binding, reason);
    }

    /// Adds a version that does not serve, but is there for work that began with it.
    pub(crate) fn keep(&mut self, plugin: Arc<Plugin>) {
        self.versions.entry(plugin.info.digest.clone()).or_default().push(plugin);
    }

    /// Adds a binding that does not serve.
    pub(crate) fn stop(&mut self, name: &str, reason: String) {
        self.stopped.insert(name.into(), reason);
    }

    pub(crate) fn set_default(&mut self, kind: PluginKind, project: &str, binding: &str) {
        self.defaults.insert((kind, project.into()), binding.into());
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Plugin>> {
        self.by_name.get(name)
    }

    /// Returns the plugins that serve, under all their names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.by_name.values()
    }

    /// Returns the plugins that serve, each once: under its own name.
    pub(crate) fn plugins(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.all().filter(|plugin| *plugin.name == *plugin.info.name)
    }

    /// Returns a version that is kept, under the name of a binding.
    pub(crate) fn version(&self, binding: &str, digest: &str) -> Option<&Arc<Plugin>> {
        self.versions.get(digest)?.iter().find(|plugin| &*plugin.name == binding)
    }

    /// Returns all that is kept, whether it serves or not.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &Arc<Plugin>> {
        self.versions.values().flatten()
    }

    /// Returns the language of that name: this version if it is there, else the current one.
    pub(crate) fn language(&self, name: &str, digest: &str) -> Result<&Arc<Plugin>, PluginError> {
        match self.version(name, digest) {
            // What does not serve does not go on with what it began, either.
            Some(plugin) if !self.stopped.contains_key(&plugin.name) => Ok(plugin),
            _ => self.find(PluginKind::Language, name),
        }
    }

    /// Returns the language that takes a file by its name.
    pub(crate) fn language_of(&self, file_name: &str) -> Result<&Arc<Plugin>, PluginError> {
        let base = file_name.rsplit('/').next().unwrap_or(file_name);
        let takes = |plugin: &&Arc<Plugin>| {
            plugin.inspected.manifest.patterns.iter().any(|pattern| covers(pattern, base))
        };
        let languages =
            || self.plugins().filter(|plugin| plugin.info.kinds.contains(&PluginKind::Language));
        languages().find(takes).ok_or_else(|| {
            let known = languages().map(|plugin| {
                let patterns = plugin.inspected.manifest.patterns.join(" ");
                format!("{} ({patterns})", plugin.name)
            });
            PluginError::Unknown {
                kind: "language for the file",
                name: file_name.to_owned(),
                known: listed(known.collect(), None),
            }
        })
    }

    pub(crate) fn machine(
        &self,
        machine: &Machine,
    ) -> Result<(PluginKind, &Arc<Plugin>), PluginError> {
        let (kind, found) = match machine {
            Machine::Launcher(name) => {
                (PluginKind::Launcher, self.find(PluginKind::Launcher, name))
            }
            Machine::Action(name) => (PluginKind::Action, self.find(PluginKind::Action, name)),
            Machine::Resource(name) => (PluginKind::Resource, self.resource(name)),
        };
        Ok((kind, found?))
    }

    /// Returns the plugin of a kind by the name of its binding, in full or without the kind (`yaml`
    /// for `language-yaml`).
    pub(crate) fn find(&self, kind: PluginKind, name: &str) -> Result<&Arc<Plugin>, PluginError> {
        let word = kind.word();
        let full = format!("{word}-{name}");
        let found = [name, &full]
            .into_iter()
            .filter_map(|name| self.by_name.get(name))
            .find(|plugin| plugin.info.kinds.contains(&kind));
        if let Some(plugin) = found {
            return Ok(plugin);
        }
        Err(self.stopped([name, &full]).unwrap_or_else(|| {
            let short = |name: &str| {
                let prefix = format!("{word}-");
                name.strip_prefix(&prefix).unwrap_or(name).to_owned()
            };
            let known = self.of_kind(kind).map(|plugin| short(&plugin.name)).collect();
            let wanted = short(name);
            unknown(word, name, listed(known, Some(&wanted)))
        }))
    }

    /// Returns the binding that is the default of a kind: the project's, else the server's.
    pub(crate) fn default_of(&self, kind: PluginKind, project: &str) -> Option<&Arc<str>> {
        let mut places = [project, ""].into_iter();
        places.find_map(|place| self.defaults.get(&(kind, place.into())))
    }

    /// Returns the plugin that answers for a kind: that of the binding or, without one, the default
    /// of the project or server, else the only one that there is.
    pub(crate) fn bound(
        &self,
        kind: PluginKind,
        binding: &str,
        project: &str,
    ) -> Result<&Arc<Plugin>, PluginError> {
        if !binding.is_empty() {
            return self.find(kind, binding);
        }
        if let Some(name) = self.default_of(kind, project) {
            return self.find(kind, name);
        }
        let mut all = self.of_kind(kind);
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(unknown(kind.word(), "default", listed(vec![], None))),
            (Some(_), Some(_)) => {
                let known = self.of_kind(kind).map(|plugin| plugin.name.to_string()).collect();
                let (known, word) = (listed(known, None), kind.word());
                let known = format!("{known}; `tenon plugin bind NAME --default {word}` names one");
                Err(unknown(word, "default", known))
            }
        }
    }

    /// Returns why a binding does not serve.
    pub(crate) fn stopped_reason(&self, binding: &str) -> Option<&str> {
        self.stopped.get(binding).map(String::as_str)
    }

    fn stopped<const N: usize>(&self, names: [&str; N]) -> Option<PluginError> {
        let (name, reason) = names.iter().find_map(|name| self.stopped.get_key_value(*name))?;
        Some(PluginError::Stopped { plugin: name.to_string(), reason: reason.clone() })
    }

    fn resource(&self, name: &str) -> Result<&Arc<Plugin>, PluginError> {
        // A binding by its name; else the resource of that name.
        if let Some(bound) = self.by_name.get(name)
            && bound.info.kinds.contains(&PluginKind::Resource)
        {
            return Ok(bound);
        }
        let name_of = |plugin: &Arc<Plugin>| {
            plugin.inspected.manifest.resource.as_ref().map(|resource| resource.name.clone())
        };
        let own = || self.plugins().filter(|p| p.info.kinds.contains(&PluginKind::Resource));
        if let Some(plugin) = own().find(|plugin| name_of(plugin).as_deref() == Some(name)) {
            return Ok(plugin);
        }
        Err(self.stopped([name, &format!("resource-{name}")]).unwrap_or_else(|| {
            let known = own().filter_map(name_of).collect();
            unknown(PluginKind::Resource.word(), name, listed(known, Some(name)))
        }))
    }

    fn of_kind(&self, kind: PluginKind) -> impl Iterator<Item = &Arc<Plugin>> {
        self.all().filter(move |plugin| plugin.info.kinds.contains(&kind))
    }
}

fn unknown(kind: &'static str, name: &str, known: String) -> PluginError {
    PluginError::Unknown { kind, name: name.to_owned(), known }
}

/// Lists names, with the one that may have been meant.
fn listed(names: Vec<String>, wanted: Option<&str>) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let score = |name: &String| wanted.map_or(0.0, |wanted| jaro_winkler(wanted, name));
    let best = names.iter().max_by(|a, b| score(a).total_cmp(&score(b)));
    let hint = best
        .filter(|name| score(name) >= SIMILAR)
        .map_or_else(String::new, |name| format!("; did you mean {name:?}?"));
    format!("{}{hint}", names.join(", "))
}
