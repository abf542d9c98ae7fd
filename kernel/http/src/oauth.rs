//! OAuth 2.1 for programs that people let in: registering, tokens, and ending them. [`consent`] has
//! the page where a person decides, [`metadata`] what programs find all that by.

use axum::extract::State;
use axum::http::StatusCode;
use kernel_auth::{AppTokens, Asked, ClientDraft, CodeExchange, RefreshExchange};
use kernel_ports::app::{Client, ConnectedApp};
use kernel_wire::oauth as wire;
use serde_json::json;

use crate::api::App;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{Json, OauthForm, Site, Told};
use crate::refused::Refused;

pub(crate) mod consent;
pub(crate) mod metadata;

/// Register a program
///
/// As RFC 7591: it gets an id and no secret. Programs with a Client ID Metadata Document need not.
#[utoipa::path(
    post, path = "/oauth/register", tag = "oauth", operation_id = "oauthRegister",
    request_body = wire::ClientRegister,
    responses((status = 201, description = "The program", body = wire::ClientRegistered)),
)]
pub(crate) async fn register(
    State(app): State<App>,
    told: Told,
    site: Site,
    body: Result<Json<wire::ClientRegister>, ApiError>,
) -> Result<(StatusCode, Json<wire::ClientRegistered>), Refused> {
    app.issuer(&site)?;
    if !app.oauth.registers {
        let detail = "programs cannot register themselves on this server";
        let hint = "the operator can allow it by access.oauth_registration";
        return Err(Refused(ApiError::new(Code::OauthOff, detail).hint(hint)));
    }
    let Json(register) =
        body.map_err(|err| ApiError::new(Code::InvalidClientMetadata, err.detail))?;
    let draft = ClientDraft { name: register.client_name, redirect_uris: register.redirect_uris };
    let client = app.access.client_register(draft, &told.address).await?;
    told.note.target(&format!("clients/{}", client.id));
    told.note.after(&json!({ "name": client.name, "redirectUris": client.redirect_uris }));
    Ok((StatusCode::CREATED, Json(registered(client))))
}

/// Exchange a code or a refresh token for tokens
#[utoipa::path(
    post, path = "/oauth/token", tag = "oauth", operation_id = "oauthToken",
    request_body(content = wire::TokenAsk, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The tokens", body = wire::TokenGiven)),
)]
pub(crate) async fn token(
    State(app): State<App>,
    told: Told,
    site: Site,
    form: OauthForm,
) -> Result<Json<wire::TokenGiven>, Refused> {
    app.issuer(&site)?;
    let text = |name: &str| form.get(name).to_owned();
    let grant = form.needed("grant_type")?;
    let client_id = form.needed("client_id")?.to_owned();
    let tokens = match grant {
        "authorization_code" => {
            let exchange = CodeExchange {
                code: form.needed("code")?.to_owned(),
                client_id,
                redirect_uri: text("redirect_uri"),
                verifier: form.needed("code_verifier")?.to_owned(),
                resource: text("resource"),
            };
            app.access.app_connect(exchange).await?
        }
        "refresh_token" => {
            let exchange = RefreshExchange {
                refresh: form.needed("refresh_token")?.to_owned(),
                client_id,
                resource: text("resource"),
                scope: text("scope"),
            };
            app.access.app_refresh(exchange).await?
        }
        other => {
            let detail =
                format!("grant_type is {other:?}; there are authorization_code and refresh_token");
            return Err(Refused(ApiError::new(Code::UnsupportedGrant, detail)));
        }
    };
    noted(&app, &told, &tokens.app);
    told.note.after(&json!({ "by": grant, "client": tokens.app.client }));
    Ok(Json(given(tokens)))
}

/// End a program's tokens
///
/// As RFC 7009. A token ends with its whole app; a text that is no token ends nothing.
#[utoipa::path(
    post, path = "/oauth/revoke", tag = "oauth", operation_id = "oauthRevoke",
    request_body(content = wire::TokenRevoke, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "It works no more")),
)]
pub(crate) async fn revoke(
    State(app): State<App>,
    told: Told,
    site: Site,
    form: OauthForm,
) -> Result<StatusCode, Refused> {
    app.issuer(&site)?;
    let token = form.needed("token")?;
    if let Some(ended) = app.access.app_end(token, form.get("client_id")).await? {
        noted(&app, &told, &ended);
    }
    Ok(StatusCode::OK)
}

fn noted(app: &App, told: &Told, of: &ConnectedApp) {
    told.note.target(&format!("apps/{}", of.id));
    if let Some(actor) = app.access.actor_of(&of.holder) {
        told.note.actor(&actor);
    }
}

fn registered(client: Client) -> wire::ClientRegistered {
    wire::ClientRegistered {
        client_id: client.id.to_string(),
        client_id_issued_at: client.created_at.0 / 1_000,
        client_name: client.name,
        redirect_uris: client.redirect_uris,
        grant_types: metadata::words(metadata::GRANT_TYPES),
        response_types: metadata::words(&["code"]),
        token_endpoint_auth_method: "none".to_owned(),
    }
}

fn given(tokens: AppTokens) -> wire::TokenGiven {
    wire::TokenGiven {
        access_token: tokens.token,
        token_type: "Bearer".to_owned(),
        expires_in: tokens.age_ms / 1_000,
        refresh_token: tokens.refresh,
        scope: Asked::scope(tokens.app.verbs),
    }
}
