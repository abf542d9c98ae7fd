//! Hands out slots: which pending attempt may start now.
//!
//! An attempt asks once. It gets a slot at once, or is queued by priority and age and gets it by a
//! message later. Dropping a [`Slot`] gives it back and serves the queue.
//!
//! Invariants:
//! - While a slot is free, everything queued is held back by its key or its tags; so a newcomer
//!   that fits may start without a look at the queue.
//! - A key never has more holders than its limit.
//! - No waiting inside: the table is locked for short, never across an await.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kernel_model::event::StepNo;
use kernel_model::id::{RunId, WorkspaceId};
use tokio::sync::Notify;
use wit_envelope::policy::{Concurrency, ConcurrencyPolicy};

use crate::actor::{Mailbox, Message};
use crate::waiting::Waiting;

/// Who asks for a slot.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) run: RunId,
    pub(crate) step: StepNo,
    pub(crate) attempt: u32,
    pub(crate) priority: i32,
    pub(crate) requires: Vec<String>,
    pub(crate) concurrency: Option<Wanted>,
    pub(crate) mailbox: Mailbox,
}

/// A concurrency key. The same text in another workspace is another key.
type Key = (WorkspaceId, String);

/// A key that must be free.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    key: Key,
    limit: u32,
    policy: ConcurrencyPolicy,
}

/// The answer to a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Granted(Slot),
    Queued,
    /// The key is taken and the policy is to refuse: errors.
    Rejected {
        key: String,
    },
    /// The key is taken and the policy is to cancel the newcomer.
    Superseded {
        key: String,
    },
}

/// The right to run one attempt.
#[derive(Debug)]
pub(crate) struct Slot {
    dispatch: Arc<Dispatch>,
    holder: (RunId, StepNo),
    key: Option<Key>,
}

/// The table of slots.
#[derive(Debug)]
pub(crate) struct Dispatch {
    limit: usize,
    tags: Vec<String>,
    table: Mutex<Table>,
    released: Notify,
}

#[derive(Debug, Default)]
struct Table {
    in_use: usize,
    draining: bool,
    arrivals: u64,
    /// By priority, then by age.
    queue: BTreeMap<(Reverse<i32>, u64), Request>,
    places: HashMap<(RunId, StepNo), (Reverse<i32>, u64)>,
    keys: HashMap<Key, Vec<Holder>>,
}

#[derive(Debug)]
struct Holder {
    who: (RunId, StepNo),
    mailbox: Mailbox,
    asked_to_stop: bool,
}

impl Wanted {
    pub(crate) fn new(workspace: WorkspaceId, concurrency: Concurrency) -> Self {
        let Concurrency { key, limit, policy } = concurrency;
        Self { key: (workspace, key), limit, policy }
    }
}

impl Dispatch {
    pub(crate) fn new(limit: usize, tags: Vec<String>) -> Arc<Self> {
        let table = Mutex::default();
        Arc::new(Self { limit: limit.max(1), tags, table, released: Notify::new() })
    }

    /// Asks for a slot.
    pub(crate) fn request(self: &Arc<Self>, request: Request) -> Answer {
        let mut table = self.lock();
        if let Some(concurrency) = &request.concurrency
            && !table.key_is_free(concurrency)
        {
            let key = || concurrency.key.1.clone();
            match concurrency.policy {
                ConcurrencyPolicy::Reject => return Answer::Rejected { key: key() },
                ConcurrencyPolicy::CancelNewest => return Answer::Superseded { key: key() },
                ConcurrencyPolicy::CancelOldest => {
                    table.oldest_stop(&concurrency.key, request.run);
                }
                ConcurrencyPolicy::Queue => {}
            }
        }
        if self.fits(&table, &request) {
            return Answer::Granted(self.grant(&mut table, &request));
        }
        table.arrivals += 1;
        let place = (Reverse(request.priority), table.arrivals);
        table.places.insert((request.run, request.step), place);
        table.queue.insert(place, request);
        Answer::Queued
    }

    /// Takes a request back. False if it is not queued (any more).
    pub(crate) fn withdraw(&self, run: RunId, step: StepNo) -> bool {
        let mut table = self.lock();
        let place = table.places.remove(&(run, step));
        place.is_some_and(|place| table.queue.remove(&place).is_some())
    }

