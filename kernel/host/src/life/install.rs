//! Installing: fetch, verify, inspect, grant, configure, compile, link, self-test, activate. The
//! first three are in [`super::candidate`].
//!
//! Each stage may refuse; then nothing has changed, and the refusal names the stage and the reason.

use std::sync::Arc;

use bytes::Bytes;
use kernel_ports::plugin_admin::{
    InstallFrom, InstallOptions, InstallOutcome, Installed, PluginAdminError, Stage,
};
use kernel_ports::plugin_store::{
    BindingRecord, PluginChange, PluginRecord, Signature, VersionRecord,
};

use super::binding::check_rule;
use super::candidate::{Candidate, check_signer, same};
use super::change::{Change, Unfit};
use super::config::problems;
use super::facts::version_of;
use super::{Facts, Life};
use crate::builder::Host;
use crate::call::Trial;
use crate::plugin::Binary;
use crate::wish::{capability_of, is_boundless, more, part_of, quoted, settled};

/// How many versions of a plugin are kept. A run whose language's version is gone goes on with the
/// one that serves.
const VERSIONS_MAX: usize = 10;

impl Host {
    /// Installs a plugin (`upgrade_of` is none), or adds a version to one.
    pub(super) async fn install_from(
        &self,
        upgrade_of: Option<&str>,
        from: InstallFrom,
        options: InstallOptions,
    ) -> Result<Installed, PluginAdminError> {
        let candidate = self.candidate(self.life()?, from, &options).await?;
        self.candidate_install(upgrade_of, candidate, &options).await
    }

    /// Does the stages after the first three.
    pub(super) async fn candidate_install(
        &self,
        upgrade_of: Option<&str>,
        candidate: Candidate,
        options: &InstallOptions,
    ) -> Result<Installed, PluginAdminError> {
        let life = self.life()?;
        let name = candidate.binary.name().to_owned();
        let _changing = life.change.lock().await;
        let facts = Arc::clone(&self.registry.load().facts);
        let before = facts.plugins.get(&name);
        if let Some(wanted) = upgrade_of {
            before_upgrade(wanted, &name, before)?;
        } else if let Some(record) = before
            && record.active != candidate.record.digest
            && !options.or_upgrade
        {
            let version = version_of(record, &record.active).map(|v| v.version.clone());
            let version = version.unwrap_or_default();
            return Err(PluginAdminError::Exists { plugin: name, version });
        }
        if let Some(other) = facts.bindings.get(&name).filter(|binding| binding.plugin != name) {
            // It would have what that binding was granted and has kept.
            return Err(PluginAdminError::Refused {
                reason: format!(
                    "{name:?} is a binding of {}; `tenon plugin unbind {name}` makes the name free",
                    other.plugin
                ),
            });
        }
        if let Some(record) = before {
            check_same_signer(record, &candidate.record, options).map_err(|reason| {
                PluginAdminError::Stage { plugin: name.clone(), stage: Stage::Verify, reason }
            })?;
        }
        let is_good = |digest| matches!(facts.binaries.get(digest), Some(Ok(_)));
        let unchanged = before.is_some_and(|record| {
            record.active == candidate.record.digest
                && is_good(&record.active)
                && !vouches_more(record, &candidate.record)
        });
        let decides = options.config.is_some() || !options.rules.is_empty() || options.grant_all;
        let Candidate { bytes, proof, binary, record: version } = candidate;
        if unchanged && !decides {
            // What was damaged on the disk is mended by this.
            let proof = proof.filter(|_| version.signature != Signature::Unsigned);
            keep(life, &version.digest, bytes, proof).await?;
            return Ok(installed(&version, &name, InstallOutcome::Unchanged));
        }
        let asks_more = asks_more(before, &facts, options, &version);
        let waits = before.is_some() && !asks_more.is_empty() && !options.approve;
        if waits && (options.config.is_some() || !options.rules.is_empty()) {
            return Err(waits_undecided(&name, &version.version, &asks_more));
        }
        keep(life, &version.digest, bytes, proof).await?;
        if before.is_none() && !self.base.binaries.contains_key(name.as_str()) {
            // What a crash, or an older server, left of another one of the name.
            self.kept_clear(&name).await?;
        }
        let record = if waits {
            let before = before.cloned().unwrap_or_else(|| fresh(&name, &version));
            pending(before, &version)
        } else {
            let before = before.cloned().unwrap_or_else(|| fresh(&name, &version));
            activated(before, &version, options.replaces)
        };
        let result = if waits {
            let changes = vec![PluginChange::Plugin(record)];
            let binaries = vec![(version.digest.clone(), binary)];
            let (trial, unfit) = (Trial::Start, Unfit::Stops);
            self.change(Change { plugin: &name, changes, binaries, trial, unfit }).await
        } else {
            // What a new plugin may use is said by grants; there is nothing to approve of it.
            let approved = if before.is_some() { &asks_more[..] } else { &[] };
            self.activate(&facts, record, Some(binary), options, approved).await
        };
        self.tidy_depot(life).await;
        result?;
        let outcome =
            if waits { InstallOutcome::Waiting { asks_more } } else { InstallOutcome::Active };
        tracing::info!(
            plugin = name,
            version = version.version,
            digest = version.digest,
            waits,
            "plugin installed"
        );
        Ok(installed(&version, &name, outcome))
    }

