//! Rules: who has a role on the server, or on a pipeline.

use axum::extract::State;
use axum::http::StatusCode;
use kernel_auth::{Access, Caller};
use kernel_model::access::Scope;
use kernel_model::name::Name;
use kernel_wire::access as wire;

use crate::error::ApiError;
use crate::extract::{At, In, Json, Named, RuleOf, Told, Who};
use crate::permission;
use crate::projects::Project;
use crate::to_wire::access as to_wire;

/// List rules
#[utoipa::path(
    get, path = "/api/v1/rules", tag = "access", operation_id = "ruleList",
    responses((status = 200, description = "All of them, by scope", body = Vec<wire::Rule>)),
)]
pub(crate) async fn list(State(access): State<Access>) -> Json<Vec<wire::Rule>> {
    Json(access.rules().iter().map(to_wire::rule).collect())
}

/// Try rule
///
/// Says whether it is true for a user, and sets nothing.
#[utoipa::path(
    post, path = "/api/v1/rules/test", tag = "access", operation_id = "ruleTest",
    request_body = wire::RuleTest,
    responses((status = 200, description = "Whether it fits", body = wire::RuleTested)),
)]
pub(crate) async fn test(
    State(access): State<Access>,
    Json(test): Json<wire::RuleTest>,
) -> Result<Json<wire::RuleTested>, ApiError> {
    let fits = access.rule_test(&test.expression, &test.user)?;
    Ok(Json(wire::RuleTested { fits }))
}

/// Set who has a role on the server
#[utoipa::path(
    put, path = "/api/v1/rules/{role}", tag = "access", operation_id = "ruleSet",
    params(("role" = String, Path, description = "The role")),
    request_body = wire::RuleSet,
    responses((status = 200, description = "The rule", body = wire::Rule)),
)]
pub(crate) async fn set(
    State(access): State<Access>,
    Who(caller): Who,
    At(Named(role)): At<Named>,
    told: Told,
    Json(set): Json<wire::RuleSet>,
) -> Result<Json<wire::Rule>, ApiError> {
    put(&access, &caller, &told, (Scope::Server, &role), &set).await
}

/// Remove the rule of a role on the server
#[utoipa::path(
    delete, path = "/api/v1/rules/{role}", tag = "access", operation_id = "ruleRemove",
    params(("role" = String, Path, description = "The role")),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove(
    State(access): State<Access>,
    At(Named(role)): At<Named>,
    told: Told,
) -> Result<StatusCode, ApiError> {
    take(&access, &told, Scope::Server, &role).await
}

/// List the rules of a pipeline
#[utoipa::path(
    get, path = "/api/v1/pipelines/{name}/rules", tag = "access", operation_id = "pipelineRuleList",
    params(("name" = String, Path, description = "The pipeline")),
    responses((status = 200, description = "All of them", body = Vec<wire::Rule>)),
)]
pub(crate) async fn list_of(
    State(access): State<Access>,
    In(Project { name: project, .. }): In,
    At(pipeline): At<Name>,
) -> Json<Vec<wire::Rule>> {
    let scope = permission::pipeline(&project, &pipeline);
    let found = access.rules();
    Json(found.iter().filter(|rule| rule.scope == scope).map(to_wire::rule).collect())
}

/// Set who has a role on a pipeline
///
/// A pipeline with a rule is for those that its rules name, and for administrators of the server.
#[utoipa::path(
    put, path = "/api/v1/pipelines/{name}/rules/{role}", tag = "access",
    operation_id = "pipelineRuleSet",
    params(
        ("name" = String, Path, description = "The pipeline; it need not exist yet"),
        ("role" = String, Path, description = "The role"),
    ),
    request_body = wire::RuleSet,
    responses((status = 200, description = "The rule", body = wire::Rule)),
)]
pub(crate) async fn set_of(
    State(access): State<Access>,
    In(Project { name: project, .. }): In,
    Who(caller): Who,
    At(RuleOf { pipeline, role }): At<RuleOf>,
    told: Told,
    Json(set): Json<wire::RuleSet>,
) -> Result<Json<wire::Rule>, ApiError> {
    put(&access, &caller, &told, (permission::pipeline(&project, &pipeline), &role), &set).await
}

/// Remove the rule of a role on a pipeline
#[utoipa::path(
    delete, path = "/api/v1/pipelines/{name}/rules/{role}", tag = "access",
    operation_id = "pipelineRuleRemove",
    params(
        ("name" = String, Path, description = "The pipeline"),
        ("role" = String, Path, description = "The role"),
    ),
    responses((status = 204, description = "Removed")),
)]
pub(crate) async fn remove_of(
    State(access): State<Access>,
    In(Project { name: project, .. }): In,
    At(RuleOf { pipeline, role }): At<RuleOf>,
    told: Told,
) -> Result<StatusCode, ApiError> {
    take(&access, &told, permission::pipeline(&project, &pipeline), &role).await
}

async fn put(
    access: &Access,
    caller: &Caller,
    told: &Told,
    (scope, role): (Scope, &str),
    set: &wire::RuleSet,
) -> Result<Json<wire::Rule>, ApiError> {
    note_before(access, told, &scope, role);
    let rule = access.rule_set(caller, scope, role, &set.expression).await?;
    let rule = to_wire::rule(&rule);
    told.note.after(&rule);
    Ok(Json(rule))
}

async fn take(
    access: &Access,
    told: &Told,
    scope: Scope,
    role: &str,
) -> Result<StatusCode, ApiError> {
    note_before(access, told, &scope, role);
    access.rule_remove(scope, role).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn note_before(access: &Access, told: &Told, scope: &Scope, role: &str) {
    let rules = access.rules();
    let before = rules.iter().find(|rule| rule.scope == *scope && rule.role.as_str() == role);
    if let Some(before) = before {
        told.note.before(&to_wire::rule(before));
    }
}
