//! Accounts: users, tokens, roles, rules, and who is logged in.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::Timestamp;

/// A name and its password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Login {
    pub name: String,
    pub password: String,
    /// What to call the token, such as the machine that keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("name", &self.name).finish_non_exhaustive()
    }
}

/// How to log out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Logout {
    /// End all logins and tokens of this user, not just this one.
    #[serde(default)]
    pub everywhere: bool,
}

/// How many logins and tokens ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LoggedOut {
    pub ended: u64,
}

/// Who is logged in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Whoami {
    /// Such as `user/alice` or `token/deploy`.
    pub actor: String,
    /// `session`, `token`, `app`, `basic`, `super` or `open`.
    pub via: String,
    /// What it may do on the server as a whole.
    pub verbs: Vec<String>,
    /// What a browser session repeats in `X-Tenon-Csrf` with each change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csrf: Option<String>,
}

/// A local user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub name: String,
    pub email: String,
    pub groups: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    pub is_disabled: bool,
    pub has_password: bool,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
}

/// What a user is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserSet {
    #[serde(default)]
    pub email: String,
    /// What rules can ask for.
    #[serde(default)]
    pub groups: Vec<String>,
    /// What the user may do on the server; without one, rules say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default)]
    pub is_disabled: bool,
}

/// A user to add.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserAdd {
    pub name: String,
    /// 10 characters or more. Without one, the user cannot log in by password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub groups: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

impl fmt::Debug for UserAdd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserAdd").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A new password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordSet {
    /// 10 characters or more.
    pub password: String,
}

impl fmt::Debug for PasswordSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordSet(…)")
    }
}

/// Another password for whoever asks.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PasswordChange {
    pub old: String,
    /// 10 characters or more.
    pub new: String,
}

impl fmt::Debug for PasswordChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordChange(…)")
    }
}

/// A way to log in by another system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IdentityWay {
    /// What rules call it: `provider`.
    pub name: String,
    /// For people.
    pub title: String,
    /// Where a browser begins; `?next=/PATH` says where it ends.
    pub url: String,
}

/// Somebody who has logged in by another system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Visitor {
    /// Such as `example/42`: the provider, and its name for this person, which never changes.
    pub id: String,
    pub provider: String,
    /// What they call themselves there.
    pub nick_name: String,
    pub name: String,
    pub email: String,
    pub organizations: Vec<String>,
    pub groups: Vec<String>,
    pub is_disabled: bool,
    pub first_at: Timestamp,
    /// When they last logged in.
    pub last_at: Timestamp,
}

/// What a visitor is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct VisitorSet {
    pub is_disabled: bool,
}

/// An access token, without its text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    pub id: String,
    pub name: String,
    /// For whom it acts, such as `user/alice`; absent if for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    pub verbs: Vec<String>,
    pub projects: Vec<String>,
    pub workspaces: Vec<String>,
    pub created_by: String,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// A token to make.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenCreate {
    pub name: String,
    /// Such as `view` and `run`.
    pub verbs: Vec<String>,
    /// Names of projects or `*`; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects: Option<Vec<String>>,
    /// Names of workspaces, `*`, or `x/*` for what is below `x`; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspaces: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_ms: Option<u64>,
    /// It acts for nobody, and outlives whoever makes it. Needs `admin`.
    #[serde(default)]
    pub is_service: bool,
}

/// A token that was made. Its text is shown this once.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenMade {
    /// The text, `tenon_…`.
    pub text: String,
    pub token: Token,
}

impl fmt::Debug for TokenMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenMade").field("token", &self.token).finish_non_exhaustive()
    }
}

/// A name for verbs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Role {
    pub name: String,
    pub verbs: Vec<String>,
    pub is_built_in: bool,
}

/// What a role is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RoleSet {
    pub verbs: Vec<String>,
}

/// Who has a role within a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rule {
    /// `server` or `project/NAME/pipeline/NAME`.
    pub scope: String,
    pub role: String,
    /// True for those who have it.
    pub expression: String,
    pub changed_by: String,
    pub changed_at: Timestamp,
}

/// What a rule is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleSet {
    pub expression: String,
}

/// A rule to try out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RuleTest {
    pub expression: String,
    /// A local user.
    pub user: String,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RuleTested {
    pub fits: bool,
}
