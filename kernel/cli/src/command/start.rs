//! What a run is started with.

use std::collections::BTreeMap;

use kernel_wire::run::RunStart;

use crate::args::StartArgs;
use crate::command::{Usage, by};

/// Returns the request. Secrets without a value are read from the environment.
pub(crate) fn request(args: &StartArgs) -> anyhow::Result<RunStart> {
    let mut secrets = BTreeMap::new();
    for pair in &args.secrets {
        let value = match &pair.value {
            Some(value) => value.clone(),
            None => std::env::var(&pair.name).map_err(|_| {
                let name = &pair.name;
                Usage(format!(
                    "--secret {name}: the environment has no variable {name}; give the value with \
                     --secret {name}=VALUE"
                ))
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
