//! Twins of what happens to runs.

use std::borrow::Cow;

use kernel_model::event::{Event, Node, StepNo};
use kernel_model::name::StepPath;
use kernel_model::outcome::Outcome;
use kernel_model::time::Time;
use serde::{Deserialize, Serialize};

use super::attempt::{StoredAttempt, StoredWhy};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StoredEvent<'a> {
    Started,
    Waiting,
    Resumed,
    CancelRequested {
        #[serde(borrow)]
        by: Cow<'a, str>,
    },
    EndDecided {
        #[serde(borrow)]
        outcome: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Cow<'a, str>>,
    },
    Ended {
        #[serde(borrow)]
        outcome: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Cow<'a, str>>,
    },
    Group {
        n: u32,
        #[serde(borrow)]
        node: StoredNode<'a>,
    },
    GroupEnded {
        n: u32,
        #[serde(borrow)]
        outcome: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Cow<'a, str>>,
    },
    Step {
        n: u32,
        #[serde(borrow)]
        node: StoredNode<'a>,
        #[serde(borrow)]
        work: Cow<'a, str>,
        #[serde(borrow)]
        options: Cow<'a, str>,
    },
    StepEnded {
        n: u32,
        #[serde(borrow)]
        outcome: Cow<'a, str>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<Cow<'a, str>>,
        #[serde(borrow)]
        value: Cow<'a, str>,
    },
    AttemptCreated {
        n: u32,
        attempt: u32,
        why: StoredWhy,
        not_before: u64,
    },
    Attempt {
        n: u32,
        attempt: u32,
        #[serde(borrow)]
        is: StoredAttempt<'a>,
    },
    Note {
        n: u32,
        #[serde(borrow)]
        text: Cow<'a, str>,
    },
    TimerSet {
        #[serde(borrow)]
        name: Cow<'a, str>,
        due: u64,
    },
    TimerCancelled {
        #[serde(borrow)]
        name: Cow<'a, str>,
    },
    TimerFired {
        #[serde(borrow)]
        name: Cow<'a, str>,
    },
    Facts {
        #[serde(borrow)]
        query: Cow<'a, str>,
        #[serde(borrow)]
        values: Cow<'a, str>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoredNode<'a> {
    #[serde(borrow)]
    path: Cow<'a, str>,
    /// The number of the parent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    up: Option<u32>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

impl<'a> From<&'a Event> for StoredEvent<'a> {
    fn from(event: &'a Event) -> Self {
        use Cow::Borrowed;
        match event {
            Event::Started => Self::Started,
            Event::Waiting => Self::Waiting,
            Event::Resumed => Self::Resumed,
            Event::CancelRequested { by } => Self::CancelRequested { by: Borrowed(by) },
            Event::EndDecided { outcome, message } => Self::EndDecided {
                outcome: word(*outcome),
                message: message.as_deref().map(Borrowed),
            },
            Event::Ended { outcome, message } => {
                Self::Ended { outcome: word(*outcome), message: message.as_deref().map(Borrowed) }
            }
            Event::GroupOpened { step, node } => Self::Group { n: step.0, node: node.into() },
            Event::GroupEnded { step, outcome, message } => Self::GroupEnded {
                n: step.0,
                outcome: word(*outcome),
                message: message.as_deref().map(Borrowed),
            },
            Event::StepStarted { step, node, work, options } => Self::Step {
                n: step.0,
                node: node.into(),
                work: Borrowed(work),
                options: Borrowed(options),
            },
            Event::StepEnded { step, outcome, message, value } => Self::StepEnded {
                n: step.0,
                outcome: word(*outcome),
                message: message.as_deref().map(Borrowed),
                value: Borrowed(value),
            },
            Event::AttemptCreated { step, attempt, why, not_before } => Self::AttemptCreated {
                n: step.0,
                attempt: *attempt,
                why: (*why).into(),
                not_before: not_before.0,
            },
            Event::Attempt { step, attempt, event } => {
                Self::Attempt { n: step.0, attempt: *attempt, is: event.into() }
            }
            Event::Noted { step, text } => Self::Note { n: step.0, text: Borrowed(text) },
            Event::TimerSet { name, due } => Self::TimerSet { name: Borrowed(name), due: due.0 },
            Event::TimerCancelled { name } => Self::TimerCancelled { name: Borrowed(name) },
            Event::TimerFired { name } => Self::TimerFired { name: Borrowed(name) },
            Event::FactsRead { query, values } => {
                Self::Facts { query: Borrowed(query), values: Borrowed(values) }
            }
        }
    }
}

impl TryFrom<StoredEvent<'_>> for Event {
    type Error = String;

    fn try_from(twin: StoredEvent<'_>) -> Result<Self, String> {
        Ok(match twin {
            StoredEvent::Started => Self::Started,
            StoredEvent::Waiting => Self::Waiting,
            StoredEvent::Resumed => Self::Resumed,
            StoredEvent::CancelRequested { by } => Self::CancelRequested { by: by.into() },
            StoredEvent::EndDecided { outcome, message } => {
                Self::EndDecided { outcome: parse(&outcome)?, message: message.map(Into::into) }
            }
            StoredEvent::Ended { outcome, message } => {
                Self::Ended { outcome: parse(&outcome)?, message: message.map(Into::into) }
            }
            StoredEvent::Group { n, node } => {
                Self::GroupOpened { step: StepNo(n), node: node.try_into()? }
            }
            StoredEvent::GroupEnded { n, outcome, message } => Self::GroupEnded {
                step: StepNo(n),
                outcome: parse(&outcome)?,
                message: message.map(Into::into),
            },
            StoredEvent::Step { n, node, work, options } => Self::StepStarted {
                step: StepNo(n),
                node: node.try_into()?,
                work: work.into(),
                options: options.into(),
            },
            StoredEvent::StepEnded { n, outcome, message, value } => Self::StepEnded {
                step: StepNo(n),
                outcome: parse(&outcome)?,
                message: message.map(Into::into),
                value: value.into(),
            },
            StoredEvent::AttemptCreated { n, attempt, why, not_before } => Self::AttemptCreated {
                step: StepNo(n),
                attempt,
                why: why.into(),
                not_before: Time(not_before),
            },
            StoredEvent::Attempt { n, attempt, is } => {
                Self::Attempt { step: StepNo(n), attempt, event: is.try_into()? }
            }
            StoredEvent::Note { n, text } => Self::Noted { step: StepNo(n), text: text.into() },
            StoredEvent::TimerSet { name, due } => {
                Self::TimerSet { name: name.into(), due: Time(due) }
            }
            StoredEvent::TimerCancelled { name } => Self::TimerCancelled { name: name.into() },
            StoredEvent::TimerFired { name } => Self::TimerFired { name: name.into() },
            StoredEvent::Facts { query, values } => {
                Self::FactsRead { query: query.into(), values: values.into() }
            }
        })
    }
}

impl<'a> From<&'a Node> for StoredNode<'a> {
    fn from(node: &'a Node) -> Self {
        Self {
            path: Cow::Borrowed(node.path.as_str()),
            up: node.parent.map(|parent| parent.0),
            name: Cow::Borrowed(&node.name),
            kind: Cow::Borrowed(&node.kind),
        }
    }
}

impl TryFrom<StoredNode<'_>> for Node {
    type Error = String;

    fn try_from(twin: StoredNode<'_>) -> Result<Self, String> {
        Ok(Self {
            path: StepPath::new(&twin.path).map_err(|err| err.to_string())?,
            parent: twin.up.map(StepNo),
            name: twin.name.into(),
            kind: twin.kind.into(),
        })
    }
}

fn word(outcome: Outcome) -> Cow<'static, str> {
    Cow::Borrowed(outcome.word())
}

fn parse(word: &str) -> Result<Outcome, String> {
    Outcome::parse(word).ok_or_else(|| format!("{word:?} is not an outcome"))
}
