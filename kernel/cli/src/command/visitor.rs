//! `tenon visitor …`

use kernel_wire::access::{Visitor, VisitorSet};

use crate::api::Api;
use crate::args::VisitorCommand;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::table;

pub(super) async fn execute(
    command: &VisitorCommand,
    api: &Api,
    out: &Out,
) -> anyhow::Result<Exit> {
    match command {
        VisitorCommand::List => {
            let visitors = api.visitors().await?;
            out.result(&visitors, |look| {
                let rows: Vec<[String; 6]> = visitors.iter().map(row).collect();
                let head = ["ID", "NAME", "ORGANIZATIONS", "GROUPS", "LAST LOGIN", "STATE"];
                table::lines(head, &rows, look)
            });
        }
        VisitorCommand::Disable { id } => switch(id, true, api, out).await?,
        VisitorCommand::Enable { id } => switch(id, false, api, out).await?,
    }
    Ok(Exit::Succeeded)
}

async fn switch(id: &str, is_disabled: bool, api: &Api, out: &Out) -> anyhow::Result<()> {
    let visitor = api.visitor_set(id, &VisitorSet { is_disabled }).await?;
    let word = if is_disabled { "disabled, and logged out everywhere" } else { "enabled" };
    out.result(&visitor, |_| vec![format!("{id} is {word}")]);
    Ok(())
}

fn row(visitor: &Visitor) -> [String; 6] {
    let state = if visitor.is_disabled { "disabled" } else { "" };
    [
        visitor.id.clone(),
        visitor.nick_name.clone(),
        visitor.organizations.join(", "),
        visitor.groups.join(", "),
        visitor.last_at.to_string(),
        state.to_owned(),
    ]
}
