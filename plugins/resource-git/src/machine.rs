//! Runs a sequence of git calls as a step machine.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_sdk::envelope::machine::ProcessEnded;
use tenon_sdk::envelope::resource::ResourceRequest;
use tenon_sdk::process::{self, Signal};
use tenon_sdk::{Error, Event, Resource, Result, Step};

use crate::check::Check;
use crate::failure;
use crate::get::Get;
use crate::git::{Call, Place};
use crate::put::Put;
use crate::source::Source;

/// The resource.
#[derive(Debug)]
pub struct Git;

/// An operation in progress.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    source: Source,
    place: Place,
    job: Job,
    /// The first one is running.
    calls: VecDeque<Call>,
    /// Counts the calls, and so names their processes.
    count: u32,
    /// What was kept of the answers.
    answers: Answers,
    cancelled: bool,
}

/// Standard outputs by name; a call that was allowed to fail and did so leaves none.
pub(crate) type Answers = BTreeMap<String, String>;

/// What follows when all calls have been answered.
pub(crate) enum Next {
    Calls(Vec<Call>),
    /// With the output of the operation.
    Done(Value),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Job {
    Check(Check),
    Get(Get),
    Put(Put),
}

impl Resource for Git {
    type State = State;

    fn check(request: ResourceRequest) -> Result<Step<State>> {
        let source = Source::read(&request.source)?;
        let (job, calls) = Check::start(&source, &request)?;
        State::begin(source, Place::default(), Job::Check(job), calls)
    }

    fn get(request: ResourceRequest) -> Result<Step<State>> {
        let source = Source::read(&request.source)?;
        let (job, place, calls) = Get::start(&source, &request)?;
        State::begin(source, place, Job::Get(job), calls)
    }

    fn put(request: ResourceRequest) -> Result<Step<State>> {
        let source = Source::read(&request.source)?;
        let (job, place, calls) = Put::start(&source, &request)?;
        State::begin(source, place, Job::Put(job), calls)
    }

    fn resume(state: State, event: Event) -> Result<Step<State>> {
        match event {
            Event::ProcessEnded { ended, .. } => state.ended(ended),
            // Such as a backend of secrets that does not answer now.
            Event::ProcessRefused { error, .. } if error.code == "unavailable" => {
                Ok(Step::errored(error.message))
            }
            Event::ProcessRefused { error, .. } => Ok(Step::refused(error.message)),
            Event::Restarted => {
                Err(Error::abandoned("the server was started anew, and the git process is gone"))
            }
            _ => Ok(Step::wait(state)),
        }
    }

    fn cancel(mut state: State, _grace: Duration) -> Result<Step<State>> {
        process::signal(&state.handle(), Signal::Term)?;
        state.cancelled = true;
        Ok(Step::wait(state))
    }
}

impl State {
    fn begin(source: Source, place: Place, job: Job, calls: Vec<Call>) -> Result<Step<Self>> {
        let answers = Answers::new();
        let mut state =
            Self { source, place, job, calls: calls.into(), count: 0, answers, cancelled: false };
        state.advance()?;
        Ok(Step::wait(state))
    }

    /// Names the process of the call that is running.
    fn handle(&self) -> String {
        format!("git-{}", self.count)
    }

    /// Asks for the process of the first call.
    fn advance(&mut self) -> Result<()> {
        let call = self.calls.front();
        let call = call.ok_or_else(|| Error::internal("the git resource has nothing to call"))?;
        self.count += 1;
        call.command(&self.source, &self.place).start(&self.handle())
    }

    fn ended(mut self, ended: ProcessEnded) -> Result<Step<Self>> {
        if self.cancelled {
            return Err(Error::cancelled("the git operation was cancelled"));
        }
        let call = self.calls.pop_front();
        let call = call.ok_or_else(|| Error::internal("a process ended that nobody started"))?;
        let good = ended.code == Some(0) && ended.signal.is_none();
        if !good && (!call.may_fail || ended.signal.is_some()) {
            return Ok(failure::step(&self.source, &call, &ended));
        }
        if let Some(name) = call.keep {
            if good {
                self.answers.insert(name, whole(ended)?);
            } else {
                self.answers.remove(&name);
            }
        }
        if self.calls.is_empty() {
            let next = match &mut self.job {
                Job::Check(check) => check.next(&self.source, &self.answers)?,
                Job::Get(get) => get.next(&self.source, &self.answers)?,
                Job::Put(put) => put.next(&self.source, &self.answers)?,
            };
            match next {
                Next::Calls(calls) => self.calls = calls.into(),
                Next::Done(output) => return Step::succeeded(&output),
            }
        }
        self.advance()?;
        Ok(Step::wait(self))
    }
}

/// Returns the standard output, of which nothing may be missing.
fn whole(ended: ProcessEnded) -> Result<String> {
    if ended.truncated {
        return Err(Error::new(
            "limit",
            "git answered with more than 1 MiB: the repository has too many refs to look at",
        ));
    }
    Ok(ended.stdout.unwrap_or_default())
}

#[cfg(test)]
mod tests;
