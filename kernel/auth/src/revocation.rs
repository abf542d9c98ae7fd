//! What was revoked, kept apart from the database, so that a restored database cannot bring it back.
//!
//! A file of lines, each the id of a token, session or app and when it ended; lines are appended and
//! flushed before the database hears of it. At the start both are merged, in both directions. The
//! file is no part of a backup: it must not go back in time.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use kernel_model::id::SessionId;
use kernel_model::time::Time;
use kernel_ports::access::AccessStore;

use crate::error::AccessError;

/// The list. Without a file it is kept in memory, for servers that keep nothing.
#[derive(Debug)]
pub(crate) struct Revocations {
    file: Option<File>,
    known: BTreeMap<String, Time>,
}

impl Revocations {
    pub(crate) fn open(path: Option<PathBuf>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self { file: None, known: BTreeMap::new() }) };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(err) if err.kind() == io::ErrorKind::NotFound => String::new(),
            Err(err) => return Err(err),
        };
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        // A crash can have cut the last line; what follows it starts on one of its own.
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        let known = text.lines().filter_map(line).collect();
        Ok(Self { file: Some(file), known })
    }

    /// Notes that these ended, for good; when this returns, it is on the disk.
    pub(crate) fn add(&mut self, ids: &[String], at: Time) -> io::Result<()> {
        let new: Vec<&String> = ids.iter().filter(|id| !self.known.contains_key(*id)).collect();
        if new.is_empty() {
            return Ok(());
        }
        if let Some(file) = &mut self.file {
            let lines: String = new.iter().map(|id| format!("{id} {}\n", at.0)).collect();
            file.write_all(lines.as_bytes())?;
            file.sync_data()?;
        }
        self.known.extend(new.into_iter().map(|id| (id.clone(), at)));
        Ok(())
    }

    pub(crate) fn get(&self, id: &str) -> Option<Time> {
        self.known.get(id).copied()
    }
}

/// Makes the list of what was revoked and the store agree: revoked in one is revoked.
pub(crate) async fn merge(
    store: &dyn AccessStore,
    revocations: &mut Revocations,
    now: Time,
) -> Result<(), AccessError> {
    let data = store.access_load().await?;
    let mut back = Vec::new();
    for token in &data.tokens {
        let id = token.id.to_string();
        match (token.revoked_at, revocations.get(&id)) {
            (None, Some(_)) => back.push(token.id),
            (Some(at), None) => {
                revocations.add(&[id], at).map_err(|err| AccessError::Revocation { err })?;
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
    }
    let apps = data.apps.iter().map(|app| app.id);
    let apps: Vec<_> = apps.filter(|id| revocations.get(&id.to_string()).is_some()).collect();
    if !apps.is_empty() {
        tracing::warn!(
            apps = apps.len(),
            "removed again what a restored database had brought back"
        );
        store.app_remove(&apps).await?;
    }
    let over = data.sessions.iter().filter(|session| {
        session.expires_at <= now || revocations.get(&session.id.to_string()).is_some()
    });
    let over: Vec<SessionId> = over.map(|session| session.id).collect();
    if !back.is_empty() {
        tracing::warn!(
            tokens = back.len(),
            "revoked again what a restored database had brought back"
        );
        store.token_revoke(&back, now).await?;
    }
    if !over.is_empty() {
        store.session_remove(&over).await?;
    }
    Ok(())
}

fn line(line: &str) -> Option<(String, Time)> {
    let (id, at) = line.split_once(' ')?;
    Some((id.to_owned(), Time(at.parse().ok()?)))
}
