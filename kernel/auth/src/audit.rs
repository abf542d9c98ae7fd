//! What was done: a chain of links, each with the digest of the one before it.
//!
//! Every append is sealed: where the chain begins and ends, signed with a key that is derived from
//! the server's keyring. Some seals are kept for good as checkpoints. The newest is also kept in a
//! file beside the database, so that the end cannot be cut off in the database alone.
//!
//! One task appends, so that links that come together share one commit. Whoever records waits until
//! it is on the disk; whoever stops waiting has recorded all the same.

mod chain;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;

use kernel_model::time::Time;
use kernel_ports::access::AccessStore;
use kernel_ports::audit::{AuditFilter, AuditPlace, AuditRow, AuditSeal};
use kernel_ports::clock::Clock;
use kernel_ports::keyring::SubKey;
use kernel_ports::store::StoreError;
use tokio::sync::{mpsc, oneshot};

pub use chain::Anchor;
pub use verify::{Tampered, Verified};

/// Every so many links a seal is kept for good.
const CHECKPOINT_EVERY: u64 = 256;
/// So many links share a commit at the most.
const BATCH_MAX: usize = 256;
const TEXT_CHARS_MAX: usize = 500;
/// However short the time that links are kept: the newest of them stay.
const KEEP_MIN: u64 = 100;
/// And all that are younger than this.
const KEEP_MS_MIN: u64 = 14 * 24 * 60 * 60_000;

/// One thing that was done, or tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub actor: String,
    pub address: String,
    pub action: String,
    pub target: String,
    pub outcome: Outcome,
    /// JSON without secrets.
    pub before: Option<String>,
    pub after: Option<String>,
    pub request: String,
}

/// How it went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Outcome {
    #[default]
    Done,
    Denied,
    Failed,
}

/// A cheap handle on the chain.
#[derive(Clone)]
pub struct Audit {
    store: Arc<dyn AccessStore>,
    clock: Arc<dyn Clock>,
    key: SubKey,
    anchor: Option<Arc<Anchor>>,
    /// States of things are cut to this size.
    state_bytes_max: usize,
    orders: mpsc::UnboundedSender<Order>,
}

enum Order {
    Append { entry: Box<Entry>, reply: oneshot::Sender<Result<u64, StoreError>> },
    Prune { before: Time, reply: oneshot::Sender<Result<u64, StoreError>> },
}

impl std::fmt::Debug for Audit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Audit").field("anchor", &self.anchor).finish_non_exhaustive()
    }
}

impl Outcome {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

impl Audit {
    pub(crate) async fn open(
        store: Arc<dyn AccessStore>,
        clock: Arc<dyn Clock>,
        key: SubKey,
        anchor: Option<PathBuf>,
        state_bytes_max: usize,
    ) -> Result<Self, StoreError> {
        let (orders, queue) = mpsc::unbounded_channel();
        let anchor = anchor.map(|path| Arc::new(Anchor::new(path)));
        let audit = Self { store, clock, key, anchor, state_bytes_max, orders };
        let mut chain = chain::Chain::open(&audit).await?;
        chain.begin(&audit).await?;
        if let Some(found) = verify::ends(&audit).await? {
            tracing::error!(%found, "somebody has changed the audit");
            let entry = Entry {
                actor: "server".to_owned(),
                action: verify::TAMPERED.to_owned(),
                target: "audit".to_owned(),
                outcome: Outcome::Failed,
                after: Some(serde_json::json!({ "found": found.to_string() }).to_string()),
                ..Entry::default()
            };
            chain.append(&audit, &[entry]).await?;
        }
        let parts = Parts { audit: audit.weak(), chain };
        tokio::spawn(parts.serve(queue));
        Ok(audit)
    }

    /// Writes down what was done; returns the number of the link when it is on the disk.
    pub async fn record(&self, entry: Entry) -> Result<u64, StoreError> {
        self.submit(entry).await.unwrap_or_else(|_| Err(closed()))
    }

    /// Hands over what was done, and waits for nothing: it is written down even if the answer is
    /// dropped.
    pub fn submit(&self, entry: Entry) -> oneshot::Receiver<Result<u64, StoreError>> {
        let (reply, answer) = oneshot::channel();
        // Without anybody who writes, the answer is dropped, which the caller sees.
        let _ = self.orders.send(Order::Append { entry: Box::new(entry), reply });
        answer
    }

    /// Removes what is older than `age_ms`; the newest links stay, and all of the last 14 days.
    /// Returns how many were removed.
    pub async fn prune(&self, age_ms: u64) -> Result<u64, StoreError> {
        let now = self.clock.now().0;
        let before = Time(now.saturating_sub(age_ms.max(KEEP_MS_MIN)));
        let (reply, answer) = oneshot::channel();
        let _ = self.orders.send(Order::Prune { before, reply });
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Lists links from the newest.
    pub async fn list(
        &self,
        filter: &AuditFilter,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        self.store.audit_list(filter, before, limit).await
    }

    /// Goes through the whole chain. `expected` is a place that was noted elsewhere.
    pub async fn verify(
        &self,
        expected: Option<AuditPlace>,
    ) -> Result<Result<Verified, Tampered>, StoreError> {
        verify::all(self, expected).await
    }

    /// The same without a way to append: the task must not keep itself alive.
    fn weak(&self) -> Self {
        let (orders, _) = mpsc::unbounded_channel();
        Self { orders, ..self.clone() }
    }
}

struct Parts {
    audit: Audit,
    chain: chain::Chain,
}

impl Parts {
    async fn serve(mut self, mut queue: mpsc::UnboundedReceiver<Order>) {
        let mut next = queue.recv().await;
        while let Some(order) = next.take() {
            match order {
                Order::Prune { before, reply } => {
                    let _ = reply.send(self.chain.prune(&self.audit, before).await);
                }
                Order::Append { entry, reply } => {
                    let (mut entries, mut replies) = (vec![*entry], vec![reply]);
                    while entries.len() < BATCH_MAX {
                        match queue.try_recv() {
                            Ok(Order::Append { entry, reply }) => {
                                entries.push(*entry);
                                replies.push(reply);
                            }
                            Ok(other) => {
                                next = Some(other);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    self.append(entries, replies).await;
                }
            }
            if next.is_none() {
                next = queue.recv().await;
            }
        }
    }

    async fn append(
        &mut self,
        entries: Vec<Entry>,
        replies: Vec<oneshot::Sender<Result<u64, StoreError>>>,
    ) {
        let result = self.chain.append(&self.audit, &entries).await;
        if let Err(err) = &result {
            tracing::error!(%err, entries = entries.len(), "failed to write down what was done");
        }
        for (i, reply) in replies.into_iter().enumerate() {
            let _ = reply.send(match &result {
                Ok(first) => Ok(first + i as u64),
                Err(err) => Err(StoreError::Io {
                    action: "write down what was done".to_owned(),
                    err: err.to_string().into(),
                }),
            });
        }
    }
}

fn closed() -> StoreError {
    StoreError::Io {
        action: "write down what was done".to_owned(),
        err: "the server is stopping".into(),
    }
}

fn seal_bytes(seal: &AuditSeal) -> Vec<u8> {
    let mut bytes = b"tenon audit seal 1\n".to_vec();
    for place in [&seal.base, &seal.head] {
        bytes.extend_from_slice(&place.seq.to_be_bytes());
        bytes.extend_from_slice(&place.hash);
    }
    bytes.extend_from_slice(&seal.at.0.to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests;
