//! Who may do what on this server: opening it, how an operator gets in, and the address it needs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use kernel_auth::{Access, Parts, Settings, UserDraft};
use kernel_cli::args::UserCommand;
use kernel_cli::exit::Exit;
use kernel_cli::out::Out;
use kernel_http::Cookies;
use kernel_keyring::Ring;
use kernel_ports::access::AccessStore;
use kernel_ports::clock::System;
use kernel_ports::keyring::{Keyring, KeyringError, SubKey};
use kernel_settings::Bug;
use kernel_settings::table::{access as table, limits};
use kernel_store_memory::MemoryControl;
use kernel_store_sqlite::ControlStore;
use sha2::{Digest as _, Sha256};

use crate::args::ServerArgs;
use crate::config;
use crate::engine::Config;
use crate::keys::Keys;

/// The database of the server as a whole, in the data folder.
pub(crate) const DATABASE: &str = "control.db";

/// How people are known.
#[derive(Debug, Clone)]
pub(crate) struct AccessConfig {
    settings: Settings,
    /// Whether anything of it is kept.
    is_kept: bool,
    pub(crate) cookies: Cookies,
}

impl AccessConfig {
    /// For a run inside this process: whoever starts it may do everything, and nothing is kept.
    pub(crate) fn local() -> Self {
        Self {
            settings: Settings { is_open: true, is_audited: false, ..Settings::default() },
            is_kept: false,
            cookies: Cookies::default(),
        }
    }

    /// Reads it from the settings.
    pub(crate) fn of(settings: &kernel_settings::Settings) -> Result<Self, Bug> {
        let basic: Option<String> = settings.get(&table::BASIC)?;
        let token: Option<String> = settings.get(&table::SUPER_TOKEN)?;
        let hash: Option<String> = settings.get(&table::SUPER_TOKEN_HASH)?;
        let same_site: String = settings.get(&table::SAME_SITE)?;
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Ok(Self {
            settings: Settings {
                is_open: settings.get(&table::NO_AUTH)?,
                is_audited: true,
                super_hash: hash
                    .and_then(|hash| digest(&hash))
                    .or_else(|| token.map(|token| Sha256::digest(token.as_bytes()).into())),
                basic: basic.and_then(|pair| {
                    let (name, password) = pair.split_once(':')?;
                    Some((name.to_owned(), password.to_owned()))
                }),
                idle_ms: ms(settings.get(&table::SESSION_IDLE)?),
                session_ms: ms(settings.get(&table::SESSION_LIFE)?),
                rule: settings.get(&table::RULE)?,
                signing_secret: settings.get(&table::SIGNING_SECRET)?,
                audit_state_bytes_max: settings.get(&limits::AUDIT_FIELD_MAX)?,
            },
            is_kept: true,
            cookies: Cookies {
                is_secure: settings.get(&table::SECURE_COOKIES)?,
                is_strict: same_site == "strict",
            },
        })
    }

    /// Whether whoever reaches the server may do everything.
    pub(crate) fn is_open(&self) -> bool {
        self.settings.is_open
    }
}

/// Refuses to let everybody do everything from everywhere, unless that is said twice.
pub(crate) fn check_address(
    address: SocketAddr,
    settings: &kernel_settings::Settings,
) -> anyhow::Result<()> {
    let is_open: bool = settings.get(&table::NO_AUTH)?;
    if address.ip().is_loopback() || !is_open || settings.get(&table::NO_AUTH_PUBLIC)? {
        return Ok(());
    }
    bail!(
        "{address} can be reached from other machines, and with --no-auth whoever reaches it can \
         run programs here; leave out --no-auth, listen on 127.0.0.1:{}, or, if only people whom \
         you trust reach it, say --no-auth-public too",
        address.port()
    );
}

/// Opens what is kept of it in the data folder.
pub(crate) async fn open(
    config: &Config,
    control: Option<Arc<ControlStore>>,
    keyring: Arc<Ring>,
    system: Arc<System>,
) -> anyhow::Result<Access> {
    let settings = config.access.settings.clone();
    if let Some(rule) = &settings.rule {
        kernel_auth::Rule::new(rule).with_context(|| table::RULE.key.to_owned())?;
    }
    let kept = control.filter(|_| config.access.is_kept);
    let Some(control) = kept else {
        let parts = Parts {
            store: Arc::new(MemoryControl::new()),
            clock: Arc::clone(&system) as _,
            entropy: system,
            keyring: Arc::new(NoKeys),
            folder: None,
        };
        return Ok(Access::open(parts, settings).await?);
    };
    open_kept(&config.data, control, (keyring, system), settings).await
}

