//! `tenon run FILE`.

use serde_json::Value;

use crate::api::Api;
use crate::args::RunArgs;
use crate::command::{pipeline, start};
use crate::exit::Exit;
use crate::follow::follow;
use crate::out::Out;
use crate::source;

/// The argument that every such run has: where it was started.
const CWD: &str = "cwd";

pub(super) async fn execute(args: &RunArgs, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    let set = source::read(&args.file, &args.vars)?;
    let name = source::name(&args.file);
    let Some(accepted) = pipeline::accepted(api, &name, &args.file, &set, out).await? else {
        return Ok(Exit::Usage);
    };
    source::complain(&args.file, &set.source, &accepted.warnings, out);
    let mut request = start::request(&args.start)?;
    let cwd = std::env::current_dir().unwrap_or_default();
    let cwd = Value::from(cwd.to_string_lossy().into_owned());
    request.args.entry(CWD.to_owned()).or_insert(cwd);
    let run = api.run_start(&name, &request).await?;
    follow(api, &run.id, args.start.timeout, out).await
}
