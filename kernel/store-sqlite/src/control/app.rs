//! Connected apps, their tokens, and clients.

use async_trait::async_trait;
use kernel_model::id::{AppId, ClientId};
use kernel_model::time::Time;
use kernel_ports::app::{APP_TOKENS_MAX, AppStore, AppToken, Client, ConnectedApp};
use kernel_ports::store::StoreError;

use super::{ControlStore, row};
use crate::column::time;
use crate::fault::Fault;
use crate::statements::Statements;

#[async_trait]
impl AppStore for ControlStore {
    async fn app_put(
        &self,
        app: &ConnectedApp,
        token: Option<&AppToken>,
        now: Time,
    ) -> Result<(), StoreError> {
        let (app, token) = (app.clone(), token.cloned());
        self.database
            .write("keep a connected app", move |db| {
                db.execute("DELETE FROM app WHERE expires_at <= ?1", (time(now),))?;
                app_put(db, &app)?;
                if let Some(token) = &token {
                    token_put(db, token, now)?;
                }
                Ok(())
            })
            .await
    }

    async fn app_remove(&self, apps: &[AppId]) -> Result<(), StoreError> {
        let apps = apps.to_vec();
        self.database
            .write("forget connected apps", move |db| {
                for app in apps {
                    db.execute("DELETE FROM app WHERE id = ?1", (row::bytes(app.0),))?;
                }
                Ok(())
            })
            .await
    }

    async fn client_add(&self, client: &Client, max: usize) -> Result<bool, StoreError> {
        let (client, max) = (client.clone(), i64::try_from(max).unwrap_or(i64::MAX));
        self.database
            .write("keep a client", move |db| {
                db.execute(
                    "DELETE FROM client WHERE id IN (
                       SELECT id FROM client
                       WHERE NOT EXISTS (SELECT 1 FROM app WHERE app.client_id = client.id)
                       ORDER BY id
                       LIMIT max(0, (SELECT count(*) FROM client) - ?1 + 1))",
                    (max,),
                )?;
                let added = db.execute(
                    "INSERT INTO client (id, name, redirect_uris, created_at)
                     SELECT ?1, ?2, ?3, ?4 WHERE (SELECT count(*) FROM client) < ?5",
                    (
                        row::bytes(client.id.0),
                        &client.name,
                        row::json(&client.redirect_uris)?,
                        time(client.created_at),
                        max,
                    ),
                )?;
                Ok(added > 0)
            })
            .await
    }

    async fn client_get(&self, id: ClientId) -> Result<Option<Client>, StoreError> {
        self.database
            .read("read a client", move |db| {
                let sql = "SELECT id, name, redirect_uris, created_at FROM client WHERE id = ?1";
                db.first(sql, (row::bytes(id.0),), row::client)
            })
            .await
    }
}

fn app_put(db: &Statements, app: &ConnectedApp) -> Result<(), Fault> {
    let (user, identity) = row::holder(&app.holder)?;
    let client = app.client.parse::<ClientId>().ok().map(|id| row::bytes(id.0));
    let id = row::bytes(app.id.0);
    db.execute(
        "INSERT INTO app (id, user, identity, client, client_id, name, redirect_uri, resource,
         audience, code, challenge, created_at, verbs, projects, workspaces, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0, '', '', 0)
         ON CONFLICT (id) DO NOTHING",
        (
            id,
            user,
            identity,
            &app.client,
            client,
            &app.name,
            &app.redirect_uri,
            &app.resource,
            app.audience.path(),
            app.code,
            &app.challenge,
            time(app.created_at),
        ),
    )?;
    let refresh = app.refresh.as_ref();
    db.execute(
        "UPDATE app SET verbs = ?2, projects = ?3, workspaces = ?4, refresh = ?5,
         refresh_before = ?6, refresh_since = ?7, expires_at = ?8 WHERE id = ?1",
        (
            id,
            app.verbs.bits(),
            row::json(&app.projects)?,
            row::json(&app.workspaces)?,
            refresh.map(|refresh| refresh.digest),
            refresh.and_then(|refresh| refresh.before),
            refresh.map(|refresh| time(refresh.since)),
            time(app.expires_at),
        ),
    )?;
    Ok(())
}

fn token_put(db: &Statements, token: &AppToken, now: Time) -> Result<(), Fault> {
    let app = row::bytes(token.app.0);
    db.execute(
        "INSERT INTO app_token (digest, app, expires_at) VALUES (?1, ?2, ?3)",
        (token.digest, app, time(token.expires_at)),
    )?;
    db.execute(
        "DELETE FROM app_token WHERE app = ?1 AND (expires_at <= ?2 OR rowid NOT IN
         (SELECT rowid FROM app_token WHERE app = ?1 ORDER BY rowid DESC LIMIT ?3))",
        (app, time(now), i64::try_from(APP_TOKENS_MAX).unwrap_or(i64::MAX)),
    )?;
    Ok(())
}
