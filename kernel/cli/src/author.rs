//! What authors of plugins do on their own machine, without a server; [`dev`] alone needs one.
//!
//! Invariants:
//! - A plugin is looked at, never run: what it is stands in its binary.
//! - A secret key is read, used and forgotten; it is written only where it is made.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kernel_package::credentials::{Credentials, Login};
use kernel_package::fetch::Access;
use kernel_package::{Fetcher, Limits};
use kernel_wire::plugin::Plugin;
use serde_json::Value;

use crate::args::author::{AccessArgs, AuthorCommand};
use crate::exit::Exit;
use crate::out::Out;

mod build;
mod bundle;
mod check;
pub(crate) mod dev;
mod key;
mod new;
mod pack;
mod project;
mod publish;
mod signatures;
mod template;
mod watch;

/// Reads from a binary what a plugin is; the host knows how, and is not named here.
pub type Inspect = fn(origin: &str, bytes: &[u8]) -> anyhow::Result<Inspected>;

/// What a binary says about itself.
#[derive(Debug)]
pub struct Inspected {
    pub plugin: Plugin,
    /// The manifest as it stands there, with the keys that nobody knows.
    pub manifest: Value,
    /// What is no JSON Schema in it, each with its place.
    pub broken_schemas: Vec<String>,
}

/// Does what an author asks for.
///
/// # Errors
/// Fails with what stands in the way, and how to go on.
pub async fn execute(command: &AuthorCommand, inspect: Inspect, out: &Out) -> anyhow::Result<Exit> {
    match command {
        AuthorCommand::New(args) => new::execute(args, out),
        AuthorCommand::Build(args) => build::execute(args, inspect, out).await,
        AuthorCommand::Test(args) => build::test(args).await,
        AuthorCommand::Check(args) => check::execute(args, inspect, out).await,
        AuthorCommand::Pack(args) => pack::execute(args, inspect, out).await,
        AuthorCommand::Keygen(args) => key::make(args, out),
        AuthorCommand::Sign(args) => key::sign(args, inspect, out),
        AuthorCommand::Publish(args) => publish::execute(args, inspect, out).await,
        AuthorCommand::Bundle(args) => bundle::execute(args, inspect, out).await,
        AuthorCommand::Signatures(args) => signatures::execute(args, out).await,
    }
}

/// A component, read from its file or from the folder that it was built in.
#[derive(Debug)]
struct Component {
    bytes: Vec<u8>,
    inspected: Inspected,
}

impl Component {
    async fn read(plugin: &Path, inspect: Inspect) -> anyhow::Result<Self> {
        let file = component_file(plugin).await?;
        let shown = file.display().to_string();
        let bytes = fs::read(&file).with_context(|| format!("failed to read {shown}"))?;
        let inspected = inspect(&shown, &bytes);
        let inspected = inspected.with_context(|| format!("{shown} cannot be used"))?;
        Ok(Self { bytes, inspected })
    }
}

/// Returns where a component lies: the file itself, or what was built in a folder.
///
/// # Errors
/// Fails when the folder holds no plugin, or one that was not built yet.
pub async fn component_file(plugin: &Path) -> anyhow::Result<PathBuf> {
    if plugin.is_dir() {
        project::Project::find(plugin).await?.built()
    } else {
        Ok(plugin.to_owned())
    }
}

/// Returns the first line of a file that holds a password.
fn password(file: &Path) -> anyhow::Result<String> {
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("failed to read {shown}"))?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    anyhow::ensure!(!line.is_empty(), "{shown} holds no password: its first line is empty");
    Ok(line)
}

fn fetcher(args: &AccessArgs) -> anyhow::Result<Fetcher> {
    let credentials = match (&args.user, &args.password_file, &args.auth_file) {
        (Some(user), Some(file), _) => {
            Credentials::anywhere(Login { user: user.clone(), password: password(file)? })
        }
        (_, _, Some(file)) => Credentials::read(file)?,
        _ => Credentials::default(),
    };
    let plain_http = args.plain_http.iter().cloned().collect();
    let access = Access { credentials, plain_http, ca: args.ca.clone(), gate: None };
    Ok(Fetcher::new(access, Limits::default())?)
}