async fn open_kept(
    data: &Path,
    store: Arc<dyn AccessStore>,
    (keyring, system): (Arc<Ring>, Arc<System>),
    settings: Settings,
) -> anyhow::Result<Access> {
    let clock = Arc::clone(&system) as _;
    let parts = Parts { store, clock, entropy: system, keyring, folder: Some(data.to_owned()) };
    Access::open(parts, settings).await.context("failed to read who may do what")
}

/// Lets an operator into a server that has no accounts yet. The token is shown this once.
pub(crate) async fn bootstrap(access: &Access, url: &str) -> anyhow::Result<()> {
    if !access.is_empty() {
        return Ok(());
    }
    let (token, text) = access.token_bootstrap().await?;
    let id = token.id;
    kernel_cli::notice(&format!(
        "\n\
         This server has no accounts yet. Here is a token that may do everything.\n\
         It is shown only this once:\n\n    {text}\n\n\
         Log in with it, make a user, and revoke it:\n\n    \
         tenon login --server {url} --token {text}\n    \
         tenon user add NAME --role admin --server {url}\n    \
         tenon token revoke {id} --server {url}\n\n"
    ));
    Ok(())
}

/// Removes what was done longer ago than is to be kept, now and once a day.
pub(crate) fn prune_daily(access: &Access, keep: Option<Duration>) {
    let Some(keep) = keep else { return };
    let audit = access.audit().clone();
    let age_ms = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
    tokio::spawn(async move {
        loop {
            match audit.prune(age_ms).await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "removed old links of the audit"),
                Err(err) => tracing::warn!(%err, "failed to remove old links of the audit"),
            }
            tokio::time::sleep(Duration::from_secs(24 * 60 * 60)).await;
        }
    });
}

/// Does `tenon user … --data DIR`: on the data folder itself, while no server uses it.
pub(crate) async fn offline(data: &Path, command: &UserCommand, out: &Out) -> anyhow::Result<Exit> {
    if !data.join(DATABASE).is_file() {
        bail!(
            "{} is not the data folder of a server; start the server once, or name another --data",
            data.display()
        );
    }
    let store = Arc::new(ControlStore::open(&data.join(DATABASE))?);
    let loaded = config::load(&ServerArgs::default())?;
    let keyring = Arc::new(Keys::of(&loaded.settings)?.open(data)?);
    let system = Arc::new(System::default());
    let access = open_kept(data, store, (keyring, system), Settings::default()).await?;
    let (action, name) = match command {
        UserCommand::Add { name, role, groups, email, .. } => {
            let password = kernel_cli::command::access::new_password()?;
            let draft = UserDraft {
                email: email.clone().unwrap_or_default(),
                groups: groups.clone(),
                role: role.clone(),
                is_disabled: false,
            };
            access.user_add(name, draft, Some(&password)).await?;
            ("user.add", name)
        }
        UserCommand::Password { name } => {
            let password = kernel_cli::command::access::new_password()?;
            access.user_password(name, &password).await?;
            ("user.password", name)
        }
        UserCommand::List
        | UserCommand::Disable { .. }
        | UserCommand::Enable { .. }
        | UserCommand::Rm { .. } => {
            bail!(
                "with --data only `user add` and `user password` work; ask the server for the rest"
            )
        }
    };
    let entry = kernel_auth::Entry {
        actor: "offline".to_owned(),
        action: action.to_owned(),
        target: format!("users/{name}"),
        ..kernel_auth::Entry::default()
    };
    access.audit().record(entry).await?;
    out.result(&serde_json::json!({ "user": name }), |_| vec![format!("{name} can log in")]);
    Ok(Exit::Succeeded)
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Where everybody may do everything there is nothing to sign, and nobody to keep out.
struct NoKeys;

impl Keyring for NoKeys {
    fn seal(&self, _: &str, _: &[u8], _: &[u8]) -> Result<Vec<u8>, KeyringError> {
        Err(KeyringError::Format { reason: "there is no keyring in a run of its own" })
    }

    fn open(&self, _: &str, _: &[u8], _: &[u8]) -> Result<Vec<u8>, KeyringError> {
        Err(KeyringError::Format { reason: "there is no keyring in a run of its own" })
    }

    fn derive(&self, _: &str) -> SubKey {
        SubKey::new([0; 32])
    }
}
