//! Which calls run now. Others queue, in front of the pool of instances.
//!
//! - A plugin has at most its share of the places, so that one that hangs leaves some to others.
//! - A call that waits for what may call plugins itself (a secret, the server's API) gives its place
//!   up meanwhile: a call within it would else wait for a place that nobody gives back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::plugin::Plugin;

/// The places of all calls.
#[derive(Debug)]
pub(crate) struct Places {
    all: Semaphore,
    /// Calls that wait for others: as many as may run.
    waiting: Semaphore,
    share: usize,
    shares: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// The place of one call, until it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    places: Arc<Places>,
    share: Arc<Semaphore>,
    is_held: AtomicBool,
}

/// As many calls wait for others as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crowded;

impl Places {
    pub(crate) fn new(calls_at_once: u32) -> Self {
        let places = calls_at_once as usize;
        Self {
            all: Semaphore::new(places),
            waiting: Semaphore::new(places),
            share: (places / 2).max(1),
            shares: Mutex::default(),
        }
    }

    /// Returns how many instances there may be at most.
    pub(crate) fn instances(calls_at_once: u32) -> u32 {
        calls_at_once.saturating_mul(2)
    }

    /// Takes a place, as soon as there is one.
    pub(crate) async fn take(self: &Arc<Self>, plugin: &Plugin) -> Place {
        let share = plugin.share.get_or_init(|| self.share_of(&plugin.info.name));
        let (places, share) = (Arc::clone(self), Arc::clone(share));
        let place = Place { places, share, is_held: AtomicBool::new(false) };
        place.retake().await;
        place
    }

    /// Returns the share of a plugin, under all its names and in all its versions.
    fn share_of(&self, plugin: &str) -> Arc<Semaphore> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(self.share));
        Arc::clone(shares.entry(plugin.to_owned()).or_insert_with(new))
    }
}

impl Place {
    /// Does work that may need places of its own.
    pub(crate) async fn without<T>(&self, work: impl Future<Output = T>) -> Result<T, Crowded> {
        let _waiting = self.places.waiting.try_acquire().map_err(|_| Crowded)?;
        self.leave();
        let done = work.await;
        self.retake().await;
        Ok(done)
    }

    async fn retake(&self) {
        // Neither is ever closed. Who waits for the share must not hold a place meanwhile.
        let Ok(share) = self.share.acquire().await else { return };
        let Ok(place) = self.places.all.acquire().await else { return };
        share.forget();
        place.forget();
        self.is_held.store(true, Ordering::Relaxed);
    }

    fn leave(&self) {
        if self.is_held.swap(false, Ordering::Relaxed) {
            self.places.all.add_permits(1);
            self.share.add_permits(1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use futures::FutureExt as _;

    use super::{Crowded, Place, Places};

    /// Takes a place for the plugin of that name, if there is one now.
    fn take(places: &Arc<Places>, plugin: &str) -> Option<Place> {
        let place = Place {
            places: Arc::clone(places),
            share: places.share_of(plugin),
            is_held: AtomicBool::new(false),
        };
        place.retake().now_or_never().map(|()| place)
    }

    #[test]
    fn a_plugin_has_its_share_and_no_more() {
        let places = Arc::new(Places::new(4));
        let mut held: Vec<Place> = (0..2).map(|_| take(&places, "a").unwrap()).collect();
        assert!(take(&places, "a").is_none());
        held.push(take(&places, "b").unwrap());
        held.push(take(&places, "b").unwrap());
        assert!(take(&places, "c").is_none());
        held.remove(0);
        assert!(take(&places, "c").is_some());
        assert!(take(&places, "a").is_some());
    }

    #[tokio::test]
    async fn a_call_within_a_call_finds_the_place_of_who_waits_for_it() {
        let places = Arc::new(Places::new(1));
        let outer = take(&places, "a").unwrap();
        let inner = outer.without(async { take(&places, "a").is_some() }).await;
        assert_eq!(inner, Ok(true));
        assert!(take(&places, "a").is_none(), "it has its place again");
        let deep = outer.without(async {
            let inner = take(&places, "a").unwrap();
            inner.without(async {}).await
        });
        assert_eq!(deep.await, Ok(Err(Crowded)), "one may wait where one may run");
        drop(outer);
        assert!(take(&places, "a").is_some());
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_while_it_waits_gives_nothing_back_twice() {
        let places = Arc::new(Places::new(1));
        let outer = take(&places, "a").unwrap();
        assert!(outer.without(std::future::pending::<()>()).now_or_never().is_none());
        drop(outer);
        let one = take(&places, "a").unwrap();
        assert!(take(&places, "a").is_none());
        drop(one);
    }
}
