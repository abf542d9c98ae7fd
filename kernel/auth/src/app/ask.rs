//! What a program asks for, and why it gets nothing.

use kernel_model::access::{Audience, Verb, Verbs};

use crate::error::AccessError;

/// Base64url of a SHA-256.
const CHALLENGE_CHARS: usize = 43;

/// What a program sends along with a browser; what is empty was not sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppRequest {
    pub client_id: String,
    pub redirect_uri: String,
    pub response_type: String,
    pub response_mode: String,
    pub state: String,
    pub scope: String,
    pub resource: String,
    pub code_challenge: String,
    pub code_challenge_method: String,
}

/// What of it makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub audience: Audience,
    pub verbs: Verbs,
    /// As the program wrote it.
    pub resource: String,
    pub challenge: String,
}

/// Why a program gets nothing. Its words are those of OAuth.
#[derive(Debug, thiserror::Error)]
pub enum OauthError {
    #[error("{reason}")]
    Request { reason: String },
    #[error("the only response_type here is code, not {found:?}")]
    ResponseType { found: String },
    #[error("{reason}")]
    Target { reason: String },
    #[error("{reason}")]
    Grant { reason: &'static str },
    #[error("the app was let in for {allowed}, and not for all of {found:?}")]
    Scope { allowed: String, found: String },
    #[error("the person said no")]
    Denied,
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl AppRequest {
    /// Returns what is asked for. `issuer` is this server's address.
    pub fn read(&self, issuer: &str) -> Result<Asked, OauthError> {
        let request = |reason: &str| Err(OauthError::Request { reason: reason.to_owned() });
        match self.response_type.as_str() {
            "code" => {}
            "" => return request("response_type is missing; the only one here is code"),
            found => return Err(OauthError::ResponseType { found: found.to_owned() }),
        }
        if !matches!(self.response_mode.as_str(), "" | "query") {
            return request("the only response_mode here is query");
        }
        if self.code_challenge.is_empty() {
            return request("code_challenge is missing: PKCE is required here");
        }
        if self.code_challenge_method != "S256" {
            return request("the only code_challenge_method here is S256");
        }
        let is_good = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        if self.code_challenge.len() != CHALLENGE_CHARS || !self.code_challenge.bytes().all(is_good)
        {
            return request("code_challenge is not the base64url of a SHA-256");
        }
        Ok(Asked {
            audience: audience(issuer, &self.resource)?,
            verbs: verbs(&self.scope),
            resource: self.resource.clone(),
            challenge: self.code_challenge.clone(),
        })
    }
}

/// Returns which part of this server a resource is.
fn audience(issuer: &str, resource: &str) -> Result<Audience, OauthError> {
    let known = || {
        let known = Audience::ALL.map(|audience| format!("{issuer}{}", audience.path()));
        known.join(" and ")
    };
    if resource.is_empty() {
        let reason = format!("resource is missing; there are {}", known());
        return Err(OauthError::Target { reason });
    }
    let path = resource.strip_prefix(issuer);
    // The server as a whole is its API.
    let found = path.and_then(|path| match path {
        "" | "/" => Some(Audience::Api),
        path => Audience::ALL.into_iter().find(|audience| audience.path() == path),
    });
    found.ok_or_else(|| {
        let reason = format!("there is no resource {resource:?} here; there are {}", known());
        OauthError::Target { reason }
    })
}

/// Returns the verbs that a scope names. A person decides, so that further words do no harm.
fn verbs(scope: &str) -> Verbs {
    scope.split(' ').filter_map(|word| word.parse::<Verb>().ok()).collect()
}

impl Asked {
    /// Writes verbs as a scope.
    #[must_use]
    pub fn scope(verbs: Verbs) -> String {
        verbs.iter().map(Verb::word).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use kernel_model::access::{Audience, Verb, Verbs};

    use super::{AppRequest, Asked, OauthError};

    const ISSUER: &str = "https://ci.example.com";

    fn request() -> AppRequest {
        AppRequest {
            response_type: "code".to_owned(),
            scope: "view run openid".to_owned(),
            resource: "https://ci.example.com/mcp".to_owned(),
            code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned(),
            code_challenge_method: "S256".to_owned(),
            ..AppRequest::default()
        }
    }

    #[test]
    fn a_request_says_for_what_and_how_much() {
        let asked = request().read(ISSUER).unwrap();
        assert_eq!(asked.audience, Audience::Mcp);
        assert_eq!(Asked::scope(asked.verbs), "view run");
        for (resource, audience) in [
            ("https://ci.example.com", Audience::Api),
            ("https://ci.example.com/", Audience::Api),
            ("https://ci.example.com/api/v1", Audience::Api),
        ] {
            let request = AppRequest { resource: resource.to_owned(), ..request() };
            assert_eq!(request.read(ISSUER).unwrap().audience, audience);
        }
        assert_eq!(super::verbs("secret-write"), [Verb::SecretWrite].into_iter().collect());
        assert_eq!(super::verbs(""), Verbs::none());
    }

    #[test]
    fn a_request_without_proof_is_refused() {
        let text = str::to_owned;
        for (request, says) in [
            (AppRequest { code_challenge: text(""), ..request() }, "PKCE is required"),
            (AppRequest { code_challenge_method: text(""), ..request() }, "S256"),
            (AppRequest { code_challenge_method: text("plain"), ..request() }, "S256"),
            (AppRequest { code_challenge: text("short"), ..request() }, "base64url"),
            (AppRequest { code_challenge: "=".repeat(43), ..request() }, "base64url"),
            (AppRequest { response_type: text(""), ..request() }, "response_type"),
            (AppRequest { response_mode: text("fragment"), ..request() }, "query"),
        ] {
            let err = request.read(ISSUER).unwrap_err();
            assert!(matches!(&err, OauthError::Request { .. }), "{err}");
            assert!(err.to_string().contains(says), "{err}");
        }
        let request = AppRequest { response_type: text("token"), ..request() };
        assert!(matches!(request.read(ISSUER), Err(OauthError::ResponseType { .. })));
    }

    #[test]
    fn a_resource_that_is_not_ours_is_refused() {
        for resource in [
            "",
            "https://ci.example.com/other",
            "https://ci.example.com/mcp/",
            "https://ci.example.com.evil.example/mcp",
            "https://other.example/mcp",
            "http://ci.example.com/mcp",
        ] {
            let request = AppRequest { resource: resource.to_owned(), ..request() };
            let err = request.read(ISSUER).unwrap_err();
            assert!(matches!(err, OauthError::Target { .. }), "{resource}: {err}");
        }
    }
}
