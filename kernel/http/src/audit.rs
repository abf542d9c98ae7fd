//! What was done.

use axum::extract::State;
use kernel_auth::Access;
use kernel_model::time::Time;
use kernel_ports::audit::{AuditFilter, AuditPlace, AuditRow};
use kernel_wire::audit as wire;
use kernel_wire::page::Page;
use kernel_wire::time::Timestamp;

use crate::error::ApiError;
use crate::extract::{Json, Params, invalid, word};
use crate::page;
use crate::to_wire::access as to_wire;

const OUTCOMES: [&str; 3] = ["done", "denied", "failed"];

/// List what was done, newest first
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "audit", operation_id = "auditList",
    params(
        ("actor" = Option<String>, Query, description = "Only of this one, such as `user/alice`"),
        ("action" = Option<String>, Query, description = "Only what begins so, such as `pipeline.`"),
        ("target" = Option<String>, Query, description = "Only on this"),
        ("outcome" = Option<String>, Query, description = "`done`, `denied` or `failed`"),
        ("since" = Option<String>, Query, description = "Only at this time or later"),
        ("until" = Option<String>, Query, description = "Only before this time"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("limit" = Option<u32>, Query, description = "1 to 500 items, 50 by default"),
    ),
    responses((status = 200, description = "A page", body = Page<wire::AuditLink>)),
)]
pub(crate) async fn list(
    State(access): State<Access>,
    mut params: Params,
) -> Result<Json<Page<wire::AuditLink>>, ApiError> {
    let outcome = params.one("outcome")?;
    let known = |found: &str| OUTCOMES.into_iter().find(|outcome| *outcome == found);
    let outcome = outcome.map(|found| word("outcome", &found, known, &OUTCOMES)).transpose()?;
    let filter = AuditFilter {
        actor: params.one("actor")?.unwrap_or_default(),
        action: params.one("action")?.unwrap_or_default(),
        target: params.one("target")?.unwrap_or_default(),
        outcome: outcome.unwrap_or_default().to_owned(),
        since: time(&mut params, "since")?,
        until: time(&mut params, "until")?,
    };
    let cursor = params.one("cursor")?.map(|text| {
        text.parse().map_err(|_| invalid("cursor", format_args!("{text:?} is not a number")))
    });
    let cursor = cursor.transpose()?;
    let limit = params.limit()?;
    params.finish()?;
    let found = access.audit().list(&filter, cursor, limit + 1).await?;
    Ok(Json(page::cut(found, limit, |row: &AuditRow| row.seq.to_string(), to_wire::link)))
}

/// Check the audit
///
/// Goes through the whole chain.
#[utoipa::path(
    get, path = "/api/v1/audit/verify", tag = "audit", operation_id = "auditVerify",
    params(("expect" = Option<String>, Query,
        description = "A `head` that was noted before, as `SEQ:HASH`")),
    responses((status = 200, description = "Whether it is as it was written",
        body = wire::AuditVerdict)),
)]
pub(crate) async fn verify(
    State(access): State<Access>,
    mut params: Params,
) -> Result<Json<wire::AuditVerdict>, ApiError> {
    let expected = params.one("expect")?.map(|text| {
        place(&text).ok_or_else(|| {
            invalid("expect", format_args!("{text:?} is not a place such as 42:9f86…"))
        })
    });
    let expected = expected.transpose()?;
    params.finish()?;
    Ok(Json(to_wire::verdict(access.audit().verify(expected).await?)))
}

fn place(text: &str) -> Option<AuditPlace> {
    let (seq, hash) = text.split_once(':')?;
    let mut bytes = [0; 32];
    if hash.len() != 64 || !hash.is_ascii() {
        return None;
    }
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(AuditPlace { seq: seq.parse().ok()?, hash: bytes })
}

fn time(params: &mut Params, name: &'static str) -> Result<Option<Time>, ApiError> {
    let found = params.one(name)?.map(|text| text.parse::<Timestamp>());
    let found = found.transpose().map_err(|err| invalid(name, format_args!("{err}")))?;
    Ok(found.map(|at| Time(at.ms)))
}
