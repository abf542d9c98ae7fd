//! The settings of a server: read from file, environment and flags, and handed out, one `Config`
//! per component.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use kernel_http::{Addressing, BodyLimits, Hosts, Oauth, Rates};
use kernel_model::name::ProjectName;
use kernel_scheduler::Settings as Scheduling;
use kernel_settings::table::{
    self, access, keeping, limits, log, network, plugins, runs, secrets, server,
};
use kernel_settings::{Bug, Document, FILES, Given, Note, Selection, Settings, resolve};

use crate::access::AccessConfig;
use crate::args::ServerArgs;
use crate::engine;
use crate::identities::{self, Identities};
use crate::keys::Keys;
use crate::packages::PackagesConfig;
use crate::secret::GivenSecrets;
use crate::secret::configs::{self, Environment};
use crate::telemetry::{self, Format};

/// What was read.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    pub(crate) notes: Vec<Note>,
    /// The file, if there is one.
    pub(crate) file: Option<PathBuf>,
}

/// What `tenon server` is made from.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) drain: Duration,
    /// How long it stays written down what was done; none: always.
    pub(crate) audit_keep: Option<Duration>,
    pub(crate) telemetry: telemetry::Config,
    pub(crate) engine: engine::Config,
    pub(crate) serving: Serving,
}

/// The files that HTTPS is served with.
#[derive(Debug)]
pub(crate) struct Serving {
    pub(crate) tls: Option<(PathBuf, PathBuf)>,
    pub(crate) head_timeout: Duration,
    pub(crate) head_bytes_max: usize,
}

/// Reads everything that says something about the settings.
pub(crate) fn load(args: &ServerArgs) -> anyhow::Result<Loaded> {
    let environment = environment();
    let file = match &args.config {
        Some(file) => Some(file.clone()),
        None => found_file(Path::new(""))?,
    };
    let document = file.as_deref().map(|path| Document::read(path, &environment)).transpose()?;
    let given = Given { file: document.as_ref(), environment: &environment, flags: &args.flags };
    let (settings, notes) = resolve(given)?;
    Ok(Loaded { settings, notes, file })
}

/// Returns the file of settings in a folder.
fn found_file(folder: &Path) -> anyhow::Result<Option<PathBuf>> {
    let mut found = FILES.iter().map(|name| folder.join(name)).filter(|path| path.is_file());
    let file = found.next();
    if let (Some(file), Some(other)) = (&file, found.next()) {
        bail!(
            "there are {} and {}; remove one, or name the right one with --config",
            file.display(),
            other.display()
        );
    }
    Ok(file)
}

