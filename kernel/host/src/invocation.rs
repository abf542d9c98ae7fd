//! Which function of a plugin is called, with what, and what it gives.

use crate::abi;

/// Which function is called, with what.
pub(crate) enum Invocation<'a> {
    Compile {
        request: &'a str,
    },
    Drive {
        plan: &'a str,
        state: &'a [u8],
        events: &'a str,
    },
    /// A launcher's start or a resource's function.
    Request {
        function: &'static str,
        request: &'a str,
    },
    Action {
        name: &'a str,
        input: &'a str,
    },
    Resume {
        state: &'a [u8],
        event: abi::Event,
    },
    Cancel {
        state: &'a [u8],
        grace_ms: u64,
    },
    /// A function of a kind that answers at once.
    Ask {
        function: &'static str,
        request: &'a str,
    },
    Handle {
        head: &'a str,
        body: &'a [u8],
    },
    Migrate {
        from: u32,
        state: &'a [u8],
    },
}

/// What the function gave.
pub(crate) enum Answer {
    Compiled(abi::Compiled),
    Driven(abi::Driven),
    Step(abi::Step),
    Text(String),
    Response(abi::Response),
    State(Vec<u8>),
}

impl Answer {
    /// Returns how much the guest has given.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Compiled(compiled) => compiled.plan.as_ref().map_or(0, String::len),
            Self::Driven(driven) => driven.state.len() + driven.commands.len(),
            Self::Step(step) => step.state.len() + step.done.as_ref().map_or(0, String::len),
            Self::Text(text) => text.len(),
            Self::Response(response) => response.head.len() + response.body.len(),
            Self::State(state) => state.len(),
        }
    }
}

impl Invocation<'_> {
    /// Returns how much the guest is given to read.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Compile { request }
            | Self::Request { request, .. }
            | Self::Ask { request, .. } => request.len(),
            Self::Handle { head, body } => head.len() + body.len(),
            Self::Migrate { state, .. } => state.len(),
            Self::Drive { plan, state, events } => plan.len() + state.len() + events.len(),
            Self::Action { name, input } => name.len() + input.len(),
            Self::Resume { state, event } => state.len() + event.data.len(),
            Self::Cancel { state, .. } => state.len(),
        }
    }

    pub(crate) fn function(&self) -> &'static str {
        match self {
            Self::Compile { .. } => "compile",
            Self::Drive { .. } => "drive",
            Self::Request { function, .. } => function,
            Self::Action { .. } => "start",
            Self::Resume { .. } => "resume",
            Self::Cancel { .. } => "cancel",
            Self::Ask { function, .. } => function,
            Self::Handle { .. } => "handle",
            Self::Migrate { .. } => "migrate",
        }
    }
}
