//! What a run is started with.

use std::collections::BTreeMap;

use anyhow::Context as _;
use kernel_wire::run::RunStart;

use crate::args::StartArgs;
use crate::command::by;

/// Returns the request. Secrets without a value are read from the environment.
pub(crate) fn request(args: &StartArgs) -> anyhow::Result<RunStart> {
    let mut secrets = BTreeMap::new();
    for pair in &args.secrets {
        let value = match &pair.value {
            Some(value) => value.clone(),
            None => std::env::var(&pair.name).with_context(|| {
                format!("--secret {0}: the environment has no variable {0}; give the value with --secret {0}=VALUE", pair.name)
            })?,
        };
        secrets.insert(pair.name.clone(), value);
    }
    Ok(RunStart {
        version: None,
        workspace: None,
        jobs: args.jobs.clone(),
        args: args.args.iter().map(|arg| (arg.name.clone(), arg.value.clone())).collect(),
        launcher: args.launcher.clone(),
        secrets,
        by: Some(by()),
    })
}
