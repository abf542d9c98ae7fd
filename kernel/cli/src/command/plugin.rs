//! `tenon plugin …`

use kernel_wire::plugin::{Plugin, PluginKind};

use crate::api::Api;
use crate::args::PluginCommand;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::look::{Look, Tone};
use crate::show::{summary, table};

pub(super) async fn execute(command: &PluginCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        PluginCommand::List => {
            let plugins = api.plugins().await?;
            out.result(&plugins, |look| {
                let rows: Vec<[String; 5]> =
                    plugins.iter().map(|plugin| row(plugin, look)).collect();
                table::lines(["NAME", "VERSION", "IS", "FROM", "SUMMARY"], &rows, look)
            });
        }
        PluginCommand::Inspect { plugin } => print(&api.plugin(plugin).await?, out),
    }
    Ok(Exit::Succeeded)
}

/// Prints all that is known of a plugin.
pub fn print(plugin: &Plugin, out: &Out) {
    out.result(plugin, |look| lines(plugin, look));
}

fn row(plugin: &Plugin, look: Look) -> [String; 5] {
    let name = look.paint(Tone::Strong, &plugin.name);
    let kinds: Vec<&str> = plugin.kinds.iter().copied().map(kind).collect();
    [name, plugin.version.clone(), kinds.join(", "), plugin.origin.clone(), plugin.summary.clone()]
}

fn lines(plugin: &Plugin, look: Look) -> Vec<String> {
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
    for export in &plugin.exports {
        lines.push(format!("  exports   {export}"));
    }
    for import in &plugin.imports {
        lines.push(format!("  imports   {import}"));
    }
    for grant in &plugin.grants {
        let word = if grant.granted {
            look.paint(Tone::Good, "granted")
        } else {
            look.paint(Tone::Bad, "not granted")
        };
        let what = format!("{} {}", grant.capability, grant.parameters.join(" "));
        let why = look.paint(Tone::Quiet, &grant.reason);
        lines.push(format!("  asks for  {}  {word}  {why}", what.trim_end()));
    }
    lines
}

fn kind(kind: PluginKind) -> &'static str {
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