    /// Returns when no slot is in use.
    pub(crate) async fn idle(&self) {
        loop {
            // Registered before the look, so that a release in between is not missed.
            let changed = self.released.notified();
            if self.lock().in_use == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Gives out no more slots.
    pub(crate) fn drain(&self) {
        self.lock().draining = true;
    }

    /// Returns why a queued request waits; `None` if it is not queued.
    pub(crate) fn waiting(&self, run: RunId, step: StepNo) -> Option<Waiting> {
        let table = self.lock();
        let place = *table.places.get(&(run, step))?;
        let request = table.queue.get(&place)?;
        let missing = self.missing(request);
        if table.draining {
            return Some(Waiting::Draining);
        }
        if !missing.is_empty() {
            return Some(Waiting::Tags { missing });
        }
        if let Some(concurrency) = &request.concurrency
            && !table.key_is_free(concurrency)
        {
            let holders = table.keys.get(&concurrency.key).map(Vec::as_slice).unwrap_or_default();
            return Some(Waiting::Key {
                key: concurrency.key.1.clone(),
                limit: concurrency.limit,
                holders: holders.iter().map(|holder| holder.who).collect(),
            });
        }
        let ahead = table.queue.range(..place).count();
        Some(Waiting::Slot { in_use: table.in_use, limit: self.limit, ahead })
    }

    fn release(self: &Arc<Self>, holder: (RunId, StepNo), key: Option<&Key>) {
        let mut table = self.lock();
        table.in_use -= 1;
        if let Some(key) = key
            && let Some(holders) = table.keys.get_mut(key)
        {
            holders.retain(|h| h.who != holder);
            if holders.is_empty() {
                table.keys.remove(key);
            }
        }
        let granted = self.serve(&mut table);
        // Messages that cannot be delivered drop their slot, which locks the table again.
        drop(table);
        self.released.notify_waiters();
        for (mailbox, message) in granted {
            mailbox.send(message);
        }
    }

    fn serve(self: &Arc<Self>, table: &mut Table) -> Vec<(Mailbox, Message)> {
        let mut granted = Vec::new();
        let mut from = None;
        while table.in_use < self.limit && !table.draining {
            let next = match from {
                None => table.queue.iter().find(|(_, r)| self.fits(table, r)),
                Some(place) => table
                    .queue
                    .range((std::ops::Bound::Excluded(place), std::ops::Bound::Unbounded))
                    .find(|(_, r)| self.fits(table, r)),
            };
            let Some(place) = next.map(|(place, _)| *place) else { break };
            let Some(request) = table.queue.remove(&place) else { break };
            table.places.remove(&(request.run, request.step));
            let slot = self.grant(table, &request);
            let Request { step, attempt, mailbox, .. } = request;
            granted.push((mailbox, Message::Granted { step, attempt, slot }));
            from = Some(place);
        }
        granted
    }

    fn fits(&self, table: &Table, request: &Request) -> bool {
        table.in_use < self.limit
            && !table.draining
            && request.concurrency.as_ref().is_none_or(|c| table.key_is_free(c))
            && self.missing(request).is_empty()
    }

    fn missing(&self, request: &Request) -> Vec<String> {
        request.requires.iter().filter(|tag| !self.tags.contains(tag)).cloned().collect()
    }

    fn grant(self: &Arc<Self>, table: &mut Table, request: &Request) -> Slot {
        table.in_use += 1;
        let who = (request.run, request.step);
        let key = request.concurrency.as_ref().map(|c| c.key.clone());
        if let Some(key) = &key {
            let holder = Holder { who, mailbox: request.mailbox.clone(), asked_to_stop: false };
            table.keys.entry(key.clone()).or_default().push(holder);
        }
        Slot { dispatch: Arc::clone(self), holder: who, key }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        // The table is consistent between any two statements that could panic.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn key_is_free(&self, concurrency: &Wanted) -> bool {
        let held = self.keys.get(&concurrency.key).map_or(0, Vec::len);
        held < usize::try_from(concurrency.limit.max(1)).unwrap_or(usize::MAX)
    }

    fn oldest_stop(&mut self, key: &Key, by: RunId) {
        let holders = self.keys.get_mut(key).map(Vec::as_mut_slice).unwrap_or_default();
        if let Some(oldest) = holders.iter_mut().find(|holder| !holder.asked_to_stop) {
            oldest.asked_to_stop = true;
            let by = format!("{by}, which has the same concurrency key {:?}", key.1);
            oldest.mailbox.send(Message::StepCancel { step: oldest.who.1, by, reply: None });
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let dispatch = Arc::clone(&self.dispatch);
        dispatch.release(self.holder, self.key.as_ref());
    }
}

#[cfg(test)]
mod tests;
