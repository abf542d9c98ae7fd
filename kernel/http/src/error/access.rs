//! What is told to whom is not known, may not, or asks for something impossible about accounts.

use kernel_auth::{AccessError, Denied, LoginError, Unknown};

use super::ApiError;
use crate::code::Code;

impl From<Unknown> for ApiError {
    fn from(err: Unknown) -> Self {
        match &err {
            Unknown::Throttled { wait_ms } => {
                Self::new(Code::LoginThrottled, &err).retry_after(*wait_ms)
            }
            Unknown::Nobody
            | Unknown::Forged
            | Unknown::Revoked
            | Unknown::Expired
            | Unknown::Disabled
            | Unknown::SessionOver
            | Unknown::Audience { .. }
            | Unknown::Password => Self::new(Code::Unauthenticated, &err)
                .hint("log in with `tenon login`, or send `Authorization: Bearer tenon_…`"),
        }
    }
}

impl From<Denied> for ApiError {
    fn from(err: Denied) -> Self {
        Self::new(Code::Forbidden, &err).hint(format_args!(
            "whoever has `admin` there can give a role with `{}`, by `tenon user` or `tenon rule`",
            err.verb
        ))
    }
}

impl From<LoginError> for ApiError {
    fn from(err: LoginError) -> Self {
        match err {
            LoginError::Wrong | LoginError::WrongOld => {
                Self::new(Code::LoginRefused, &err).hint("try again")
            }
            LoginError::Throttled { wait_ms } => {
                Self::new(Code::LoginThrottled, &err).retry_after(wait_ms).hint("wait a little")
            }
            LoginError::NoPassword { .. } => Self::new(Code::AccessInvalid, &err)
                .hint("an administrator can give one with `tenon user password`"),
            LoginError::Disabled { .. } | LoginError::NotAdmitted { .. } => {
                Self::new(Code::Forbidden, &err).hint("ask an administrator of the server")
            }
            LoginError::Busy => Self::new(Code::LoginThrottled, &err).retry_after(1_000),
            LoginError::Access(err) => err.into(),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(err: AccessError) -> Self {
        use AccessError as E;
        match err {
            E::UserUnknown { .. } => {
                Self::new(Code::UserUnknown, &err).hint("GET /api/v1/users lists them")
            }
            E::VisitorUnknown { .. } => {
                Self::new(Code::VisitorUnknown, &err).hint("GET /api/v1/visitors lists them")
            }
            E::TokenUnknown { .. } => {
                Self::new(Code::TokenUnknown, &err).hint("GET /api/v1/tokens lists them")
            }
            E::RuleUnknown { .. } => {
                Self::new(Code::RuleUnknown, &err).hint("GET /api/v1/rules lists them")
            }
            E::AppUnknown { .. } => {
                Self::new(Code::AppUnknown, &err).hint("GET /api/v1/apps lists them")
            }
            E::AppsFull { .. } => Self::new(Code::AccessConflict, &err)
                .hint("the account page lists them, and `tenon app list` does"),
            E::NoSession => Self::new(Code::Forbidden, &err),
            E::UserTaken { .. } | E::RoleUsed { .. } => Self::new(Code::AccessConflict, &err),
            E::RoleUnknown { .. }
            | E::RoleBuiltIn { .. }
            | E::Name(_)
            | E::Scope(_)
            | E::Invalid { .. } => Self::new(Code::AccessInvalid, &err),
            E::Rule(_) => Self::new(Code::AccessRuleInvalid, &err)
                .hint("such as `\"platform\" in groups && provider == \"local\"`"),
            E::NotCovered { .. } => Self::new(Code::Forbidden, &err)
                .hint("ask for less, or let somebody with more do it"),
            E::Busy => Self::new(Code::LoginThrottled, &err).retry_after(1_000),
            E::Revocation { .. } => Self::internal(&err),
            E::Store(err) => err.into(),
        }
    }
}
