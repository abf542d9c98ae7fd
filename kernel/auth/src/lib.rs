//! Who somebody is, what they may do, and what was done.
//!
//! [`Access`] answers three questions. *Who is it?* by a token, a cookie or a password. *May they?*
//! by verbs on scopes, which come from roles, rules and the limits of tokens. *What was done?* by a
//! chain of links that nobody changes unnoticed.
//!
//! Invariants:
//! - No web framework, no database: requests come in as [`Credential`], data through a port.
//! - A check reads memory only. A forged token is refused before anything is looked up.
//! - No token, cookie or password is kept, logged or shown by `Debug`; what is kept are digests.
//! - Whatever is not allowed is denied.

mod access;
mod account;
mod app;
pub mod audit;
mod behalf;
mod caller;
mod device;
mod digits;
mod directory;
mod ending;
mod error;
mod journey;
mod mac;
mod own_password;
mod password;
mod pattern;
mod revocation;
mod role;
mod rule;
mod session;
mod throttle;
mod token;
mod visitor;

pub use access::{Access, Credential, Parts, Settings};
pub use account::UserDraft;
pub use app::{
    AppChoice, AppClient, AppRequest, AppTokens, Asked, ClientDraft, ClientError, CodeExchange,
    Level, OauthError, RefreshExchange,
};
pub use audit::{Audit, Entry, Outcome};
pub use caller::{Caller, Denied, Reach, Via};
pub use device::{DeviceAsk, DeviceError, DeviceStarted};
pub use error::{AccessError, LoginError, Unknown};
pub use journey::{Journey, JourneyError, JourneyPlan, JourneyStarted};
pub use role::BUILT_IN as ROLES;
pub use rule::{Rule, RuleError, VARIABLES};
pub use session::Started;
pub use token::{PREFIX, TokenDraft};
