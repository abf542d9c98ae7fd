//! Rows as values, and back.

use kernel_model::access::{Audience, Verbs};
use kernel_model::id::{AppId, ClientId, SessionId, TokenId, UserId};
use kernel_model::name::{Name, ProjectName};
use kernel_ports::access::{Digest, Holder, Role, Rule, Session, Token, User, Visitor};
use kernel_ports::app::{AppToken, Client, ConnectedApp, Refresh};
use kernel_ports::audit::{AuditPlace, AuditRow, AuditSeal};
use kernel_ports::login::{Device, DeviceAnswer};
use kernel_ports::project::ProjectRecord;
use kernel_ports::store::StoreError;
use rusqlite::Row;

use crate::column::{IdBytes, name_at, time_at, time_opt_at, uint_at};
use crate::fault::Fault;

pub(super) const USER: &str = "SELECT id, name, email, group_names, role, password, is_disabled,
     created_at, changed_at FROM user";
pub(super) const TOKEN: &str = "SELECT id, digest, name, user, identity, verbs, projects,
     workspaces, created_by, created_at, expires_at, revoked_at, used_at FROM token";
pub(super) const SESSION: &str = "SELECT id, digest, user, identity, address, created_at, seen_at,
     expires_at FROM session";
pub(super) const APP: &str = "SELECT id, user, identity, client, name, redirect_uri, resource,
     audience, verbs, projects, workspaces, code, challenge, refresh, refresh_before,
     refresh_since, created_at, expires_at FROM app";
pub(super) const AUDIT: &str = "SELECT seq, at, actor, address, action, target, outcome,
     state_before, state_after, request, hash FROM audit";
pub(super) const SEAL: &str =
    "SELECT base_seq, base_hash, head_seq, head_hash, at, signature FROM audit_seal";

pub(super) fn user(row: &Row<'_>) -> Result<User, Fault> {
    Ok(User {
        id: UserId(id_at(row, 0)?),
        name: name_at(row, 1)?,
        email: row.get(2)?,
        groups: texts_at(row, 3)?,
        role: role_at(row, 4)?,
        password: row.get(5)?,
        is_disabled: row.get(6)?,
        created_at: time_at(row, 7)?,
        changed_at: time_at(row, 8)?,
    })
}

pub(super) fn visitor(row: &Row<'_>) -> Result<Visitor, Fault> {
    let identity: String = row.get(0)?;
    Ok(Visitor {
        identity: serde_json::from_str(&identity).map_err(|err| corrupt("identity", &err))?,
        is_disabled: row.get(1)?,
        first_at: time_at(row, 2)?,
        last_at: time_at(row, 3)?,
    })
}

pub(super) fn project(row: &Row<'_>) -> Result<ProjectRecord, Fault> {
    let name: String = row.get(0)?;
    Ok(ProjectRecord {
        // Only what was checked becomes a path.
        name: ProjectName::new(&name).map_err(|err| corrupt("project", &err))?,
        created_at: time_at(row, 1)?,
        created_by: row.get(2)?,
        is_going: row.get(3)?,
    })
}

pub(super) fn token(row: &Row<'_>) -> Result<Token, Fault> {
    Ok(Token {
        id: TokenId(id_at(row, 0)?),
        digest: row.get(1)?,
        name: row.get(2)?,
        holder: holder_at(row, 3)?,
        verbs: verbs_at(row, 5)?,
        projects: texts_at(row, 6)?,
        workspaces: texts_at(row, 7)?,
        created_by: row.get(8)?,
        created_at: time_at(row, 9)?,
        expires_at: time_opt_at(row, 10)?,
        revoked_at: time_opt_at(row, 11)?,
        used_at: time_opt_at(row, 12)?,
    })
}

pub(super) fn session(row: &Row<'_>) -> Result<Session, Fault> {
    Ok(Session {
        id: SessionId(id_at(row, 0)?),
        digest: row.get(1)?,
        holder: holder_at(row, 2)?,
        address: row.get(4)?,
        created_at: time_at(row, 5)?,
        seen_at: time_at(row, 6)?,
        expires_at: time_at(row, 7)?,
    })
}

pub(super) fn app(row: &Row<'_>) -> Result<ConnectedApp, Fault> {
    let refresh: Option<Digest> = row.get(13)?;
    let refresh = match refresh {
        Some(digest) => {
            let since = time_opt_at(row, 15)?.unwrap_or_default();
            Some(Refresh { digest, before: row.get(14)?, since })
        }
        None => None,
    };
    Ok(ConnectedApp {
        id: AppId(id_at(row, 0)?),
        holder: holder_at(row, 1)?,
        client: row.get(3)?,
        name: row.get(4)?,
        redirect_uri: row.get(5)?,
        resource: row.get(6)?,
        audience: audience_at(row, 7)?,
        verbs: verbs_at(row, 8)?,
        projects: texts_at(row, 9)?,
        workspaces: texts_at(row, 10)?,
        code: row.get(11)?,
        challenge: row.get(12)?,
        refresh,
        created_at: time_at(row, 16)?,
        expires_at: time_at(row, 17)?,
    })
}

