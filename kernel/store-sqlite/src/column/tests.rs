use std::collections::BTreeSet;

use super::{Outcome, RunStatus, STATUSES, int, run_bytes, run_id, status_code, uint};
use kernel_model::id::RunId;

#[test]
fn each_status_has_a_code_of_its_own() {
    let open = [RunStatus::Queued, RunStatus::Running, RunStatus::Waiting];
    let all = open.into_iter().chain(Outcome::ALL.map(RunStatus::Ended));
    let codes: BTreeSet<i64> = all.map(status_code).collect();
    assert_eq!(codes, (0..STATUSES).collect());
}

#[test]
fn ids_sort_as_their_bytes_do() {
    let ids = [0, 1, 255, 256, u128::MAX].map(RunId);
    assert!(ids.map(run_bytes).is_sorted());
    assert_eq!(ids.map(|id| run_id(run_bytes(id))), ids);
}

#[test]
fn the_largest_time_survives() {
    for value in [0, 1, u64::MAX] {
        assert_eq!(uint(int(value)), value);
    }
}
