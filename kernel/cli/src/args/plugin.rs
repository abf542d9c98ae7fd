//! `tenon plugin …`

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueHint};
use kernel_package::Digest;
use kernel_package::digest::DigestError;
use kernel_wire::plugin::PluginKind;

use crate::args::author::AuthorCommand;

const INSTALL: &str = "\
Examples:
  tenon plugin install ./notifier-chat.wasm --grant 'http:POST chat.example.com'
  tenon plugin install https://example.com/x.wasm#sha256:9f86d081884c…
  tenon plugin install oci://registry.example.com/plugins/x:1.2.0
  tenon plugin install --locked

A file is sent with the signatures that lie beside it (FILE.minisig, FILE.sig). The server
fetches everything else, and judges all of it by its own trust store.
An installation goes through the stages fetch, verify, inspect, grant, configure, compile, link,
self-test and activate. The first one that refuses ends it, and what served serves on.";

const IMPORT: &str = "\
Examples:
  tenon plugin import plugins.bundle --digest 9f86d081884c…
  tenon plugin import plugins.bundle --locked --grant resource-x=process:git

A plugin that is installed already is upgraded. One that asks for more than the version that
serves waits, as by `tenon plugin upgrade`: --approve or --grant lets it have that.";

const DEV: &str = "\
Example:
  tenon plugin dev hello --grant-all

What it builds is installed unsigned, in place of what it has built before. The version
that was built last goes on serving after Ctrl-C; `tenon plugin rollback` lets the one
serve again that did so before, `tenon plugin remove` takes the plugin out.";

const GRANT: &str = "\
Examples:
  tenon plugin grant resource-x process:git
  tenon plugin grant models/work 'http:POST api.example.com' kv:1000000";

const BIND: &str = "\
Examples:
  tenon plugin bind models/work --plugin model-x --config work.json --default model
  tenon plugin bind model-x --config '{\"temperature\": 0}'";

