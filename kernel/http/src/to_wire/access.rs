//! Accounts and the audit.

use kernel_auth::Access;
use kernel_auth::audit::{Tampered, Verified};
use kernel_model::access::Verbs;
use kernel_model::id::UserId;
use kernel_ports::access::{Holder, Rule, Token, User, Visitor};
use kernel_ports::app::ConnectedApp;
use kernel_ports::audit::AuditRow;
use kernel_wire::access as wire;
use kernel_wire::app as wire_app;
use kernel_wire::audit::{AuditLink, AuditVerdict};

use super::time;

pub(crate) fn verbs(verbs: Verbs) -> Vec<String> {
    verbs.iter().map(|verb| verb.to_string()).collect()
}

pub(crate) fn user(user: &User) -> wire::User {
    wire::User {
        name: user.name.to_string(),
        email: user.email.clone(),
        groups: user.groups.clone(),
        role: user.role.as_ref().map(ToString::to_string),
        is_disabled: user.is_disabled,
        has_password: user.password.is_some(),
        created_at: time(user.created_at),
        changed_at: time(user.changed_at),
    }
}

pub(crate) fn visitor(visitor: &Visitor) -> wire::Visitor {
    let identity = &visitor.identity;
    wire::Visitor {
        id: format!("{}/{}", identity.provider, identity.user_id),
        provider: identity.provider.clone(),
        nick_name: identity.nick_name.clone(),
        name: identity.name.clone(),
        email: identity.email.clone(),
        organizations: identity.organizations.clone(),
        groups: identity.groups.clone(),
        is_disabled: visitor.is_disabled,
        first_at: time(visitor.first_at),
        last_at: time(visitor.last_at),
    }
}

pub(crate) fn token(access: &Access, token: &Token) -> wire::Token {
    wire::Token {
        id: token.id.to_string(),
        name: token.name.clone(),
        holder: holder(access, &token.holder),
        verbs: verbs(token.verbs),
        projects: token.projects.clone(),
        workspaces: token.workspaces.clone(),
        created_by: token.created_by.clone(),
        created_at: time(token.created_at),
        expires_at: token.expires_at.map(time),
        revoked_at: token.revoked_at.map(time),
        used_at: token.used_at.map(time),
    }
}

pub(crate) fn app(access: &Access, app: &ConnectedApp) -> wire_app::ConnectedApp {
    let renewed_at = app.refresh.as_ref().map_or(app.created_at, |refresh| refresh.since);
    wire_app::ConnectedApp {
        id: app.id.to_string(),
        name: app.name.clone(),
        client: app.client.clone(),
        holder: holder(access, &app.holder).unwrap_or_default(),
        audience: app.audience.path().to_owned(),
        verbs: verbs(app.verbs),
        projects: app.projects.clone(),
        workspaces: app.workspaces.clone(),
        created_at: time(app.created_at),
        renewed_at: time(renewed_at),
        expires_at: time(app.expires_at),
    }
}

/// Returns on whose behalf something acts; none: on nobody's.
fn holder(access: &Access, holder: &Holder) -> Option<String> {
    match holder {
        Holder::Service => None,
        Holder::User(id) => Some(user_name(access, *id)),
        Holder::Identity(identity) => {
            let known = access.actor_of(holder);
            Some(known.unwrap_or_else(|| format!("{}/{}", identity.provider, identity.user_id)))
        }
    }
}

pub(crate) fn role((name, found, is_built_in): (String, Verbs, bool)) -> wire::Role {
    wire::Role { name, verbs: verbs(found), is_built_in }
}

pub(crate) fn rule(rule: &Rule) -> wire::Rule {
    wire::Rule {
        scope: rule.scope.to_string(),
        role: rule.role.to_string(),
        expression: rule.expression.clone(),
        changed_by: rule.changed_by.clone(),
        changed_at: time(rule.changed_at),
    }
}

pub(crate) fn link(row: &AuditRow) -> AuditLink {
    let json = |text: &Option<String>| {
        // Whatever somebody has put there is shown.
        let text = text.as_deref()?;
        Some(serde_json::from_str(text).unwrap_or_else(|_| text.into()))
    };
    AuditLink {
        seq: row.seq,
        at: time(row.at),
        actor: row.actor.clone(),
        address: row.address.clone(),
        action: row.action.clone(),
        target: row.target.clone(),
        outcome: row.outcome.clone(),
        before: json(&row.before),
        after: json(&row.after),
        request: row.request.clone(),
        hash: hex(&row.hash),
    }
}

pub(crate) fn verdict(found: Result<Verified, Tampered>) -> AuditVerdict {
    match found {
        Ok(verified) => AuditVerdict {
            is_intact: true,
            links: verified.links,
            head: format!("{}:{}", verified.head.seq, hex(&verified.head.hash)),
            found: None,
        },
        Err(tampered) => {
            AuditVerdict { found: Some(tampered.to_string()), ..AuditVerdict::default() }
        }
    }
}

fn user_name(access: &Access, id: UserId) -> String {
    let users = access.users();
    let user = users.iter().find(|user| user.id == id);
    user.map_or_else(|| id.to_string(), |user| format!("user/{}", user.name))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
