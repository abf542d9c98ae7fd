//! Finding out whether the chain is as it was written.

use kernel_ports::audit::{AuditFilter, AuditPlace, AuditSeal};
use kernel_ports::store::StoreError;

use super::Audit;
use super::chain::{PAGE, anchor_code, link, signature};
use crate::mac;

/// The action of the link that says that the server found something at its start.
pub(super) const TAMPERED: &str = "audit.tampered";

/// The chain is as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    /// How many links there are.
    pub links: u64,
    /// What is before this was removed when it was old.
    pub base: AuditPlace,
    /// The end: note it elsewhere, and give it to a later check.
    pub head: AuditPlace,
}

/// The chain is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Tampered {
    #[error("link {seq} was changed, or put in another place")]
    Changed { seq: u64 },
    #[error("after link {after} comes link {found}: something was removed between them")]
    Removed { after: u64, found: u64 },
    #[error("the chain ends at link {found}, but went to link {expected}: its end was cut off")]
    Cut { found: u64, expected: u64 },
    #[error("the chain goes to link {found}, but is sealed to link {sealed}: something was added")]
    Added { found: u64, sealed: u64 },
    #[error("the seal of the chain is missing")]
    SealMissing,
    #[error("the seal at link {seq} was not made by this server")]
    SealForged { seq: u64 },
    #[error("the file that notes the end of the chain is missing, or not from this server")]
    AnchorForged,
    #[error("at link {seq} the server noted at its start: {found}")]
    Noted { seq: u64, found: String },
}

/// Goes through the whole chain.
pub(super) async fn all(
    audit: &Audit,
    expected: Option<AuditPlace>,
) -> Result<Result<Verified, Tampered>, StoreError> {
    let checkpoints = audit.store.audit_checkpoints().await?;
    // Read before the links: those that are appended meanwhile come after it.
    let Some(seal) = audit.store.audit_seal().await? else {
        return Ok(empty(audit).await?.map_or_else(|| nothing(expected), Err));
    };
    for seal in checkpoints.iter().chain([&seal]) {
        if !is_genuine(audit, seal) {
            return Ok(Err(Tampered::SealForged { seq: seal.head.seq }));
        }
    }
    let mut known: Vec<AuditPlace> = checkpoints.iter().map(|seal| seal.head).collect();
    known.extend(expected);
    match anchor(audit) {
        Ok(place) => known.extend(place),
        Err(tampered) => return Ok(Err(tampered)),
    }
    known.push(seal.head);
    known.retain(|place| place.seq > seal.base.seq);
    let mut at = seal.base;
    'pages: loop {
        let rows = audit.store.audit_read(at.seq, PAGE).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            // A server that runs goes on meanwhile.
            if at.seq >= seal.head.seq && known.iter().all(|place| place.seq <= at.seq) {
                break 'pages;
            }
            if row.seq != at.seq + 1 {
                return Ok(Err(Tampered::Removed { after: at.seq, found: row.seq }));
            }
            if row.hash != link(&at.hash, &row) {
                return Ok(Err(Tampered::Changed { seq: row.seq }));
            }
            at = AuditPlace { seq: row.seq, hash: row.hash };
            if known.iter().any(|place| place.seq == at.seq && place.hash != at.hash) {
                return Ok(Err(Tampered::Changed { seq: at.seq }));
            }
        }
    }
    if let Some(place) = known.iter().find(|place| place.seq > at.seq) {
        return Ok(Err(Tampered::Cut { found: at.seq, expected: place.seq }));
    }
    if let Some(tampered) = noted(audit).await? {
        return Ok(Err(tampered));
    }
    Ok(Ok(Verified { links: at.seq - seal.base.seq, base: seal.base, head: at }))
}

/// Looks at the ends only, as at a start.
pub(super) async fn ends(audit: &Audit) -> Result<Option<Tampered>, StoreError> {
    let Some(seal) = audit.store.audit_seal().await? else { return empty(audit).await };
    if !is_genuine(audit, &seal) {
        return Ok(Some(Tampered::SealForged { seq: seal.head.seq }));
    }
    let last = audit.store.audit_list(&AuditFilter::default(), None, 1).await?;
    let found = last.first().map_or(seal.base, |row| AuditPlace { seq: row.seq, hash: row.hash });
    let anchored = match anchor(audit) {
        Ok(place) => place,
        Err(tampered) => return Ok(Some(tampered)),
    };
    let expected = anchored.map_or(seal.head.seq, |place| place.seq.max(seal.head.seq));
    Ok(match found.seq {
        seq if seq < expected => Some(Tampered::Cut { found: seq, expected }),
        seq if seq > expected => Some(Tampered::Added { found: seq, sealed: expected }),
        seq if found.hash != seal.head.hash => Some(Tampered::Changed { seq }),
        _ => None,
    })
}

fn nothing(expected: Option<AuditPlace>) -> Result<Verified, Tampered> {
    match expected {
        Some(place) => Err(Tampered::Cut { found: 0, expected: place.seq }),
        None => Ok(Verified { links: 0, base: AuditPlace::default(), head: AuditPlace::default() }),
    }
}

/// Without a seal there must be nothing else either.
async fn empty(audit: &Audit) -> Result<Option<Tampered>, StoreError> {
    let has_links = !audit.store.audit_read(0, 1).await?.is_empty();
    let has_anchor = match &audit.anchor {
        Some(anchor) => !matches!(anchor.read(), Ok(Some((AuditPlace { seq: 0, .. }, _)))),
        None => false,
    };
    Ok((has_links || has_anchor).then_some(Tampered::SealMissing))
}

/// Returns the place that the file beside the database names.
fn anchor(audit: &Audit) -> Result<Option<AuditPlace>, Tampered> {
    let Some(anchor) = &audit.anchor else { return Ok(None) };
    match anchor.read() {
        Ok(Some((place, code))) if mac::same(&code, &anchor_code(audit, place)) => Ok(Some(place)),
        Ok(_) | Err(_) => Err(Tampered::AnchorForged),
    }
}

async fn noted(audit: &Audit) -> Result<Option<Tampered>, StoreError> {
    let filter = AuditFilter { action: TAMPERED.to_owned(), ..AuditFilter::default() };
    let found = audit.store.audit_list(&filter, None, 1).await?;
    Ok(found.into_iter().next().map(|row| {
        let json = row.after.and_then(|text| serde_json::from_str(&text).ok());
        let json: serde_json::Value = json.unwrap_or_default();
        let found = json["found"].as_str().unwrap_or("the chain was changed").to_owned();
        Tampered::Noted { seq: row.seq, found }
    }))
}

fn is_genuine(audit: &Audit, seal: &AuditSeal) -> bool {
    mac::same(&seal.signature, &signature(audit, seal))
}
