//! Making links and seals.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use kernel_model::time::Time;
use kernel_ports::access::Digest;
use kernel_ports::audit::{AuditPlace, AuditRow, AuditSeal};
use kernel_ports::store::StoreError;
use sha2::{Digest as _, Sha256};

use super::{Audit, CHECKPOINT_EVERY, Entry, KEEP_MIN, TEXT_CHARS_MAX, seal_bytes};
use crate::mac;

/// How many links are read at a time.
pub(super) const PAGE: u32 = 500;

/// Where the chain is.
#[derive(Debug)]
pub(super) struct Chain {
    base: AuditPlace,
    head: AuditPlace,
    checkpoint: u64,
}

impl Chain {
    /// Finds the end of the chain, even if somebody took away what says where it is.
    pub(super) async fn open(audit: &Audit) -> Result<Self, StoreError> {
        let seal = audit.store.audit_seal().await?;
        let last = audit.store.audit_list(&Default::default(), None, 1).await?;
        let base = seal.as_ref().map(|seal| seal.base).unwrap_or_default();
        let last = last.first().map(|row| AuditPlace { seq: row.seq, hash: row.hash });
        let head = last.or(seal.as_ref().map(|seal| seal.head).filter(|head| *head == base));
        let head = head.unwrap_or(base);
        let checkpoint = audit.store.audit_checkpoints().await?.last().map_or(0, |s| s.head.seq);
        Ok(Self { base, head, checkpoint })
    }

    /// Notes a chain that has not begun: from then on its end is always noted.
    pub(super) async fn begin(&self, audit: &Audit) -> Result<(), StoreError> {
        let is_new = audit.anchor.as_ref().is_some_and(|a| matches!(a.read(), Ok(None)));
        if is_new && self.head.seq == 0 && audit.store.audit_seal().await?.is_none() {
            note(audit, self.head).await;
        }
        Ok(())
    }

    /// Appends links; returns the number of the first.
    pub(super) async fn append(
        &mut self,
        audit: &Audit,
        entries: &[Entry],
    ) -> Result<u64, StoreError> {
        let now = audit.clock.now();
        let mut head = self.head;
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let row = row(entry, head, now, audit.state_bytes_max);
            head = AuditPlace { seq: row.seq, hash: row.hash };
            rows.push(row);
        }
        let seal = sealed(audit, self.base, head, now);
        let is_checkpoint = head.seq >= self.checkpoint + CHECKPOINT_EVERY;
        audit.store.audit_append(&rows, &seal, is_checkpoint).await?;
        let first = self.head.seq + 1;
        self.head = head;
        if is_checkpoint {
            self.checkpoint = head.seq;
        }
        note(audit, seal.head).await;
        Ok(first)
    }

    /// Removes links before a time, but for the newest ones; returns how many.
    pub(super) async fn prune(&mut self, audit: &Audit, before: Time) -> Result<u64, StoreError> {
        let last = self.head.seq.saturating_sub(KEEP_MIN);
        let mut base = self.base;
        'pages: loop {
            let rows = audit.store.audit_read(base.seq, PAGE).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                if row.at >= before || row.seq > last {
                    break 'pages;
                }
                base = AuditPlace { seq: row.seq, hash: row.hash };
            }
        }
        let removed = base.seq - self.base.seq;
        if removed > 0 {
            let seal = sealed(audit, base, self.head, audit.clock.now());
            audit.store.audit_prune(&seal).await?;
            self.base = base;
            note(audit, seal.head).await;
        }
        Ok(removed)
    }
}

/// The newest seal in a file of its own.
#[derive(Debug)]
pub struct Anchor {
    path: PathBuf,
}

impl Anchor {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Returns the place that it names and its signature; nothing if there is no file.
    pub(super) fn read(&self) -> io::Result<Option<(AuditPlace, Digest)>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(err) if err.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(err) => return Err(err),
        };
        let parts: Vec<&str> = text.split_whitespace().collect();
        let [seq, hash, code] = parts[..] else { return Err(io::ErrorKind::InvalidData.into()) };
        let read = |text| unhex(text).ok_or(io::ErrorKind::InvalidData);
        let seq = seq.parse().map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(Some((AuditPlace { seq, hash: read(hash)? }, read(code)?)))
    }

    fn write(&self, place: AuditPlace, code: &Digest) -> io::Result<()> {
        let text = format!("{} {} {}\n", place.seq, hex(&place.hash), hex(code));
        let next = self.path.with_extension("next");
        let mut options = fs::OpenOptions::new();
        let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(&next)?;
        io::Write::write_all(&mut file, text.as_bytes())?;
        drop(file);
        // After a crash an older one is there, which the chain has grown out of.
        fs::rename(next, &self.path)
    }
}

/// Writes the end of the chain beside the database.
async fn note(audit: &Audit, place: AuditPlace) {
    let Some(anchor) = audit.anchor.clone() else { return };
    let code = anchor_code(audit, place);
    let written = tokio::task::spawn_blocking(move || anchor.write(place, &code)).await;
    if let Err(err) = written.unwrap_or_else(|err| Err(io::Error::other(err))) {
        tracing::error!(%err, "failed to write where the audit ends");
    }
}

pub(super) fn anchor_code(audit: &Audit, place: AuditPlace) -> Digest {
    mac::mac(&audit.key, &[b"tenon audit head 1\n", &place.seq.to_be_bytes(), &place.hash])
}

pub(super) fn signature(audit: &Audit, seal: &AuditSeal) -> Digest {
    mac::mac(&audit.key, &[&seal_bytes(seal)])
}

fn sealed(audit: &Audit, base: AuditPlace, head: AuditPlace, at: Time) -> AuditSeal {
    let mut seal = AuditSeal { base, head, at, signature: [0; 32] };
    seal.signature = signature(audit, &seal);
    seal
}

fn row(entry: &Entry, before: AuditPlace, at: Time, state_max: usize) -> AuditRow {
    let state = |json: &str| state(json, state_max);
    let text = |text: &str| text.chars().take(TEXT_CHARS_MAX).collect::<String>();
    let mut row = AuditRow {
        seq: before.seq + 1,
        at,
        actor: text(&entry.actor),
        address: text(&entry.address),
        action: text(&entry.action),
        target: text(&entry.target),
        outcome: entry.outcome.word().to_owned(),
        before: entry.before.as_deref().map(&state),
        after: entry.after.as_deref().map(state),
        request: text(&entry.request),
        hash: [0; 32],
    };
    row.hash = link(&before.hash, &row);
    row
}

/// Cuts what is too large, and says so.
fn state(json: &str, max: usize) -> String {
    if json.len() <= max {
        return json.to_owned();
    }
    let end = json.floor_char_boundary(max);
    serde_json::json!({ "cut": &json[..end], "bytes": json.len() }).to_string()
}

/// Returns the hash of a link: of the hash before it, and of its fields with their lengths, so that
/// no two links have the same bytes.
pub(super) fn link(before: &Digest, row: &AuditRow) -> Digest {
    let mut hash = Sha256::new_with_prefix(b"tenon audit link 1\n");
    hash.update(before);
    hash.update(row.seq.to_be_bytes());
    hash.update(row.at.0.to_be_bytes());
    let texts = [&row.actor, &row.address, &row.action, &row.target, &row.outcome, &row.request];
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    for state in [&row.before, &row.after] {
        match state {
            None => hash.update([0]),
            Some(text) => {
                hash.update([1]);
                hash.update((text.len() as u64).to_be_bytes());
                hash.update(text.as_bytes());
            }
        }
    }
    hash.finalize().into()
}

fn hex(bytes: &Digest) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<Digest> {
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(bytes)
}