    /// Makes the version serve that waits for approval.
    pub(super) async fn approve(
        &self,
        plugin: &str,
        options: InstallOptions,
    ) -> Result<Installed, PluginAdminError> {
        let life = self.life()?;
        let _changing = life.change.lock().await;
        let facts = Arc::clone(&self.registry.load().facts);
        let refused = |reason| Err(PluginAdminError::Refused { reason });
        let Some(record) = facts.plugins.get(plugin) else {
            if self.is_plugin(&facts, plugin) {
                return refused(format!(
                    "{plugin} is not installed, but comes with the server; install one of that \
                     name to put it in its place"
                ));
            }
            return Err(self.unknown(&facts, plugin));
        };
        let pending = record.pending.as_deref().and_then(|digest| version_of(record, digest));
        let Some(version) = pending else {
            return refused(format!(
                "no version of {plugin} waits for approval; say where a newer one is: a file, an \
                 address with its digest, or an oci:// reference"
            ));
        };
        if let Some(wanted) = options.digest.as_deref().filter(|it| !same(it, &version.digest)) {
            return refused(format!(
                "{} waits, whose SHA-256 is {}, not {wanted}; look at it again before you approve \
                 it",
                version.version, version.digest
            ));
        }
        check_signer(&version.signature, options.signer.as_deref())
            .map_err(|reason| PluginAdminError::Refused { reason })?;
        let asks_more = asks_more(Some(record), &facts, &options, version);
        if !options.approve && !asks_more.is_empty() {
            return refused(format!(
                "{plugin} {} asks for more: {}; {}",
                version.version,
                asks_more.join(", "),
                to_approve(plugin, &asks_more)
            ));
        }
        let new = activated(record.clone(), version, false);
        self.activate(&facts, new, None, &options, &asks_more).await?;
        Ok(installed(version, plugin, InstallOutcome::Active))
    }

    /// Grants and configures what is about to serve, and makes it serve.
    async fn activate(
        &self,
        facts: &Facts,
        record: PluginRecord,
        binary: Option<Binary>,
        options: &InstallOptions,
        asks_more: &[String],
    ) -> Result<(), PluginAdminError> {
        let name = record.name.clone();
        let failed =
            |stage, reason| PluginAdminError::Stage { plugin: name.clone(), stage, reason };
        let active = &record.active;
        let known = facts.binaries.get(active).and_then(|known| known.as_ref().ok());
        let Some(binary) = binary.as_ref().or(known) else {
            return Err(failed(Stage::Inspect, "its binary is missing".to_owned()));
        };
        let rules = rules(facts, binary, options, asks_more)
            .map_err(|reason| failed(Stage::Grant, reason))?;
        let config = options.config.as_deref().or_else(|| facts.config(&name)).unwrap_or("{}");
        check_configs(facts, binary, &name, config)
            .map_err(|reason| failed(Stage::Configure, reason))?;
        let own = BindingRecord {
            name: name.clone(),
            plugin: name.clone(),
            config: config.to_owned(),
            rules,
            decided_for: active.clone(),
        };
        let binaries = vec![(active.clone(), binary.clone())];
        let changes = vec![PluginChange::Plugin(record), PluginChange::Binding(own)];
        let (trial, unfit) = (Trial::SelfTest, Unfit::Refuses);
        self.change(Change { plugin: &name, changes, binaries, trial, unfit }).await
    }

    /// Removes the files that no version names: of an installation that was refused, or of one that
    /// went.
    pub(super) async fn tidy_depot(&self, life: &Life) {
        let facts = Arc::clone(&self.registry.load().facts);
        let depot = Arc::clone(&life.depot);
        let work = move || {
            let versions = facts.plugins.values().flat_map(|plugin| &plugin.versions);
            depot.sweep(&versions.map(|version| version.digest.as_str()).collect())
        };
        if let Err(err) = blocking("tidy the folder of plugins", work).await {
            tracing::warn!("files that no plugin needs stay: {err}");
        }
    }
}

