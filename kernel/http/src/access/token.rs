//! Access tokens.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use kernel_auth::{Access, AccessError, Caller, TokenDraft};
use kernel_model::access::{Scope, Verb};
use kernel_model::id::TokenId;
use kernel_model::time::Time;
use kernel_ports::access::{Holder, Token};
use kernel_ports::clock::Clock;
use kernel_wire::access as wire;

use super::role::verbs;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, Json, Named, Told, Who};
use crate::to_wire::access as to_wire;

/// List tokens
///
/// Those of whoever asks; with `admin` on the server, all.
#[utoipa::path(
    get, path = "/api/v1/tokens", tag = "access", operation_id = "tokenList",
    responses((status = 200, description = "From the oldest, revoked ones too",
        body = Vec<wire::Token>)),
)]
pub(crate) async fn list(State(access): State<Access>, Who(caller): Who) -> Json<Vec<wire::Token>> {
    let found = access.tokens();
    let own = found.iter().filter(|token| is_own(&caller, token));
    Json(own.map(|token| to_wire::token(&access, token)).collect())
}

/// Make token
///
/// It may do no more than whoever makes it, and acts for them unless it is a service's.
#[utoipa::path(
    post, path = "/api/v1/tokens", tag = "access", operation_id = "tokenCreate",
    request_body = wire::TokenCreate,
    responses((status = 201, description = "The token, with its text for this once",
        body = wire::TokenMade)),
)]
pub(crate) async fn create(
    State(access): State<Access>,
    State(clock): State<Arc<dyn Clock>>,
    Who(caller): Who,
    told: Told,
    Json(create): Json<wire::TokenCreate>,
) -> Result<(StatusCode, Json<wire::TokenMade>), ApiError> {
    let now = clock.now();
    let all = || vec!["*".to_owned()];
    let draft = TokenDraft {
        name: create.name,
        holder: if create.is_service { Holder::Service } else { caller.holder.clone() },
        verbs: verbs(&create.verbs)?,
        projects: create.projects.unwrap_or_else(all),
        workspaces: create.workspaces.unwrap_or_else(all),
        expires_at: create
            .expires_in_ms
            .map(|ms| now.plus_ms(ms))
            .filter(|at| *at < Time(u64::MAX)),
    };
    let (token, text) = access.token_create(&caller, draft).await?;
    let token = to_wire::token(&access, &token);
    told.note.target(&format!("tokens/{}", token.id));
    told.note.after(&token);
    Ok((StatusCode::CREATED, Json(wire::TokenMade { text, token })))
}

/// Revoke token
///
/// For good. One's own, or with `admin` on the server, any.
#[utoipa::path(
    delete, path = "/api/v1/tokens/{token}", tag = "access", operation_id = "tokenRevoke",
    params(("token" = String, Path, description = "Its id")),
    responses((status = 204, description = "Revoked")),
)]
pub(crate) async fn revoke(
    State(access): State<Access>,
    Who(caller): Who,
    At(Named(id)): At<Named>,
    told: Told,
) -> Result<StatusCode, ApiError> {
    let id: TokenId = id.parse().map_err(|err| {
        ApiError::new(Code::InvalidPath, err).hint("GET /api/v1/tokens lists tokens")
    })?;
    let found = access.token_by_id(id).ok().filter(|token| is_own(&caller, token));
    let token = found.ok_or_else(|| AccessError::TokenUnknown { token: id.to_string() })?;
    told.note.before(&to_wire::token(&access, &token));
    access.token_revoke(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn is_own(caller: &Caller, token: &Token) -> bool {
    token.holder.is_same(&caller.holder) || caller.may(Verb::Admin, &Scope::Server)
}
