//! OAuth 2.1 in its own words: RFC 6749, 7009, 7591, 8414 and 9728.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a program must know of a part of this server to be let in (RFC 9728).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProtectedResource {
    pub resource: String,
    pub authorization_servers: Vec<String>,
    pub scopes_supported: Vec<String>,
    pub bearer_methods_supported: Vec<String>,
    pub resource_name: String,
}

/// How programs are let in here (RFC 8414).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AuthorizationServer {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    /// Left out where programs cannot register themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_endpoint: Option<String>,
    pub revocation_endpoint: String,
    pub scopes_supported: Vec<String>,
    pub response_types_supported: Vec<String>,
    pub response_modes_supported: Vec<String>,
    pub grant_types_supported: Vec<String>,
    pub token_endpoint_auth_methods_supported: Vec<String>,
    pub revocation_endpoint_auth_methods_supported: Vec<String>,
    pub code_challenge_methods_supported: Vec<String>,
    pub client_id_metadata_document_supported: bool,
    pub authorization_response_iss_parameter_supported: bool,
    pub protected_resources: Vec<String>,
}

/// What a program says of itself (RFC 7591). What is not listed here is ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ClientRegister {
    pub redirect_uris: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_name: String,
}

/// A program that has registered itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ClientRegistered {
    pub client_id: String,
    /// In seconds since 1970.
    pub client_id_issued_at: u64,
    pub client_name: String,
    pub redirect_uris: Vec<String>,
    pub grant_types: Vec<String>,
    pub response_types: Vec<String>,
    /// Always `none`: programs have no secrets here.
    pub token_endpoint_auth_method: String,
}

/// A form that asks for tokens.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TokenAsk {
    /// `authorization_code` or `refresh_token`.
    pub grant_type: String,
    pub client_id: String,
    /// With `authorization_code`.
    pub code: String,
    pub redirect_uri: String,
    pub code_verifier: String,
    /// With `refresh_token`.
    pub refresh_token: String,
    pub scope: String,
    /// As it was asked for.
    pub resource: String,
}

/// The tokens of a program.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TokenGiven {
    pub access_token: String,
    pub token_type: String,
    /// In seconds.
    pub expires_in: u64,
    pub refresh_token: String,
    /// What a person has let it do.
    pub scope: String,
}

/// A form that ends a program's tokens.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TokenRevoke {
    pub token: String,
    pub token_type_hint: String,
    pub client_id: String,
}

impl fmt::Debug for TokenAsk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAsk").field("grant_type", &self.grant_type).finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenGiven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenGiven").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenRevoke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRevoke").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