/// Checks that an upgrade is one of the plugin that was named.
fn before_upgrade(
    wanted: &str,
    name: &str,
    before: Option<&PluginRecord>,
) -> Result<(), PluginAdminError> {
    let refused = |reason| Err(PluginAdminError::Refused { reason });
    if wanted != name {
        return refused(format!(
            "this is the plugin {name:?}, not {wanted:?}; {} it",
            match before {
                Some(_) => format!("`tenon plugin upgrade {name}` upgrades"),
                None => "`tenon plugin install` installs".to_owned(),
            }
        ));
    }
    if before.is_none() {
        return refused(format!(
            "{name:?} is not installed, so there is nothing to upgrade; install it with `tenon \
             plugin install`"
        ));
    }
    Ok(())
}

/// Checks that who vouches for a version vouched for the one that serves: it gets what that one was
/// granted and has kept. Another key, or none, must be what the operator says.
fn check_same_signer(
    record: &PluginRecord,
    version: &VersionRecord,
    options: &InstallOptions,
) -> Result<(), String> {
    let name = &record.name;
    let before = version_of(record, &record.active).map(|version| &version.signature);
    let Some(Signature::Signed { by: before }) = before else { return Ok(()) };
    if options.digest.is_some() {
        // It says which bytes are meant.
        return Ok(());
    }
    match &version.signature {
        Signature::Signed { by } if by == before || options.signer.is_some() => Ok(()),
        Signature::Unsigned if options.allow_unsigned => Ok(()),
        Signature::Signed { by } => Err(format!(
            "the version of {name} that serves is signed by {before:?}, but this one by {by:?}; \
             say --signer {by} if that is meant"
        )),
        Signature::Unsigned => Err(format!(
            "the version of {name} that serves is signed by {before:?}, but this one by nobody \
             that this server trusts; have it signed, or say --allow-unsigned if that is meant"
        )),
    }
}

/// Returns whether a key has signed it this time, and not the last time.
fn vouches_more(record: &PluginRecord, version: &VersionRecord) -> bool {
    let before = version_of(record, &version.digest).map(|version| &version.signature);
    version.signature != Signature::Unsigned && before != Some(&version.signature)
}

/// Returns what a version asks for beyond what was asked before, or is granted already or now.
fn asks_more(
    before: Option<&PluginRecord>,
    facts: &Facts,
    options: &InstallOptions,
    version: &VersionRecord,
) -> Vec<String> {
    let has_served = |record: &&PluginRecord| {
        version_of(record, &version.digest).is_some()
            && record.pending.as_ref() != Some(&version.digest)
    };
    if before.is_some_and(|record| has_served(&record)) {
        // It was decided on then.
        return Vec::new();
    }
    let asked = before.and_then(|record| version_of(record, &record.active));
    let mut known = asked.map_or_else(Vec::new, |version| version.asked.clone());
    known.extend_from_slice(before.map_or(&[], |record| facts.rules(&record.name)));
    let given = settled(&options.rules, &version.asked);
    known.extend_from_slice(&given);
    let mut more: Vec<String> = more(&version.asked, &known).into_iter().cloned().collect();
    // What has no bounds is never given as a whole: a rule of this time says how much of it is.
    more.retain(|wish| !(is_boundless(wish) && is_decided(wish, &given)));
    more
}

/// Returns whether one of the rules says something of the capability that a wish is for.
fn is_decided(wish: &str, rules: &[String]) -> bool {
    let capability = capability_of(wish);
    rules.iter().any(|rule| capability_of(rule) == capability)
}

/// Says what lets a version have what it asks for beyond the one that serves.
fn to_approve(plugin: &str, asks_more: &[String]) -> String {
    let boundless = asks_more.iter().filter(|wish| is_boundless(wish));
    let grants: String =
        boundless.map(|wish| format!(" --grant {}", part_of(capability_of(wish)))).collect();
    let how = if grants.is_empty() { "" } else { ", with as much of it as it may have," };
    format!("`tenon plugin upgrade {plugin} --approve{grants}`{how} lets it have that")
}

/// A version that waits keeps no decisions: they would be forgotten, or be in force too early.
fn waits_undecided(plugin: &str, version: &str, asks_more: &[String]) -> PluginAdminError {
    PluginAdminError::Refused {
        reason: format!(
            "{plugin} {version} asks for more than the one that serves: {}; say --approve with \
             --grant and --config, or leave these out to have it wait",
            asks_more.join(", ")
        ),
    }
}

/// Keeps a binary, and the signature that came with it.
async fn keep(
    life: &Life,
    sha256: &str,
    bytes: Bytes,
    proof: Option<Bytes>,
) -> Result<(), PluginAdminError> {
    let (depot, sha256) = (Arc::clone(&life.depot), sha256.to_owned());
    blocking("keep the binary", move || {
        depot.put(&sha256, &bytes)?;
        proof.map_or(Ok(()), |proof| depot.put_proof(&sha256, &proof))
    })
    .await
}

