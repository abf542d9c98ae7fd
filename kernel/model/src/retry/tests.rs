use super::*;

fn policy() -> RetryPolicy {
    RetryPolicy {
        attempts_max: 3,
        backoff_min_ms: 100,
        backoff_max_ms: 150,
        jitter: 0.5,
        on: vec![Outcome::Failed],
        abandoned_max: 1,
    }
}

fn failed() -> AttemptEnd {
    AttemptEnd::Failed { message: "exit 1".into(), retryable: true, value: "null".into() }
}

#[test]
fn the_wait_doubles_up_to_the_limit() {
    let policy = policy();
    assert_eq!(policy.delay_ms(&failed(), Tried::default(), 0.0), Some(100));
    assert_eq!(policy.delay_ms(&failed(), Tried { ended: 1, abandoned: 0 }, 0.0), Some(150));
    assert_eq!(policy.delay_ms(&failed(), Tried { ended: 2, abandoned: 0 }, 0.0), None);
}

#[test]
fn jitter_takes_a_share_of_the_wait() {
    assert_eq!(policy().delay_ms(&failed(), Tried::default(), 1.0), Some(50));
    assert_eq!(policy().delay_ms(&failed(), Tried::default(), 0.5), Some(75));
}

#[test]
fn only_the_wanted_ends_are_tried_again() {
    let before = Tried::default();
    assert_eq!(policy().delay_ms(&AttemptEnd::TimedOut, before, 0.0), None);
    assert_eq!(policy().delay_ms(&AttemptEnd::Cancelled { by: "x".into() }, before, 0.0), None);
    let end = AttemptEnd::Failed { message: "no".into(), retryable: false, value: "null".into() };
    assert_eq!(policy().delay_ms(&end, before, 0.0), None);
}

#[test]
fn abandoned_attempts_have_their_own_limit() {
    let end = AttemptEnd::Abandoned { message: "gone".into() };
    assert_eq!(policy().delay_ms(&end, Tried { ended: 2, abandoned: 0 }, 0.0), Some(100));
    assert_eq!(policy().delay_ms(&end, Tried { ended: 0, abandoned: 1 }, 0.0), None);
}

#[test]
fn a_hundred_attempts_do_not_overflow() {
    let policy = RetryPolicy { attempts_max: 1000, ..policy() };
    assert_eq!(policy.delay_ms(&failed(), Tried { ended: 99, abandoned: 0 }, 0.0), Some(150));
}
