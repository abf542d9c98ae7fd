//! Users, tokens, sessions, roles and rules.

use async_trait::async_trait;
use kernel_model::access::Scope;
use kernel_model::id::{SessionId, TokenId, UserId};
use kernel_model::name::Name;
use kernel_model::time::Time;
use kernel_ports::access::{AccessData, AccessStore, Role, Rule, Session, Token, User, Visitor};
use kernel_ports::store::StoreError;

use super::{ControlStore, row};
use crate::column::time;
use crate::fault::Fault;
use crate::statements::Statements;

#[async_trait]
impl AccessStore for ControlStore {
    async fn access_load(&self) -> Result<AccessData, StoreError> {
        self.database
            .read("read who may do what", |db| {
                Ok(AccessData {
                    users: db.all(&format!("{} ORDER BY name", row::USER), [], row::user)?,
                    visitors: db.all(
                        "SELECT identity, is_disabled, first_at, last_at FROM visitor
                         ORDER BY provider, user_id",
                        [],
                        row::visitor,
                    )?,
                    tokens: db.all(&format!("{} ORDER BY id", row::TOKEN), [], row::token)?,
                    sessions: db.all(&format!("{} ORDER BY id", row::SESSION), [], row::session)?,
                    apps: db.all(&format!("{} ORDER BY id", row::APP), [], row::app)?,
                    app_tokens: db.all(
                        "SELECT digest, app, expires_at FROM app_token ORDER BY rowid",
                        [],
                        row::app_token,
                    )?,
                    devices: db.all(
                        "SELECT digest, user_code, label, address, asked_at, ends_at, is_approved,
                         user, identity FROM device ORDER BY digest",
                        [],
                        row::device,
                    )?,
                    roles: db.all("SELECT name, verbs FROM role ORDER BY name", [], row::role)?,
                    rules: db.all(
                        "SELECT scope, role, expression, changed_by, changed_at FROM rule
                         ORDER BY scope, role",
                        [],
                        row::rule,
                    )?,
                })
            })
            .await
    }

    async fn user_add(&self, user: &User) -> Result<(), StoreError> {
        let user = user.clone();
        self.database
            .write("add a user", move |db| {
                let taken = "SELECT 1 FROM user WHERE name = ?1";
                if db.first(taken, (user.name.as_str(),), |_| Ok(()))?.is_some() {
                    let what = format!("the user {}", user.name);
                    return Err(StoreError::Conflict { what, seen: 0, found: 1 }.into());
                }
                user_put(db, &user)
            })
            .await
    }

    async fn user_set(&self, user: &User) -> Result<(), StoreError> {
        let user = user.clone();
        self.database
            .write("change a user", move |db| {
                let known = "SELECT 1 FROM user WHERE id = ?1";
                if db.first(known, (row::bytes(user.id.0),), |_| Ok(()))?.is_none() {
                    let what = format!("the user {}", user.name);
                    return Err(StoreError::NotFound { what }.into());
                }
                user_put(db, &user)
            })
            .await
    }

    async fn user_remove(&self, user: UserId, at: Time) -> Result<(), StoreError> {
        self.database
            .write("remove a user", move |db| {
                let id = row::bytes(user.0);
                db.execute(
                    "UPDATE token SET revoked_at = ?2 WHERE user = ?1 AND revoked_at IS NULL",
                    (id, time(at)),
                )?;
                db.execute("DELETE FROM session WHERE user = ?1", (id,))?;
                db.execute("DELETE FROM app WHERE user = ?1", (id,))?;
                db.execute("DELETE FROM user WHERE id = ?1", (id,))?;
                Ok(())
            })
            .await
    }

    async fn visitor_set(&self, visitor: &Visitor) -> Result<(), StoreError> {
        let visitor = visitor.clone();
        self.database
            .write("keep who has logged in", move |db| {
                db.execute(
                    "INSERT INTO visitor (provider, user_id, identity, is_disabled, first_at,
                     last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT DO UPDATE SET identity = excluded.identity,
                     is_disabled = excluded.is_disabled, last_at = excluded.last_at",
                    (
                        &visitor.identity.provider,
                        &visitor.identity.user_id,
                        row::json(&visitor.identity)?,
                        visitor.is_disabled,
                        time(visitor.first_at),
                        time(visitor.last_at),
                    ),
                )?;
                Ok(())
            })
            .await
    }

    async fn token_add(&self, token: &Token) -> Result<(), StoreError> {
        let token = token.clone();
        self.database.write("keep a token", move |db| token_put(db, &token)).await
    }

    async fn token_revoke(&self, tokens: &[TokenId], at: Time) -> Result<(), StoreError> {
        let tokens = tokens.to_vec();
        self.database
            .write("revoke tokens", move |db| {
                for token in tokens {
                    db.execute(
                        "UPDATE token SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
                        (row::bytes(token.0), time(at)),
                    )?;
                }
                Ok(())
            })
            .await
    }

