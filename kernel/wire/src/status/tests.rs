//! The words.

use super::{RunStatus, StepStatus};

#[test]
fn the_word_of_a_status_is_what_json_says() {
    for status in RunStatus::ALL {
        assert_eq!(serde_json::to_value(status).unwrap(), status.word());
        assert_eq!(RunStatus::parse(status.word()), Some(status));
    }
    for status in [StepStatus::Pending, StepStatus::Running, StepStatus::TimedOut] {
        assert_eq!(serde_json::to_value(status).unwrap(), status.word());
    }
}
