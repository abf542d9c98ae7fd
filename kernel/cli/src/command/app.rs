//! `tenon app …`

use kernel_wire::app::ConnectedApp;

use crate::api::Api;
use crate::args::AppCommand;
use crate::exit::Exit;
use crate::out::Out;
use crate::show::table;

pub(super) async fn execute(command: &AppCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        AppCommand::List => {
            let apps = api.apps().await?;
            out.result(&apps, |look| {
                let rows: Vec<[String; 7]> = apps.iter().map(row).collect();
                let head = ["ID", "NAME", "KNOWN BY", "FOR", "VERBS", "PART", "LAST RENEWED"];
                table::lines(head, &rows, look)
            });
        }
        AppCommand::Revoke { id } => {
            api.app_revoke(id).await?;
            let done = serde_json::json!({ "app": id });
            out.result(&done, |_| vec![format!("{id} was revoked")]);
        }
    }
    Ok(Exit::Succeeded)
}

fn row(app: &ConnectedApp) -> [String; 7] {
    // An id of a registration says nothing to people.
    let is_address = app.client.contains("://");
    let known_by = if is_address { app.client.as_str() } else { "registration" };
    [
        app.id.clone(),
        app.name.clone(),
        known_by.to_owned(),
        app.holder.clone(),
        app.verbs.join(", "),
        app.audience.clone(),
        app.renewed_at.to_string(),
    ]
}
