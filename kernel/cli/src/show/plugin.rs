//! Plugins, their bindings, denials and figures, in a terminal.

use kernel_wire::plugin::{Grant, Plugin, PluginKind};
use kernel_wire::plugin_admin::{
    Binding, Denial, PluginCalls, PluginLogLine, PluginSource, PluginStatus, PluginVersion,
};

use crate::show::look::{Look, Tone};
use crate::show::{summary, table};

mod installed;
mod trust;

pub use installed::{installed, serving};
pub(crate) use trust::{imported, verdicts};

/// How much of a digest tells versions apart.
const DIGEST_SHOWN: usize = 12;

/// Returns the list of plugins.
#[must_use]
pub fn list(plugins: &[Plugin], look: Look) -> Vec<String> {
    let row = |plugin: &Plugin| {
        let kinds: Vec<&str> = plugin.kinds.iter().copied().map(kind).collect();
        [
            look.paint(Tone::Strong, &plugin.name),
            plugin.version.clone(),
            kinds.join(", "),
            source(plugin),
            status(plugin, look),
            plugin.summary.clone(),
        ]
    };
    let rows: Vec<[String; 6]> = plugins.iter().map(row).collect();
    table::lines(["NAME", "VERSION", "IS", "FROM", "STATUS", "SUMMARY"], &rows, look)
}

/// Returns all that is known of a plugin.
#[must_use]
pub fn detail(plugin: &Plugin, look: Look) -> Vec<String> {
    let kinds: Vec<&str> = plugin.kinds.iter().copied().map(kind).collect();
    let mut lines = vec![
        format!("{} {}", look.paint(Tone::Strong, &plugin.name), plugin.version),
        format!("  {}", plugin.summary),
        String::new(),
        format!("  is        {}", kinds.join(", ")),
        format!("  from      {}", plugin.origin),
        format!("  size      {}", summary::bytes(plugin.size)),
        format!("  sha-256   {}", plugin.digest),
    ];
    if plugin.source != PluginSource::File {
        let reason = plugin.status_reason.as_ref().map(|reason| format!(": {reason}"));
        lines.push(format!("  status    {}{}", status(plugin, look), reason.unwrap_or_default()));
    }
    lines.extend(plugin.exports.iter().map(|export| format!("  exports   {export}")));
    let (system, ours): (Vec<_>, Vec<_>) =
        plugin.imports.iter().partition(|import| import.starts_with("wasi:"));
    lines.extend(ours.iter().map(|import| format!("  imports   {import}")));
    if let [_, ..] = system[..] {
        // What languages bring along. Nobody is to wonder about sockets that are none.
        let count = system.len();
        lines.push(format!("  imports   wasi, {count} interfaces, by which it reaches nothing"));
    }
    lines.extend(asks(plugin, look));
    for binding in plugin.bindings.iter().filter(|binding| says_more(binding, plugin)) {
        // Why none of them does is said above.
        let is_said = plugin.status != PluginStatus::Active;
        let stopped = binding.stopped.clone().filter(|_| !is_said);
        let binding = Binding { stopped, ..binding.clone() };
        lines.push(format!("  serves as {}", one_binding(&binding)));
    }
    if !plugin.versions.is_empty() {
        lines.push(String::new());
        let row = |one| version(one, plugin.status, look);
        let rows: Vec<[String; 5]> = plugin.versions.iter().map(row).collect();
        let head = ["VERSION", "SHA-256", "SIGNED BY", "STATUS", "FROM"];
        let inner = Look { width: look.width.saturating_sub(2), ..look };
        lines.extend(table::lines(head, &rows, inner).into_iter().map(|line| format!("  {line}")));
    }
    lines
}

/// Returns what a plugin asks for, wish by wish: whether it has that, and why it wants it.
fn asks(plugin: &Plugin, look: Look) -> Vec<String> {
    let wishes: Vec<String> = plugin.grants.iter().map(wish).collect();
    let width = wishes.iter().map(|wish| wish.chars().count()).max().unwrap_or(0);
    let line = |(grant, wish): (&Grant, &String)| {
        let parts = grant.granted_parts.join(", ");
        // Nothing is granted to a file.
        let word = match (plugin.source, grant.granted, parts.as_str()) {
            (PluginSource::File, ..) => String::new(),
            // As wide as the other.
            (_, true, _) => format!("{}    ", look.paint(Tone::Good, "granted")),
            (_, false, "") => look.paint(Tone::Bad, "not granted"),
            (_, false, parts) => look.paint(Tone::Late, &format!("granted in part: {parts}")),
        };
        let why = match grant.reason.as_str() {
            "" => "it does not say why",
            reason => reason,
        };
        let why = look.paint(Tone::Quiet, why);
        let words: Vec<String> = [word, why].into_iter().filter(|word| !word.is_empty()).collect();
        format!("  asks for  {wish:<width$}  {}", words.join("  "))
    };
    plugin.grants.iter().zip(&wishes).map(line).collect()
}