    async fn token_used(&self, used: &[(TokenId, Time)]) -> Result<(), StoreError> {
        let used = used.to_vec();
        self.database
            .write("note the use of tokens", move |db| {
                for (token, at) in used {
                    db.execute(
                        "UPDATE token SET used_at = max(coalesce(used_at, 0), ?2) WHERE id = ?1",
                        (row::bytes(token.0), time(at)),
                    )?;
                }
                Ok(())
            })
            .await
    }

    async fn session_add(&self, session: &Session) -> Result<(), StoreError> {
        let session = session.clone();
        self.database
            .write("keep a session", move |db| {
                let (user, identity) = row::holder(&session.holder)?;
                db.execute(
                    "INSERT INTO session (id, digest, user, identity, address, created_at, seen_at,
                     expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    (
                        row::bytes(session.id.0),
                        session.digest,
                        user,
                        identity,
                        session.address,
                        time(session.created_at),
                        time(session.seen_at),
                        time(session.expires_at),
                    ),
                )?;
                Ok(())
            })
            .await
    }

    async fn session_remove(&self, sessions: &[SessionId]) -> Result<(), StoreError> {
        let sessions = sessions.to_vec();
        self.database
            .write("end sessions", move |db| {
                for session in sessions {
                    db.execute("DELETE FROM session WHERE id = ?1", (row::bytes(session.0),))?;
                }
                Ok(())
            })
            .await
    }

    async fn session_seen(&self, seen: &[(SessionId, Time)]) -> Result<(), StoreError> {
        let seen = seen.to_vec();
        self.database
            .write("note the use of sessions", move |db| {
                for (session, at) in seen {
                    db.execute(
                        "UPDATE session SET seen_at = max(seen_at, ?2) WHERE id = ?1",
                        (row::bytes(session.0), time(at)),
                    )?;
                }
                Ok(())
            })
            .await
    }

    async fn role_set(&self, role: &Role) -> Result<(), StoreError> {
        let role = role.clone();
        self.database
            .write("set a role", move |db| {
                db.execute(
                    "INSERT INTO role (name, verbs) VALUES (?1, ?2)
                     ON CONFLICT DO UPDATE SET verbs = excluded.verbs",
                    (role.name.as_str(), role.verbs.bits()),
                )?;
                Ok(())
            })
            .await
    }

    async fn role_remove(&self, role: &Name) -> Result<bool, StoreError> {
        let role = role.clone();
        self.database
            .write("remove a role", move |db| {
                Ok(db.execute("DELETE FROM role WHERE name = ?1", (role.as_str(),))? > 0)
            })
            .await
    }

    async fn rule_set(&self, rule: &Rule) -> Result<(), StoreError> {
        let rule = rule.clone();
        self.database
            .write("set a rule", move |db| {
                db.execute(
                    "INSERT INTO rule (scope, role, expression, changed_by, changed_at)
                     VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET
                     expression = excluded.expression, changed_by = excluded.changed_by,
                     changed_at = excluded.changed_at",
                    (
                        rule.scope.to_string(),
                        rule.role.as_str(),
                        rule.expression,
                        rule.changed_by,
                        time(rule.changed_at),
                    ),
                )?;
                Ok(())
            })
            .await
    }

    async fn rule_remove(&self, scope: &Scope, role: &Name) -> Result<bool, StoreError> {
        let (scope, role) = (scope.to_string(), role.clone());
        self.database
            .write("remove a rule", move |db| {
                let sql = "DELETE FROM rule WHERE scope = ?1 AND role = ?2";
                Ok(db.execute(sql, (scope, role.as_str()))? > 0)
            })
            .await
    }
}

fn user_put(db: &Statements, user: &User) -> Result<(), Fault> {
    db.execute(
        "INSERT INTO user (id, name, email, group_names, role, password, is_disabled, created_at,
         changed_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, email = excluded.email,
         group_names = excluded.group_names, role = excluded.role, password = excluded.password,
         is_disabled = excluded.is_disabled, changed_at = excluded.changed_at",
        (
            row::bytes(user.id.0),
            user.name.as_str(),
            &user.email,
            row::json(&user.groups)?,
            user.role.as_ref().map(Name::as_str),
            &user.password,
            user.is_disabled,
            time(user.created_at),
            time(user.changed_at),
        ),
    )?;
    Ok(())
}

fn token_put(db: &Statements, token: &Token) -> Result<(), Fault> {
    let (user, identity) = row::holder(&token.holder)?;
    db.execute(
        "INSERT INTO token (id, digest, name, user, identity, verbs, projects, workspaces,
         created_by, created_at, expires_at, revoked_at, used_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        (
            row::bytes(token.id.0),
            token.digest,
            &token.name,
            user,
            identity,
            token.verbs.bits(),
            row::json(&token.projects)?,
            row::json(&token.workspaces)?,
            &token.created_by,
            time(token.created_at),
            token.expires_at.map(time),
            token.revoked_at.map(time),
            token.used_at.map(time),
        ),
    )?;
    Ok(())
}
