//! How often an address may do something that costs us.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel_model::time::Time;

const HOUR_MS: u64 = 60 * 60_000;
/// So many addresses are told apart; with more of them at once, all of them wait.
const KNOWN_MAX: usize = 10_000;

/// Counts by address and hour.
#[derive(Debug)]
pub(crate) struct Pace {
    per_hour: u32,
    known: Mutex<HashMap<String, (Time, u32)>>,
}

impl Pace {
    pub(crate) fn new(per_hour: u32) -> Self {
        Self { per_hour, known: Mutex::default() }
    }

    /// Counts one, or says how long to wait.
    pub(crate) fn take(&self, address: &str, now: Time) -> Result<(), u64> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX && !known.contains_key(address) {
            known.retain(|_, (since, _)| now.since_ms(*since) < HOUR_MS);
            if known.len() >= KNOWN_MAX {
                return Err(HOUR_MS);
            }
        }
        let (since, count) = known.entry(address.to_owned()).or_insert((now, 0));
        let gone_ms = now.since_ms(*since);
        if gone_ms >= HOUR_MS {
            (*since, *count) = (now, 0);
        }
        if *count >= self.per_hour {
            return Err(HOUR_MS - gone_ms);
        }
        *count += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kernel_model::time::Time;

    use super::{HOUR_MS, KNOWN_MAX, Pace};

    #[test]
    fn an_address_waits_for_the_next_hour_and_others_do_not() {
        let pace = Pace::new(2);
        assert_eq!(pace.take("a", Time(0)), Ok(()));
        assert_eq!(pace.take("a", Time(10)), Ok(()));
        assert_eq!(pace.take("a", Time(20)), Err(HOUR_MS - 20));
        assert_eq!(pace.take("b", Time(20)), Ok(()));
        assert_eq!(pace.take("a", Time(HOUR_MS)), Ok(()));
    }

    #[test]
    fn many_addresses_cost_no_more_memory() {
        let pace = Pace::new(2);
        for i in 0..KNOWN_MAX {
            pace.take(&i.to_string(), Time(0)).unwrap();
        }
        assert_eq!(pace.take("another", Time(1)), Err(HOUR_MS));
        assert_eq!(pace.take("another", Time(HOUR_MS)), Ok(()));
        assert_eq!(pace.known.lock().unwrap().len(), 1);
    }
}