/// Returns a wish as a rule names it.
fn wish(grant: &Grant) -> String {
    match &grant.parameters[..] {
        [] => grant.capability.clone(),
        parameters => format!("{}:{}", grant.capability, parameters.join(", ")),
    }
}

/// Returns the list of bindings.
#[must_use]
pub fn bindings(bindings: &[Binding], look: Look) -> Vec<String> {
    let row = |binding: &Binding| {
        [
            look.paint(Tone::Strong, &binding.name),
            binding.plugin.clone(),
            defaults(binding),
            rules(binding),
            binding.config.to_string(),
        ]
    };
    let rows: Vec<[String; 5]> = bindings.iter().map(row).collect();
    table::lines(["NAME", "PLUGIN", "DEFAULT FOR", "GRANTS", "CONFIGURATION"], &rows, look)
}

/// Returns a binding in one line.
#[must_use]
pub fn one_binding(binding: &Binding) -> String {
    let mut line = binding.name.clone();
    if binding.plugin != binding.name {
        line.push_str(&format!(" ({})", binding.plugin));
    }
    let defaults = defaults(binding);
    if !defaults.is_empty() {
        line.push_str(&format!(", default for {defaults},"));
    }
    let rules = match (rules(binding), binding.has_all) {
        (rules, false) if rules.is_empty() => "nothing".to_owned(),
        (rules, false) => rules,
        (_, true) => "all that it asks for, as it is built in".to_owned(),
    };
    line.push_str(&format!(" may use {rules}"));
    let is_plain = binding.config.as_object().is_none_or(serde_json::Map::is_empty);
    if !is_plain {
        line.push_str(&format!(", configured as {}", binding.config));
    }
    if let Some(reason) = &binding.stopped {
        line.push_str(&format!("; it does not serve: {reason}"));
    }
    line
}

/// Returns the lines of a plugin's log.
#[must_use]
pub fn log(lines: &[PluginLogLine], look: Look) -> Vec<String> {
    let line = |line: &PluginLogLine| {
        let tone = match line.level.as_str() {
            "error" => Tone::Bad,
            "warn" => Tone::Late,
            _ => Tone::Quiet,
        };
        let level = look.paint(tone, &format!("{:<5}", line.level));
        let run = line.run.as_ref().map(|run| format!(" {run}")).unwrap_or_default();
        format!("{} {level}{run} {}", line.at, line.text)
    };
    lines.iter().map(line).collect()
}

/// Returns what was refused, and the command that grants each that it may not have still.
#[must_use]
pub fn denials(name: &str, denials: &[Denial], look: Look) -> Vec<String> {
    if denials.is_empty() {
        return vec![format!("{name} was refused nothing since the server started")];
    }
    let lines = |denial: &Denial| {
        let Denial { at, function, asked, way_out, count, run, granted_since, .. } = denial;
        let run = run.as_ref().map(|run| format!(" for {run}")).unwrap_or_default();
        let times = if *count == 1 { String::new() } else { format!(", {count} times") };
        let (tone, next) = match granted_since {
            true => (Tone::Quiet, "granted since"),
            false => (Tone::Bad, way_out.as_str()),
        };
        let asked = look.paint(tone, asked);
        [format!("{at}  `{function}` wanted {asked}{run}{times}"), format!("  {next}")]
    };
    // What there is to decide on comes first.
    let (granted, open): (Vec<&Denial>, Vec<&Denial>) =
        denials.iter().partition(|denial| denial.granted_since);
    open.into_iter().chain(granted).flat_map(lines).collect()
}

