//! What is expected of every step machine.

use std::sync::Arc;

use kernel_ports::plugin::{MachineInput, MachineStep, PluginKind};

use super::{Outcome, hold, said};
use crate::stage::Stage;

/// Tells a machine that waits what no machine knows, and what ends its contact with the work.
pub(super) fn goes_on(stage: &Stage, kind: PluginKind, step: &MachineStep) -> Outcome {
    if step.done.is_some() {
        return Ok(());
    }
    let unknown = stage.step(kind, event(&step.state, "moon-phase", None, "{\"full\":true}"))?;
    hold(unknown.done.is_none(), || "an event that it cannot know ended the attempt".into())?;
    hold(unknown.state == step.state, || "an event that it cannot know changed its state".into())?;
    hold(unknown.effects.is_empty(), || "an event that it cannot know had effects".into())?;
    // Either is right: to go on, or to say that the work is lost.
    said(stage.step(kind, event(&step.state, "restarted", None, "{}"))).map(|_| ())?;
    let cancel = MachineInput::Cancel { state: Arc::clone(&step.state), grace_ms: 1_000 };
    said(stage.step(kind, cancel)).map(|_| ())
}

/// A state that this plugin never wrote is an error, not a crash.
pub(super) fn refuses_foreign_state(stage: &Stage, kind: PluginKind) -> Outcome {
    let version = stage.manifest().state_version;
    let foreign = kernel_host::state_seal(version, b"\xff no state".to_vec());
    said(stage.step(kind, event(&foreign.into(), "wake", None, "{}"))).map(|_| ())?;
    let newer = kernel_host::state_seal(version.wrapping_add(1_000), b"{}".to_vec());
    let newer = said(stage.step(kind, event(&newer.into(), "wake", None, "{}")))?;
    hold(newer.is_err(), || "a state of a version from the future was read as its own".into())
}

pub(super) fn event(
    state: &Arc<[u8]>,
    kind: &str,
    handle: Option<&str>,
    data: &str,
) -> MachineInput {
    MachineInput::Resume {
        state: Arc::clone(state),
        kind: kind.to_owned(),
        handle: handle.map(str::to_owned),
        data: data.to_owned(),
    }
}
