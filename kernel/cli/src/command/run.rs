//! `tenon run FILE`.

use crate::api::Api;
use crate::args::RunArgs;
use crate::command::{pipeline, start};
use crate::exit::Exit;
use crate::follow::follow;
use crate::out::Out;
use crate::source;

pub(super) async fn execute(args: &RunArgs, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    let set = source::read(&args.file, &args.vars)?;
    let name = source::name(&args.file);
    let Some(accepted) = pipeline::accepted(api, &name, &args.file, &set, out).await? else {
        return Ok(Exit::Usage);
    };
    source::complain(&args.file, &set.source, &accepted.warnings, out);
    let mut request = start::request(&args.start)?;
    // Every such run has it: where it was started.
    request.args.entry(source::CWD.to_owned()).or_insert_with(source::cwd);
    let run = api.run_start(&name, &request).await?;
    follow(api, &run.id, args.start.timeout, out).await
}
