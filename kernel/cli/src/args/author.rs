//! What authors of plugins can type: `tenon plugin new`, `build`, `publish` and so on.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, ValueHint};

/// The parts of `tenon plugin …` that need no server.
#[derive(Debug, Clone, Subcommand)]
pub enum AuthorCommand {
    /// Start a plugin: a folder with one that builds and passes its tests at once
    #[command(
        after_help = "Example:\n  tenon plugin new --kind action hello && tenon plugin build hello"
    )]
    New(NewArgs),
    /// Build the plugin of a folder into a component, and check it
    Build(FolderArgs),
    /// Run the tests of the plugin of a folder
    Test(FolderArgs),
    /// Say what a plugin is, what it asks for, and what could be better; nothing is run
    Check(CheckArgs),
    /// Put a plugin into one file, or into a folder for tools that copy artifacts
    Pack(PackArgs),
    /// Make a pair of keys: NAME.key signs and stays secret, NAME.pub is for everybody
    Keygen(KeygenArgs),
    /// Sign a plugin's file; the signature lies beside it
    Sign(SignArgs),
    /// Push a plugin to a registry, and sign it there
    #[command(
        after_help = "Example:\n  tenon plugin publish hello.wasm oci://registry.example.org/me/hello:0.1.0 --key me.key"
    )]
    Publish(PublishArgs),
    /// Fetch a plugin without installing it, and say whether its signatures are trusted
    #[command(
        after_help = "Examples:\n  tenon plugin signatures hello.wasm --trust trust.toml\n  tenon plugin signatures oci://registry.example.org/me/hello:0.1.0 --trust trust.toml"
    )]
    Signatures(SignaturesArgs),
    /// Put plugins with their signatures into one file, for a server that no network reaches
    #[command(
        after_help = "Example:\n  tenon plugin bundle oci://registry.example.org/me/hello:0.1.0 -O plugins.bundle"
    )]
    Bundle(BundleArgs),
}

/// `tenon plugin new`
#[derive(Debug, Clone, Args)]
pub struct NewArgs {
    /// What it is called; the folder is called so, too
    pub name: String,
    /// What it is: action, launcher, resource, language, ...
    #[arg(short, long)]
    pub kind: String,
    /// What it is written in
    #[arg(short, long, value_enum, default_value_t)]
    pub lang: Lang,
    /// Take the SDK from this folder: a checkout of Tenon, or unpacked packages of the SDK
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub sdk: Option<PathBuf>,
    /// Where to put the folder
    #[arg(long, default_value = ".", value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub into: PathBuf,
}

/// What plugins are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    #[default]
    Rust,
    /// JavaScript; TypeScript works as well
    Js,
    Python,
}

/// A folder with a plugin.
#[derive(Debug, Clone, Args)]
pub struct FolderArgs {
    /// The folder
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
}

/// `tenon plugin check`
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// A component, or a folder whose plugin was built
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub plugin: PathBuf,
    /// End with 1 when anything could be better
    #[arg(long)]
    pub strict: bool,
}

/// `tenon plugin pack`
#[derive(Debug, Clone, Args)]
pub struct PackArgs {
    /// A component, or a folder whose plugin was built
    #[arg(default_value = ".", value_hint = ValueHint::AnyPath)]
    pub plugin: PathBuf,
    /// Write this file; without it: NAME-VERSION.wasm, here
    #[arg(short = 'O', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub to: Option<PathBuf>,
    /// Write a folder in the image layout of OCI instead
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "to")]
    pub layout: Option<PathBuf>,
}

/// `tenon plugin keygen`
#[derive(Debug, Clone, Args)]
pub struct KeygenArgs {
    /// The files are called NAME.key and NAME.pub
    pub name: PathBuf,
    /// Which signatures it makes
    #[arg(short, long, value_enum, default_value_t)]
    pub kind: KeyKind,
    /// Protect the secret key by the first line of this file (minisign only)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
}

/// Kinds of keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum KeyKind {
    /// ECDSA P-256, as cosign has it: for files and registries
    #[default]
    Cosign,
    /// Ed25519 in PEM: for files and registries
    Ed25519,
    /// For files, with the tools of minisign
    Minisign,
}

/// A key that signs.
#[derive(Debug, Clone, Args)]
pub struct KeyArgs {
    /// The secret key: PEM, or what minisign has written
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key: Option<PathBuf>,
    /// The first line of this file opens the key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub key_password_file: Option<PathBuf>,
}

/// `tenon plugin sign`
#[derive(Debug, Clone, Args)]
pub struct SignArgs {
    /// The component
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    #[command(flatten)]
    pub key: KeyArgs,
}

/// `tenon plugin publish`
#[derive(Debug, Clone, Args)]
pub struct PublishArgs {
    /// The component
    #[arg(value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Where to: oci://registry/repository:tag
    pub to: String,
    /// Replace what the tag holds; without it, a tag keeps the digest that it has
    #[arg(long)]
    pub replace: bool,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub access: AccessArgs,
}

/// `tenon plugin signatures`
#[derive(Debug, Clone, Args)]
pub struct SignaturesArgs {
    /// A file, https://…#sha256:…, or oci://registry/repository:tag
    pub source: String,
    /// The trust store: a TOML file, or a folder of them
    #[arg(long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub trust: PathBuf,
    #[command(flatten)]
    pub access: AccessArgs,
}

/// `tenon plugin bundle`
#[derive(Debug, Clone, Args)]
pub struct BundleArgs {
    /// Files, https://…#sha256:…, oci://registry/repository:tag
    #[arg(required_unless_present = "lock")]
    pub sources: Vec<String>,
    /// Also everything that this lock file pins, as it is pinned
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub lock: Option<PathBuf>,
    /// The file to write
    #[arg(short = 'O', long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub to: PathBuf,
    #[command(flatten)]
    pub access: AccessArgs,
}

/// How registries and servers are reached.
#[derive(Debug, Clone, Default, Args)]
pub struct AccessArgs {
    /// Log in to the registry as this user
    #[arg(long, value_name = "NAME", requires = "password_file")]
    pub user: Option<String>,
    /// The first line of this file is the user's password
    #[arg(long, value_name = "FILE", requires = "user", value_hint = ValueHint::FilePath)]
    pub password_file: Option<PathBuf>,
    /// Take logins from this file, as container tools keep them
    #[arg(long, value_name = "FILE", conflicts_with = "user", value_hint = ValueHint::FilePath)]
    pub auth_file: Option<PathBuf>,
    /// Ask this registry over plain http; may be repeated
    #[arg(long, value_name = "HOST[:PORT]")]
    pub plain_http: Vec<String>,
    /// Trust the certificates in this file, too
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ca: Option<PathBuf>,
}
