//! Keeps whoever is refused again and again from filling the audit.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kernel_model::time::Time;

/// One refusal of somebody is written down in this time; the next one says how many there were.
const EACH_MS: u64 = 60_000;
/// So many are told apart.
const KNOWN_MAX: usize = 1_000;

/// Who was refused lately.
#[derive(Debug, Default)]
pub(crate) struct Denials {
    known: Mutex<HashMap<(String, String), Since>>,
}

#[derive(Debug, Clone, Copy)]
struct Since {
    at: Time,
    left_out: u64,
}

impl Denials {
    /// Returns how many refusals were left out before this one, if this one is to be written down.
    pub(crate) fn note(&self, actor: &str, address: &str, now: Time) -> Option<u64> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (actor.to_owned(), address.to_owned());
        if let Some(since) = known.get_mut(&key) {
            if now.since_ms(since.at) < EACH_MS {
                since.left_out += 1;
                return None;
            }
            let left_out = since.left_out;
            *since = Since { at: now, left_out: 0 };
            return Some(left_out);
        }
        if known.len() >= KNOWN_MAX {
            known.retain(|_, since| now.since_ms(since.at) < EACH_MS);
            // Then they are too many to be told apart.
            if known.len() >= KNOWN_MAX {
                return None;
            }
        }
        known.insert(key, Since { at: now, left_out: 0 });
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use kernel_model::time::Time;

    use super::{Denials, EACH_MS, KNOWN_MAX};

    #[test]
    fn one_refusal_a_minute_is_noted_with_how_many_there_were() {
        let denials = Denials::default();
        assert_eq!(denials.note("eve", "a", Time(0)), Some(0));
        assert_eq!(denials.note("eve", "a", Time(1)), None);
        assert_eq!(denials.note("eve", "a", Time(2)), None);
        assert_eq!(denials.note("eve", "b", Time(2)), Some(0));
        assert_eq!(denials.note("eve", "a", Time(EACH_MS)), Some(2));
    }

    #[test]
    fn many_who_are_refused_cost_no_more_memory() {
        let denials = Denials::default();
        for i in 0..2 * KNOWN_MAX {
            denials.note(&i.to_string(), "", Time(0));
        }
        assert_eq!(denials.known.lock().unwrap().len(), KNOWN_MAX);
        assert_eq!(denials.note("eve", "", Time(EACH_MS)), Some(0));
    }
}