/// Returns what the plugin's own binding may use from now on.
fn rules(
    facts: &Facts,
    binary: &Binary,
    options: &InstallOptions,
    asks_more: &[String],
) -> Result<Vec<String>, String> {
    let name = binary.name();
    for rule in &options.rules {
        check_rule(name, rule, &binary.asked()).map_err(|err| err.to_string())?;
    }
    let asked = binary.asked();
    let mut rules = facts.rules(name).to_vec();
    rules.extend(settled(&options.rules, &asked));
    for wish in asked.iter().filter(|wish| is_boundless(wish)) {
        if !is_decided(wish, &rules) {
            let (wish, part) = (quoted(wish), part_of(capability_of(wish)));
            return Err(format!(
                "it asks for {wish}, which has no bounds; allow a part of it, such as --grant \
                 {part}, or all of it with --grant {wish}"
            ));
        }
    }
    let named = |wishes: &[String]| -> Vec<String> {
        wishes.iter().filter(|wish| !is_boundless(wish)).cloned().collect()
    };
    if options.grant_all {
        rules.extend(named(&asked));
    }
    if options.approve {
        rules.extend(named(asks_more));
    }
    Ok(settled(&rules, &asked))
}

/// Checks the configurations of all bindings of a plugin against the schema of a binary.
pub(super) fn check_configs(
    facts: &Facts,
    binary: &Binary,
    name: &str,
    own: &str,
) -> Result<(), String> {
    let schema = &binary.inspected.manifest.config;
    let others = facts.bindings_of(name).map(|b| (b.name.as_str(), b.config.as_str()));
    for (binding, config) in std::iter::once((name, own)).chain(others) {
        let problems = problems(schema, config);
        if !problems.is_empty() {
            return Err(format!(
                "the configuration of {binding:?} does not fit: {}; give one with --config, or \
                 change it with `tenon plugin bind {binding} --config FILE`",
                problems.join("; ")
            ));
        }
    }
    Ok(())
}

fn fresh(name: &str, version: &VersionRecord) -> PluginRecord {
    PluginRecord {
        name: name.to_owned(),
        versions: Vec::new(),
        active: version.digest.clone(),
        previous: None,
        pending: None,
        enabled: true,
    }
}

/// Adds a version that waits.
fn pending(mut record: PluginRecord, version: &VersionRecord) -> PluginRecord {
    // Nobody has decided on the one that waited before.
    if let Some(before) = record.pending.take() {
        record.versions.retain(|known| known.digest != before);
    }
    record.versions.retain(|known| known.digest != version.digest);
    record.versions.push(version.clone());
    record.pending = Some(version.digest.clone());
    record
}

/// Adds a version that serves; `replaces` forgets those that came from the same origin.
fn activated(mut record: PluginRecord, version: &VersionRecord, replaces: bool) -> PluginRecord {
    let is_replaced = |known: &VersionRecord| {
        replaces && known.origin == version.origin && known.digest != version.digest
    };
    let served_is_replaced = version_of(&record, &record.active).is_some_and(is_replaced);
    record.versions.retain(|known| known.digest != version.digest && !is_replaced(known));
    record.versions.push(version.clone());
    record.pending = record.pending.filter(|pending| *pending != version.digest);
    if record.active != version.digest {
        let before = std::mem::replace(&mut record.active, version.digest.clone());
        if !served_is_replaced {
            record.previous = Some(before);
        }
    }
    let kept = |digest: &String| record.versions.iter().any(|known| known.digest == *digest);
    record.previous = record.previous.take().filter(|d| kept(d) && *d != version.digest);
    record.pending = record.pending.take().filter(kept);
    let is_needed = |record: &PluginRecord, digest: &str| {
        digest == record.active
            || record.previous.as_deref() == Some(digest)
            || record.pending.as_deref() == Some(digest)
    };
    while record.versions.len() > VERSIONS_MAX {
        let oldest = record.versions.iter().position(|v| !is_needed(&record, &v.digest));
        let Some(oldest) = oldest else { break };
        record.versions.remove(oldest);
    }
    record
}

fn installed(version: &VersionRecord, name: &str, outcome: InstallOutcome) -> Installed {
    let VersionRecord { version, digest, .. } = version;
    Installed { name: name.to_owned(), version: version.clone(), digest: digest.clone(), outcome }
}

/// Does work on files beside the calls.
pub(super) async fn blocking<T: Send + 'static>(
    action: &str,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, PluginAdminError> {
    let io = |err| PluginAdminError::Io { action: action.to_owned(), err };
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(io),
        Err(err) => Err(io(std::io::Error::other(err))),
    }
}