/// Commands about plugins.
#[derive(Debug, Clone, Subcommand)]
pub enum PluginCommand {
    /// List the plugins of the server
    #[command(visible_alias = "ls")]
    List,
    /// Show what a plugin is, and what it may do: one of the server by name, or a file
    Inspect {
        #[arg(value_hint = ValueHint::FilePath, value_parser = name)]
        plugin: String,
    },
    /// Check a plugin against what the contract says of its kinds, without a server
    Conform {
        /// The component, or the folder that it was built in
        #[arg(value_name = "PLUGIN", value_hint = ValueHint::AnyPath)]
        file: PathBuf,
        /// What the plugin reads as its configuration: a JSON object, or a file with one
        #[arg(long, value_name = "FILE|JSON", value_hint = ValueHint::FilePath)]
        config: Option<PathBuf>,
        /// A secret that the plugin finds, as NAME=VALUE; may be repeated
        #[arg(long = "secret", value_name = "NAME=VALUE")]
        secrets: Vec<String>,
    },
    /// Install a plugin from a file here, an https address, or a registry
    #[command(after_help = INSTALL)]
    Install {
        /// FILE, https://…#sha256:…, or oci://REGISTRY/REPOSITORY:TAG
        #[arg(value_name = "FILE|URL|oci://…", value_hint = ValueHint::FilePath)]
        #[arg(required_unless_present = "locked")]
        from: Option<String>,
        #[command(flatten)]
        options: InstallArgs,
        /// Let it use all that it asks for by name
        #[arg(long)]
        grant_all: bool,
        /// Install only what the lock file pins; all of it where no plugin is named
        #[arg(long)]
        locked: bool,
        #[command(flatten)]
        lock: LockedArgs,
    },
    /// Install a newer version of a plugin; one that asks for more waits for --approve
    Upgrade {
        #[arg(value_parser = name)]
        plugin: String,
        /// As for install; without it, the version that waits is approved
        #[arg(value_name = "FILE|URL|oci://…", value_hint = ValueHint::FilePath)]
        from: Option<String>,
        /// Let it have what it asks for beyond the version that serves
        #[arg(long)]
        approve: bool,
        #[command(flatten)]
        options: InstallArgs,
    },
    /// Install the plugins of a bundle, or upgrade them; no network is needed
    #[command(after_help = IMPORT)]
    Import(ImportArgs),
    /// Write into the lock file what is installed: version, digest, origin, signer
    Lock {
        #[command(flatten)]
        lock: LockArgs,
    },
    /// Build a plugin whenever its source changes, and let the server serve it, until Ctrl-C
    #[command(after_help = DEV)]
    Dev(DevArgs),
    /// Let another version serve that is kept; calls in progress end with the old one
    Swap {
        #[arg(value_parser = name)]
        plugin: String,
        /// A version, or the beginning of a digest
        #[arg(value_name = "VERSION|DIGEST", value_parser = name)]
        to: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Let the version serve that did so before
    Rollback {
        #[arg(value_parser = name)]
        plugin: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Let a plugin or binding use more, within what it asks for
    #[command(after_help = GRANT)]
    Grant {
        #[arg(value_name = "PLUGIN|BINDING", value_parser = name)]
        binding: String,
        #[arg(value_name = "CAPABILITY[:PARAMETER]", required = true)]
        rules: Vec<String>,
    },
    /// Take grants back; the next call is denied
    Revoke {
        #[arg(value_name = "PLUGIN|BINDING", value_parser = name)]
        binding: String,
        #[arg(value_name = "CAPABILITY[:PARAMETER]", required = true)]
        rules: Vec<String>,
    },
    /// Give a plugin another name with its own configuration, or change that; applied at once
    #[command(after_help = BIND)]
    Bind {
        /// Such as models/work; the name of a plugin changes the plugin itself
        #[arg(value_parser = name)]
        name: String,
        /// Which plugin; needed for a new name
        #[arg(long, value_parser = name)]
        plugin: Option<String>,
        /// A JSON object that fits the schema of the plugin, or a file with one; `-` is the standard
        /// input
        #[arg(long, value_name = "FILE|JSON", value_hint = ValueHint::FilePath)]
        config: Option<PathBuf>,
        /// What it may use, in place of what it was allowed before; may be repeated
        #[arg(long = "grant", value_name = "CAPABILITY[:PARAMETER]")]
        rules: Vec<String>,
        /// It serves where no plugin of this kind is named
        #[arg(long, value_name = "KIND", value_parser = kind)]
        default: Option<PluginKind>,
        /// Only in this project
        #[arg(long, requires = "default")]
        project: Option<String>,
    },
    /// Forget a name of a plugin
    Unbind {
        #[arg(value_parser = name)]
        name: String,
    },
    /// List all names under which plugins serve, with what each may use
    Bindings,
    /// Let a plugin serve again; lifts a quarantine
    Enable {
        #[arg(value_parser = name)]
        plugin: String,
    },
    /// Refuse all calls of a plugin until it is enabled again
    Disable {
        #[arg(value_parser = name)]
        plugin: String,
    },
    /// Forget an installed plugin; a built-in one of the same name serves again
    #[command(visible_alias = "rm")]
    Remove {
        #[arg(value_parser = name)]
        plugin: String,
    },
    /// Hash kept binaries again, check their signatures, and compare them with a lock file
    Verify {
        /// Without it: all that are installed
        #[arg(value_parser = name)]
        plugin: Option<String>,
        /// Compare what serves with this lock file, too
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        lock: Option<PathBuf>,
    },
    /// Print the newest lines of a plugin's own log
    Logs {
        #[arg(value_name = "PLUGIN|BINDING", value_parser = name)]
        plugin: String,
        /// How many
        #[arg(short = 'n', long, default_value_t = 100)]
        limit: usize,
    },
    /// Show what calls have cost since the server started, the busiest first
    Top {
        /// How many
        #[arg(short = 'n', long, default_value_t = 20)]
        limit: usize,
    },
    /// Show what a plugin wanted and was refused, and the command that grants it
    WhyDenied {
        #[arg(value_name = "PLUGIN|BINDING", value_parser = name)]
        plugin: String,
    },
    #[command(flatten)]
    Author(Box<AuthorCommand>),
}

/// Where the lock file is.
#[derive(Debug, Clone, Args)]
pub struct LockArgs {
    /// The lock file
    #[arg(long = "lock", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(default_value = kernel_package::lock::FILE)]
    pub file: PathBuf,
}

/// Where the lock file is, for who says that it counts.
#[derive(Debug, Clone, Args)]
pub struct LockedArgs {
    /// The lock file that --locked means
    #[arg(long = "lock", value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[arg(default_value = kernel_package::lock::FILE, requires = "locked")]
    pub file: PathBuf,
}

/// What a version is configured with that is to serve.
#[derive(Debug, Clone, Default, Args)]
pub struct ConfigArgs {
    /// Its configuration from then on: a JSON object, or a file with one; without it, it stays
    #[arg(long, value_name = "FILE|JSON", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// `tenon plugin import`
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// What `tenon plugin bundle` has written
    #[arg(value_hint = ValueHint::FilePath)]
    pub bundle: PathBuf,
    /// The SHA-256 that the bundle must have
    #[arg(long, value_name = "SHA256", value_parser = digest)]
    pub digest: Option<String>,
    /// What one of its plugins may use, such as resource-x=process:git; may be repeated
    #[arg(long = "grant", value_name = "PLUGIN=CAPABILITY[:PARAMETER]", value_parser = grant)]
    pub rules: Vec<String>,
    /// Use it only if all that is in it is what the lock file pins
    #[arg(long)]
    pub locked: bool,
    #[command(flatten)]
    pub lock: LockedArgs,
    /// Let each use all that it asks for by name
    #[arg(long)]
    pub grant_all: bool,
    /// Let upgrades have what they ask for beyond the versions that serve
    #[arg(long)]
    pub approve: bool,
    /// Install them even if nobody that the server trusts has signed them
    #[arg(long)]
    pub allow_unsigned: bool,
}

/// Reads the name of a plugin or binding. An empty one would address the list of all.
fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err(
            "a name is not empty; `tenon plugin list` lists the plugins, and `tenon plugin \
                    bindings` the bindings"
                .to_owned(),
        );
    }
    Ok(text.to_owned())
}

