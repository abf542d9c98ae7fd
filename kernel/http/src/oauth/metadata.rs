//! What programs find this server by: RFC 9728 for its parts, RFC 8414 for how they are let in.

use axum::extract::State;
use kernel_model::access::{Audience, Verb};
use kernel_wire::oauth as wire;

use crate::api::App;
use crate::code::Code;
use crate::error::ApiError;
use crate::extract::{At, Json, Named, Site};

/// Where the description of a part of this server is, before its own path.
pub(crate) const RESOURCE: &str = "/.well-known/oauth-protected-resource";
pub(super) const GRANT_TYPES: &[&str] = &["authorization_code", "refresh_token"];

/// Describe the server as what programs are let in to
#[utoipa::path(
    get, path = "/.well-known/oauth-protected-resource", tag = "oauth",
    operation_id = "oauthResource",
    responses((status = 200, description = "As RFC 9728 has it", body = wire::ProtectedResource)),
)]
pub(crate) async fn resource(
    State(app): State<App>,
    site: Site,
) -> Result<Json<wire::ProtectedResource>, ApiError> {
    // The server as a whole is its API.
    let issuer = app.issuer(&site)?;
    Ok(Json(described(issuer, issuer.to_owned(), Audience::Api)))
}

/// Describe a part of the server as what programs are let in to
#[utoipa::path(
    get, path = "/.well-known/oauth-protected-resource/{part}", tag = "oauth",
    operation_id = "oauthResourcePart",
    params(("part" = String, Path, description = "Its path: `api/v1` or `mcp`")),
    responses((status = 200, description = "As RFC 9728 has it", body = wire::ProtectedResource)),
)]
pub(crate) async fn part(
    State(app): State<App>,
    site: Site,
    At(Named(part)): At<Named>,
) -> Result<Json<wire::ProtectedResource>, ApiError> {
    let issuer = app.issuer(&site)?;
    let found =
        Audience::ALL.into_iter().find(|known| known.path().trim_start_matches('/') == part);
    let audience = found.ok_or_else(|| {
        let detail = format!("{:?} is nothing that programs are let in to", format!("/{part}"));
        let known = Audience::ALL.map(Audience::path).join(", ");
        ApiError::new(Code::RouteUnknown, detail).hint(format_args!("there are {known}"))
    })?;
    Ok(Json(described(issuer, format!("{issuer}{}", audience.path()), audience)))
}

/// Describe how programs are let in
#[utoipa::path(
    get, path = "/.well-known/oauth-authorization-server", tag = "oauth",
    operation_id = "oauthServer",
    responses((status = 200, description = "As RFC 8414 has it", body = wire::AuthorizationServer)),
)]
pub(crate) async fn server(
    State(app): State<App>,
    site: Site,
) -> Result<Json<wire::AuthorizationServer>, ApiError> {
    let issuer = app.issuer(&site)?;
    let at = |path: &str| format!("{issuer}{path}");
    Ok(Json(wire::AuthorizationServer {
        issuer: issuer.to_owned(),
        authorization_endpoint: at("/oauth/authorize"),
        token_endpoint: at("/oauth/token"),
        registration_endpoint: app.oauth.registers.then(|| at("/oauth/register")),
        revocation_endpoint: at("/oauth/revoke"),
        scopes_supported: scopes(),
        response_types_supported: words(&["code"]),
        response_modes_supported: words(&["query"]),
        grant_types_supported: words(GRANT_TYPES),
        token_endpoint_auth_methods_supported: words(&["none"]),
        revocation_endpoint_auth_methods_supported: words(&["none"]),
        code_challenge_methods_supported: words(&["S256"]),
        client_id_metadata_document_supported: true,
        authorization_response_iss_parameter_supported: true,
        protected_resources: Audience::ALL.map(|audience| at(audience.path())).to_vec(),
    }))
}

pub(super) fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn described(issuer: &str, resource: String, audience: Audience) -> wire::ProtectedResource {
    let name = match audience {
        Audience::Api => "The API of Tenon",
        Audience::Mcp => "Tenon for AI agents",
    };
    wire::ProtectedResource {
        resource,
        authorization_servers: vec![issuer.to_owned()],
        scopes_supported: scopes(),
        bearer_methods_supported: words(&["header"]),
        resource_name: name.to_owned(),
    }
}

/// What programs ask for who were not told: they must not ask for all at once.
fn scopes() -> Vec<String> {
    words(&[Verb::View, Verb::Run, Verb::Edit].map(Verb::word))
}
