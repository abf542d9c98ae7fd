//! Events of histories.

use kernel_model::attempt::AttemptEvent;
use kernel_model::event::{Event, Node, Recorded};
use kernel_wire::event::{Happening, Place, RunEvent};

use super::{json, run, step, time};

/// Converts an event; `None` for what is of no interest outside of the kernel.
pub(crate) fn event(seq: u64, recorded: &Recorded) -> Option<RunEvent> {
    Some(RunEvent { seq, at: time(recorded.at), what: happening(&recorded.event)? })
}

fn happening(event: &Event) -> Option<Happening> {
    let text = |text: &Option<kernel_model::attempt::Text>| text.as_deref().map(str::to_owned);
    Some(match event {
        Event::Started => Happening::Started,
        Event::Waiting => Happening::Waiting,
        Event::Resumed => Happening::Resumed,
        Event::CancelRequested { by } => Happening::CancelRequested { by: by.to_string() },
        Event::EndDecided { outcome, message } => {
            Happening::EndDecided { status: run::ended(*outcome), message: text(message) }
        }
        Event::Ended { outcome, message } => {
            Happening::Ended { status: run::ended(*outcome), message: text(message) }
        }
        Event::GroupOpened { step, node } => {
            Happening::GroupOpened { step: step.0, place: place(node) }
        }
        Event::GroupEnded { step, outcome, message } => Happening::GroupEnded {
            step: step.0,
            status: step::ended(*outcome),
            message: text(message),
        },
        Event::StepStarted { step, node, .. } => {
            Happening::StepStarted { step: step.0, place: place(node) }
        }
        Event::StepEnded { step, outcome, message, value } => Happening::StepEnded {
            step: step.0,
            status: step::ended(*outcome),
            message: text(message),
            output: json(value),
        },
        Event::AttemptCreated { step, attempt, why, not_before } => Happening::AttemptCreated {
            step: step.0,
            attempt: *attempt,
            why: step::reason(*why),
            not_before: time(*not_before),
        },
        Event::Attempt { step, attempt, event } => return attempt_event(step.0, *attempt, event),
        Event::Noted { step, text } => Happening::Noted { step: step.0, text: text.to_string() },
        Event::TimerSet { name, due } => {
            Happening::TimerSet { name: name.to_string(), due: time(*due) }
        }
        Event::TimerCancelled { name } => Happening::TimerCancelled { name: name.to_string() },
        Event::TimerFired { name } => Happening::TimerFired { name: name.to_string() },
        Event::FactsRead { query, values } => Happening::FactsRead {
            query: query.to_string(),
            values: serde_json::from_str(values).unwrap_or_default(),
        },
    })
}

fn attempt_event(step: u32, attempt: u32, event: &AttemptEvent) -> Option<Happening> {
    Some(match event {
        AttemptEvent::Assigned { .. } => Happening::AttemptAssigned { step, attempt },
        AttemptEvent::Started { .. } => Happening::AttemptStarted { step, attempt },
        // The state of a step machine is its own business.
        AttemptEvent::MachineSaved { .. } => return None,
        AttemptEvent::CancelRequested { by } => {
            Happening::AttemptCancelRequested { step, attempt, by: by.to_string() }
        }
        AttemptEvent::Ended { end, .. } => {
            Happening::AttemptEnded { step, attempt, end: step::attempt_end(end) }
        }
    })
}

fn place(node: &Node) -> Place {
    Place {
        path: node.path.to_string(),
        parent: node.parent.map(|parent| parent.0),
        name: node.name.to_string(),
        kind: node.kind.to_string(),
    }
}
