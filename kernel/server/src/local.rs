//! `tenon run`: the whole engine inside this process, for one run.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use kernel_cli::api::Api;
use kernel_cli::args::RunArgs;
use kernel_cli::exit::Exit;
use kernel_cli::out::Out;
use kernel_host::EgressPolicy;
use kernel_scheduler::Settings;
use kernel_settings::Kind;

use crate::access::AccessConfig;
use crate::engine::{Config, Engine};
use crate::identities::Identities;
use crate::in_process::InProcess;
use crate::keys::Keys;
use crate::packages::PackagesConfig;
use crate::secret::{GivenSecrets, configs};

/// Steps that still run when the run is given up get no time.
const NO_GRACE: Duration = Duration::ZERO;

/// Runs a pipeline from a file, as a client of an engine of its own.
pub(crate) async fn run(args: &RunArgs, out: &Out) -> anyhow::Result<Exit> {
    // Kept until the end: dropping it removes everything.
    let temporary = match &args.data {
        Some(_) => None,
        None => Some(
            tempfile::Builder::new()
                .prefix("tenon-run-")
                .tempdir()
                .context("failed to make a temporary folder; name one with --data")?,
        ),
    };
    let data = match (&args.data, &temporary) {
        (Some(data), _) => data.clone(),
        (None, Some(temporary)) => temporary.path().to_owned(),
        (None, None) => std::env::temp_dir(),
    };
    if let Some(temporary) = &temporary {
        // Steps that run as another user pass through it.
        let passage = std::fs::Permissions::from_mode(0o711);
        std::fs::set_permissions(temporary.path(), passage)
            .context("failed to open the temporary folder for steps of other users")?;
    }
    for grant in &args.grants {
        Kind::Grant.read(grant).map_err(anyhow::Error::msg).context("--grant")?;
    }
    let config = Config {
        data: std::path::absolute(&data).unwrap_or(data),
        code: code_cache(),
        plugins: args.plugins.clone(),
        grants: args.grants.clone(),
        installs: false,
        keys: Keys::own(),
        environment: configs::environment(),
        secrets: GivenSecrets::default(),
        identities: Identities::default(),
        settings: Settings::default(),
        project: None,
        access: AccessConfig::local(),
        egress: EgressPolicy::default(),
        packages: PackagesConfig::default(),
        http: kernel_http::Config::default(),
    };
    let engine = Engine::start(config).await?;
    if args.plugins.is_some() {
        // Compiling a large one takes longer than a request may.
        engine.ready().await;
    }
    let api = Api::new(Arc::new(InProcess::new(engine.router.clone())));
    let result = kernel_cli::command::run(args, &api, out).await;
    engine.drain(NO_GRACE).await;
    result
}

/// Returns the user's cache for compiled plugins: they are the same for every run.
fn code_cache() -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let cache = folder("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| folder("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .filter(|cache| std::fs::create_dir_all(cache.join("tenon")).is_ok())
        .unwrap_or_else(std::env::temp_dir);
    cache.join("tenon").join("code")
}
