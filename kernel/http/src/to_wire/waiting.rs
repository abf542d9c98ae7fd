//! Why things wait, in words.

use kernel_scheduler::waiting::Waiting;
use kernel_wire::run::{self as wire, StepRef, WaitingReason};

use super::time;

pub(crate) fn waiting(waiting: &Waiting) -> wire::Waiting {
    let plain = |reason, text| wire::Waiting { reason, text, until: None, holders: vec![] };
    match waiting {
        Waiting::Until { at } => {
            let until = time(*at);
            let text = format!("it waits until {until}");
            wire::Waiting { until: Some(until), ..plain(WaitingReason::Time, text) }
        }
        Waiting::Slot { in_use, limit, ahead } => {
            let ahead = match ahead {
                0 => "it is next".to_owned(),
                1 => "1 other is ahead".to_owned(),
                ahead => format!("{ahead} others are ahead"),
            };
            let text = format!("{in_use} of {limit} slots are in use; {ahead}");
            plain(WaitingReason::Slot, text)
        }
        Waiting::Key { key, limit, holders } => {
            let s = if *limit == 1 { "" } else { "s" };
            let text = format!("the key {key:?} allows {limit} step{s} at a time, and is taken");
            let holders = holders
                .iter()
                .map(|(run, step)| StepRef { run: run.to_string(), step: step.0 })
                .collect();
            wire::Waiting { holders, ..plain(WaitingReason::Key, text) }
        }
        Waiting::Tags { missing } => {
            let missing = missing.join(", ");
            plain(
                WaitingReason::Tags,
                format!("nothing here has the tags that it needs: {missing}"),
            )
        }
        Waiting::Runs { position, in_progress, limit } => plain(
            WaitingReason::Runs,
            format!(
                "{in_progress} of {limit} runs are in progress; it is number {position} in the queue"
            ),
        ),
        Waiting::Paused { workspace } => plain(
            WaitingReason::Paused,
            format!("the workspace \"{workspace}\" is paused; it goes on when that is resumed"),
        ),
        Waiting::Draining => plain(
            WaitingReason::Draining,
            "the server is stopping; it goes on after the next start".to_owned(),
        ),
    }
}
