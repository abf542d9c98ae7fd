//! The version of a step machine's state, which is stored in front of it.
//!
//! Pure. A state of version 0 is stored as it is, so that what was written before there were
//! versions reads as that.

/// What no JSON and no text begins with.
const MARK: [u8; 4] = [0, b't', b's', 1];

/// Returns what is stored of a state.
#[must_use]
pub fn seal(version: u32, state: Vec<u8>) -> Vec<u8> {
    if version == 0 && !state.starts_with(&MARK) {
        return state;
    }
    [&MARK[..], &version.to_le_bytes(), &state].concat()
}

/// Returns the version and the state of what is stored.
pub(crate) fn open(stored: &[u8]) -> (u32, &[u8]) {
    let versioned = stored.strip_prefix(&MARK).and_then(|rest| rest.split_first_chunk());
    versioned.map_or((0, stored), |(version, state)| (u32::from_le_bytes(*version), state))
}

#[cfg(test)]
mod tests {
    use super::{MARK, open, seal};

    #[test]
    fn what_is_sealed_opens_as_it_was() {
        let like_a_mark = [&MARK[..], &[9; 8]].concat();
        for state in [vec![], b"{}".to_vec(), like_a_mark, MARK.to_vec()] {
            for version in [0, 1, u32::MAX] {
                assert_eq!(open(&seal(version, state.clone())), (version, &state[..]));
            }
        }
        assert_eq!(seal(0, b"{}".to_vec()), b"{}", "nothing is added without a version");
    }
}