/// Reads the word of a kind.
fn kind(word: &str) -> Result<PluginKind, String> {
    let read = serde_json::from_value(word.into());
    read.map_err(|_| {
        "there are language, launcher, resource, action, secrets, cache, model, identity, webhook, \
         notifier and gateway"
            .to_owned()
    })
}

/// Reads a digest with or without `sha256:`, and returns its hex digits.
fn digest(text: &str) -> Result<String, DigestError> {
    let read = text.parse::<Digest>();
    // What is no digest is named as it was typed.
    let read = read.or_else(|err| format!("sha256:{text}").parse().map_err(|_| err));
    read.map(|digest| digest.hex())
}

/// Reads a grant for one plugin of several.
fn grant(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((plugin, rule)) if !plugin.is_empty() && !rule.is_empty() => Ok(text.to_owned()),
        _ => Err("expected PLUGIN=CAPABILITY, such as resource-x=process:git".to_owned()),
    }
}

/// `tenon plugin dev`
#[derive(Debug, Clone, Args)]
pub struct DevArgs {
    /// The folder
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// What it may use, such as process:git; may be repeated
    #[arg(long = "grant", value_name = "CAPABILITY[:PARAMETER]")]
    pub rules: Vec<String>,
    /// Let it use all that it asks for by name, also what it asks for later
    #[arg(long)]
    pub grant_all: bool,
    /// A file with its configuration: a JSON object; it is watched, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// What is said at an installation.
#[derive(Debug, Clone, Default, Args)]
pub struct InstallArgs {
    /// The SHA-256 that the plugin must have
    #[arg(long, value_name = "SHA256", value_parser = digest)]
    pub digest: Option<String>,
    /// Let it use this, such as process:git; may be repeated
    #[arg(long = "grant", value_name = "CAPABILITY[:PARAMETER]")]
    pub rules: Vec<String>,
    /// Its configuration: a JSON object, or a file with one
    #[arg(long, value_name = "FILE|JSON", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// The key of the server's trust store that must have signed it
    #[arg(long, value_name = "KEY", conflicts_with = "allow_unsigned")]
    pub signer: Option<String>,
    /// Install it even if nobody that the server trusts has signed it
    #[arg(long)]
    pub allow_unsigned: bool,
}

#[cfg(test)]
mod tests;