/// Returns the table of what calls cost.
#[must_use]
pub fn top(calls: &[PluginCalls], look: Look) -> Vec<String> {
    if calls.is_empty() {
        return vec!["no plugin was called since the server started".to_owned()];
    }
    let row = |calls: &PluginCalls| {
        let mean = |sum_us: u64| micros(sum_us.checked_div(calls.calls).unwrap_or(0));
        let failures = calls.failures.iter().map(|f| format!("{} {}", f.count, f.class));
        let failures = failures.collect::<Vec<_>>().join(", ");
        [
            look.paint(Tone::Strong, &calls.binding),
            format!("{}.{}", kind(calls.kind), calls.function),
            calls.calls.to_string(),
            calls.in_flight.to_string(),
            micros(calls.p50_us),
            micros(calls.p99_us),
            mean(calls.queue_us),
            mean(calls.instantiate_us),
            summary::bytes(calls.memory_peak_bytes),
            summary::bytes(calls.bytes_in),
            summary::bytes(calls.bytes_out),
            look.paint(Tone::Bad, &failures),
            short(&calls.digest).to_owned(),
        ]
    };
    let head = [
        "NAME", "FUNCTION", "CALLS", "NOW", "P50", "P99", "QUEUE", "START", "MEMORY", "IN", "OUT",
        "FAILED", "SHA-256",
    ];
    table::lines(head, &Vec::from_iter(calls.iter().map(row)), look)
}

/// Returns the word of a kind.
#[must_use]
pub fn kind(kind: PluginKind) -> &'static str {
    match kind {
        PluginKind::Language => "language",
        PluginKind::Launcher => "launcher",
        PluginKind::Resource => "resource",
        PluginKind::Action => "action",
        PluginKind::Secrets => "secrets",
        PluginKind::Cache => "cache",
        PluginKind::Model => "model",
        PluginKind::Identity => "identity",
        PluginKind::Webhook => "webhook",
        PluginKind::Notifier => "notifier",
        PluginKind::Gateway => "gateway",
    }
}

/// The own binding of a plugin says something only if somebody said something about it.
fn says_more(binding: &Binding, plugin: &Plugin) -> bool {
    let is_configured = binding.config.as_object().is_some_and(|config| !config.is_empty());
    binding.name != plugin.name
        || is_configured
        || !binding.rules.is_empty()
        || !binding.default_for.is_empty()
}

fn version(version: &PluginVersion, of: PluginStatus, look: Look) -> [String; 5] {
    let state = match (&version.quarantine, &version.asks_more) {
        (Some(reason), _) => look.paint(Tone::Bad, &format!("quarantined: {reason}")),
        (None, Some(more)) => {
            look.paint(Tone::Late, &format!("waits, asks for more: {}", more.join(", ")))
        }
        (None, None) if version.active => active(of, look),
        (None, None) => "kept".to_owned(),
    };
    [
        version.version.clone(),
        short(&version.digest).to_owned(),
        version.signed_by.clone().unwrap_or_else(|| "nobody".to_owned()),
        state,
        version.origin.clone(),
    ]
}

fn defaults(binding: &Binding) -> String {
    let one = |default: &kernel_wire::plugin_admin::BindingDefault| {
        let project = default.project.as_ref().map(|project| format!(" in {project}"));
        format!("{}{}", kind(default.kind), project.unwrap_or_default())
    };
    binding.default_for.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn rules(binding: &Binding) -> String {
    match binding.has_all {
        true => "all".to_owned(),
        false => binding.rules.join(", "),
    }
}

fn source(plugin: &Plugin) -> String {
    match plugin.source {
        PluginSource::BuiltIn => "built-in".to_owned(),
        PluginSource::Folder | PluginSource::File | PluginSource::Installed => {
            plugin.origin.clone()
        }
    }
}

fn status(plugin: &Plugin, look: Look) -> String {
    let waits = plugin.versions.iter().any(|version| version.asks_more.is_some());
    match plugin.status {
        PluginStatus::Active if waits => look.paint(Tone::Late, "active, upgrade waits"),
        PluginStatus::Active => look.paint(Tone::Good, "active"),
        PluginStatus::FellBack => look.paint(Tone::Late, "fell back"),
        PluginStatus::Quarantined => look.paint(Tone::Bad, "quarantined"),
        PluginStatus::Disabled => look.paint(Tone::Quiet, "disabled"),
        PluginStatus::Broken => look.paint(Tone::Broken, "broken"),
    }
}

/// Returns what the active version of a plugin does: it serves only if the plugin may.
fn active(of: PluginStatus, look: Look) -> String {
    match of {
        PluginStatus::Active | PluginStatus::FellBack => look.paint(Tone::Good, "serves"),
        PluginStatus::Quarantined => look.paint(Tone::Bad, "quarantined"),
        PluginStatus::Disabled => look.paint(Tone::Quiet, "disabled"),
        PluginStatus::Broken => look.paint(Tone::Broken, "broken"),
    }
}

fn short(digest: &str) -> &str {
    digest.get(..DIGEST_SHOWN).unwrap_or(digest)
}

fn micros(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{}.{} ms", us / 1_000, us % 1_000 / 100),
        _ => format!("{}.{} s", us / 1_000_000, us % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests;