fn environment() -> BTreeMap<String, String> {
    // What is not text belongs to somebody else.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

impl Config {
    pub(crate) fn of(settings: &Settings) -> anyhow::Result<Self> {
        let mut listen: SocketAddr = settings.get(&server::LISTEN)?;
        if let Some(port) = settings.get(&server::PORT)? {
            listen.set_port(port);
        }
        let data: PathBuf = settings.get(&server::DATA)?;
        Ok(Self {
            listen,
            drain: settings.get(&server::DRAIN)?,
            audit_keep: Some(settings.get(&keeping::RETENTION_AUDIT)?)
                .filter(|keep: &Duration| !keep.is_zero()),
            telemetry: telemetry::Config {
                format: match settings.get::<String>(&log::FORMAT)?.as_str() {
                    "json" => Format::Json,
                    _ => Format::Text,
                },
                level: settings.get(&log::LEVEL)?,
                file: settings.get(&log::FILE)?,
            },
            engine: engine::Config {
                code: data.join("cache/code"),
                data,
                plugins: settings.get(&plugins::FOLDER)?,
                grants: settings.get(&plugins::GRANTS)?,
                installs: true,
                keys: Keys::of(settings)?,
                environment: backends(settings),
                secrets: GivenSecrets::of(settings)?,
                identities: Identities::of(settings)?,
                settings: scheduling(settings)?,
                project: project(settings)?,
                access: AccessConfig::of(settings)?,
                egress: egress(settings)?,
                packages: PackagesConfig {
                    trust_store: settings.get(&plugins::TRUST_STORE)?,
                    allow_unsigned: settings.get(&plugins::ALLOW_UNSIGNED)?,
                    plain_http: settings.get(&plugins::PLAIN_HTTP)?,
                    logins: settings.get(&plugins::REGISTRY_LOGINS)?,
                    ca: settings.get(&plugins::REGISTRY_CA)?,
                },
                http: http(settings, listen)?,
            },
            serving: Serving {
                tls: settings
                    .get::<Option<PathBuf>>(&network::TLS_CERT)?
                    .zip(settings.get(&network::TLS_KEY)?),
                head_timeout: settings.get(&limits::READ_TIMEOUT)?,
                head_bytes_max: settings.get(&limits::HEADERS_MAX)?,
            },
        })
    }
}

fn scheduling(settings: &Settings) -> Result<Scheduling, Bug> {
    let grace: Duration = settings.get(&runs::GRACE)?;
    Ok(Scheduling {
        runs_max: settings.get(&runs::RUNS_MAX)?,
        queue_max: settings.get(&runs::QUEUE_MAX)?,
        attempts_max: settings.get(&runs::ATTEMPTS_MAX)?,
        grace_ms: u64::try_from(grace.as_millis()).unwrap_or(u64::MAX),
        launcher: settings.get(&runs::LAUNCHER)?,
        launchers_allowed: Arc::new(settings.get::<Selection>(&runs::LAUNCHERS_ALLOWED)?),
        features: Arc::new(settings.get::<Selection>(&server::FEATURES)?),
        tags: settings.get(&runs::TAGS)?,
        ..Scheduling::default()
    })
}

/// Returns the environment of this process, with what is set elsewhere for the backends of secrets.
fn backends(settings: &Settings) -> Environment {
    let mut environment = configs::environment();
    let rows = table::all().filter(|row| row.key.starts_with("secrets."));
    for row in rows.filter(|row| settings.is_set(row)) {
        environment.extend(settings.plain(row).map(|text| (row.variable.to_owned(), text)));
    }
    if !settings.is_set(&secrets::BACKEND) && settings.is_set(&secrets::S3_BUCKET) {
        environment.insert(secrets::BACKEND.variable.to_owned(), "s3".to_owned());
    }
    environment
}

/// Returns the project that is served alone, if one is.
fn project(settings: &Settings) -> anyhow::Result<Option<ProjectName>> {
    let name: Option<String> = settings.get(&server::PROJECT)?;
    name.map(|name| ProjectName::new(&name).context(server::PROJECT.key)).transpose()
}

fn egress(settings: &Settings) -> Result<kernel_host::EgressPolicy, Bug> {
    Ok(kernel_host::EgressPolicy {
        allowed: settings.get(&network::EGRESS_ALLOWED)?,
        fetch_timeout: settings.get(&network::FETCH_TIMEOUT)?,
        fetch_bytes_max: settings.get(&network::FETCH_MAX)?,
    })
}

fn http(settings: &Settings, listen: SocketAddr) -> anyhow::Result<kernel_http::Config> {
    let public: Option<String> = settings.get(&server::PUBLIC_HOST)?;
    // The name alone: whatever port a proxy listens on.
    let name = public.map(|host| host.rsplit_once(':').map_or(host.clone(), |(n, _)| n.to_owned()));
    let addressing = Addressing {
        only: project(settings)?,
        base: name.as_deref().and_then(|name| name.strip_prefix("%.")).map(str::to_owned),
    };
    Ok(kernel_http::Config {
        // Who can be known needs no protection by the name of the host.
        hosts: match listen.ip().is_loopback() {
            true => Hosts::Loopback { names: name.into_iter().collect() },
            false => Hosts::Any,
        },
        addressing,
        allow_origins: settings.get(&network::ALLOW_ORIGINS)?,
        trusted_proxies: settings.get(&network::TRUSTED_PROXIES)?,
        rates: Rates {
            address: settings.get(&limits::ADDRESS_RATE)?,
            token: settings.get(&limits::TOKEN_RATE)?,
            project: settings.get(&limits::PROJECT_RATE)?,
        },
        body: BodyLimits {
            bytes_max: settings.get(&limits::BODY_MAX)?,
            depth_max: settings.get(&limits::DEPTH_MAX)?,
        },
        callback_url: identities::callback_url(settings)?,
        oauth: Oauth {
            is_on: settings.get(&access::OAUTH)?,
            registers: settings.get(&access::OAUTH_REGISTRATION)?,
        },
        body_timeout: settings.get(&limits::READ_TIMEOUT)?,
        answer_timeout: settings.get(&limits::ANSWER_TIMEOUT)?,
    })
}

#[cfg(test)]
mod tests;
