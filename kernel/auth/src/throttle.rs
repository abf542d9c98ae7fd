//! Slows down who guesses passwords: by name, and by address.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel_model::time::Time;

/// So many mistakes are free.
const FREE_BY_NAME: u32 = 5;
/// More, as many people can share an address.
const FREE_BY_ADDRESS: u32 = 20;
/// The wait after the first one that is not, which doubles with each further one.
const WAIT_MS_MIN: u64 = 1_000;
const WAIT_MS_MAX: u64 = 15 * 60_000;
/// Mistakes are forgotten after this time without one.
const FORGET_MS: u64 = 60 * 60_000;
/// So many names and addresses are remembered: whoever uses more of them costs no more memory.
const KNOWN_MAX: usize = 10_000;

/// Who made mistakes.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    known: Mutex<HashMap<Key, Mistakes>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Name(String),
    Address(String),
}

#[derive(Debug, Clone, Copy)]
struct Mistakes {
    count: u32,
    last_at: Time,
}

impl Throttle {
    /// Returns how long to wait before the next try, if it is too early.
    pub(crate) fn wait_ms(&self, name: &str, address: &str, now: Time) -> Option<u64> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = keys(name, address).into_iter().filter_map(|key| {
            let mistakes = known.get(&key)?;
            let over = mistakes.count.checked_sub(free(&key))?;
            let wait = (WAIT_MS_MIN << over.min(20)).min(WAIT_MS_MAX);
            let until = mistakes.last_at.plus_ms(wait);
            (until > now).then(|| until.since_ms(now))
        });
        waits.max()
    }

    pub(crate) fn failed(&self, name: &str, address: &str, now: Time) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys(name, address) {
            if known.len() >= KNOWN_MAX && !known.contains_key(&key) {
                forget(&mut known, now);
            }
            let mistakes = known.entry(key).or_insert(Mistakes { count: 0, last_at: now });
            if now.since_ms(mistakes.last_at) > FORGET_MS {
                mistakes.count = 0;
            }
            *mistakes = Mistakes { count: mistakes.count.saturating_add(1), last_at: now };
        }
    }

    /// Whoever knows the password is not slowed down by who does not; the address stays known.
    pub(crate) fn succeeded(&self, name: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&Key::Name(name.to_owned()));
    }
}

fn keys(name: &str, address: &str) -> Vec<Key> {
    let mut keys = Vec::with_capacity(2);
    if !name.is_empty() {
        keys.push(Key::Name(name.chars().take(100).collect()));
    }
    if !address.is_empty() {
        keys.push(Key::Address(address.to_owned()));
    }
    keys
}

fn free(key: &Key) -> u32 {
    match key {
        Key::Name(_) => FREE_BY_NAME,
        Key::Address(_) => FREE_BY_ADDRESS,
    }
}

/// Makes room: first what is old, then the older half.
fn forget(known: &mut HashMap<Key, Mistakes>, now: Time) {
    known.retain(|_, mistakes| now.since_ms(mistakes.last_at) <= FORGET_MS);
    if known.len() >= KNOWN_MAX {
        let mut times: Vec<Time> = known.values().map(|mistakes| mistakes.last_at).collect();
        times.sort_unstable();
        let middle = times[times.len() / 2];
        known.retain(|_, mistakes| mistakes.last_at > middle);
    }
}

#[cfg(test)]
mod tests {
    use kernel_model::time::Time;

    use super::Throttle;

    #[test]
    fn waits_double_for_a_name_and_end_with_success() {
        let throttle = Throttle::default();
        for _ in 0..4 {
            throttle.failed("alice", "", Time(0));
        }
        assert_eq!(throttle.wait_ms("alice", "", Time(0)), None);
        throttle.failed("alice", "", Time(0));
        assert_eq!(throttle.wait_ms("alice", "", Time(0)), Some(1_000));
        throttle.failed("alice", "", Time(0));
        assert_eq!(throttle.wait_ms("alice", "", Time(500)), Some(1_500));
        assert_eq!(throttle.wait_ms("alice", "", Time(2_000)), None);
        assert_eq!(throttle.wait_ms("bob", "", Time(0)), None);
        throttle.succeeded("alice");
        assert_eq!(throttle.wait_ms("alice", "", Time(0)), None);
    }

    #[test]
    fn an_address_is_slowed_down_whatever_names_it_tries() {
        let throttle = Throttle::default();
        for i in 0..20 {
            throttle.failed(&format!("user{i}"), "192.0.2.1", Time(0));
        }
        assert_eq!(throttle.wait_ms("another", "192.0.2.1", Time(0)), Some(1_000));
        assert_eq!(throttle.wait_ms("another", "192.0.2.2", Time(0)), None);
    }

    #[test]
    fn many_names_cost_no_more_memory() {
        let throttle = Throttle::default();
        for i in 0..25_000_u64 {
            throttle.failed(&format!("user{i}"), "", Time(i));
        }
        assert!(throttle.known.lock().unwrap().len() <= super::KNOWN_MAX);
        throttle.failed("alice", "", Time(25_000));
    }
}