pub(super) fn app_token(row: &Row<'_>) -> Result<AppToken, Fault> {
    let app = AppId(id_at(row, 1)?);
    Ok(AppToken { digest: row.get(0)?, app, expires_at: time_at(row, 2)? })
}

pub(super) fn device(row: &Row<'_>) -> Result<Device, Fault> {
    let is_approved: Option<bool> = row.get(6)?;
    Ok(Device {
        digest: row.get(0)?,
        user_code: row.get(1)?,
        label: row.get(2)?,
        address: row.get(3)?,
        asked_at: time_at(row, 4)?,
        ends_at: time_at(row, 5)?,
        answer: match is_approved {
            None => None,
            Some(false) => Some(DeviceAnswer::Denied),
            Some(true) => Some(DeviceAnswer::Approved(holder_at(row, 7)?)),
        },
    })
}

pub(super) fn client(row: &Row<'_>) -> Result<Client, Fault> {
    Ok(Client {
        id: ClientId(id_at(row, 0)?),
        name: row.get(1)?,
        redirect_uris: texts_at(row, 2)?,
        created_at: time_at(row, 3)?,
    })
}

pub(super) fn role(row: &Row<'_>) -> Result<Role, Fault> {
    Ok(Role { name: name_at(row, 0)?, verbs: verbs_at(row, 1)? })
}

pub(super) fn rule(row: &Row<'_>) -> Result<Rule, Fault> {
    let scope: String = row.get(0)?;
    Ok(Rule {
        scope: scope.parse().map_err(|err| corrupt("scope of a rule", &err))?,
        role: name_at(row, 1)?,
        expression: row.get(2)?,
        changed_by: row.get(3)?,
        changed_at: time_at(row, 4)?,
    })
}

pub(super) fn audit(row: &Row<'_>) -> Result<AuditRow, Fault> {
    Ok(AuditRow {
        seq: uint_at(row, 0)?,
        at: time_at(row, 1)?,
        actor: row.get(2)?,
        address: row.get(3)?,
        action: row.get(4)?,
        target: row.get(5)?,
        outcome: row.get(6)?,
        before: row.get(7)?,
        after: row.get(8)?,
        request: row.get(9)?,
        hash: row.get(10)?,
    })
}

pub(super) fn seal(row: &Row<'_>) -> Result<AuditSeal, Fault> {
    Ok(AuditSeal {
        base: AuditPlace { seq: uint_at(row, 0)?, hash: row.get(1)? },
        head: AuditPlace { seq: uint_at(row, 2)?, hash: row.get(3)? },
        at: time_at(row, 4)?,
        signature: row.get(5)?,
    })
}

pub(super) fn bytes(id: u128) -> IdBytes {
    id.to_be_bytes()
}

/// Returns the columns `user` and `identity`.
pub(super) fn holder(holder: &Holder) -> Result<(Option<IdBytes>, Option<String>), Fault> {
    Ok(match holder {
        Holder::Service => (None, None),
        Holder::User(user) => (Some(bytes(user.0)), None),
        Holder::Identity(identity) => (None, Some(json(identity)?)),
    })
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, Fault> {
    serde_json::to_string(value).map_err(|err| corrupt("value", &err))
}

fn holder_at(row: &Row<'_>, index: usize) -> Result<Holder, Fault> {
    let user: Option<IdBytes> = row.get(index)?;
    let identity: Option<String> = row.get(index + 1)?;
    Ok(match (user, identity) {
        (Some(user), _) => Holder::User(UserId(u128::from_be_bytes(user))),
        (None, Some(text)) => {
            let identity = serde_json::from_str(&text);
            Holder::Identity(identity.map_err(|err| corrupt("identity", &err))?)
        }
        (None, None) => Holder::Service,
    })
}

fn id_at(row: &Row<'_>, index: usize) -> Result<u128, Fault> {
    Ok(u128::from_be_bytes(row.get(index)?))
}

fn role_at(row: &Row<'_>, index: usize) -> Result<Option<Name>, Fault> {
    let text: Option<String> = row.get(index)?;
    let name = text.map(|text| Name::new(&text)).transpose();
    name.map_err(|err| corrupt("role of a user", &err))
}

fn verbs_at(row: &Row<'_>, index: usize) -> Result<Verbs, Fault> {
    let bits: u8 = row.get(index)?;
    Verbs::from_bits(bits).ok_or_else(|| corrupt("set of verbs", &format!("{bits} is none")))
}

fn audience_at(row: &Row<'_>, index: usize) -> Result<Audience, Fault> {
    let path: String = row.get(index)?;
    let found = Audience::ALL.into_iter().find(|audience| audience.path() == path);
    found.ok_or_else(|| corrupt("audience of an app", &format!("{path:?} is none")))
}

fn texts_at(row: &Row<'_>, index: usize) -> Result<Vec<String>, Fault> {
    let text: String = row.get(index)?;
    serde_json::from_str(&text).map_err(|err| corrupt("list of texts", &err))
}

fn corrupt(what: &str, reason: &dyn std::fmt::Display) -> Fault {
    StoreError::Corrupt { what: what.to_owned(), reason: reason.to_string() }.into()
}
