//! What a call may use at most.

use std::fmt;

use kernel_ports::bucket::BucketLimits;
use wasmtime::{Error, ResourceLimiter, Result};

use crate::fault::Stop;

const MIB: usize = 1024 * 1024;

/// Limits of one call. The defaults suit a small server; [`CallLimits::default`] lists them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallLimits {
    /// Linear memory of the guest, all memories together.
    pub memory_bytes: usize,
    /// Elements of all tables together.
    pub table_elements: usize,
    /// Core instances that a component may consist of.
    pub instances: usize,
    /// Stack of the guest. The same for all plugins, as it is a setting of the engine.
    pub stack_bytes: usize,
    /// Time for `compile`.
    pub compile_ms: u64,
    /// Time for every other call of a step machine or language, which never waits.
    pub call_ms: u64,
    /// Time for the kinds that answer at once, which may ask others before.
    pub answer_ms: u64,
    /// Bytes that a guest may hand to one host function or return.
    pub hostcall_bytes: usize,
    /// Bytes that a call may append to the log of its step.
    pub output_bytes: usize,
    /// Lines that a call may write to the plugin's own log.
    pub log_lines: u32,
    /// Handles that a guest may hold at a time.
    pub resources: usize,
    /// Processes and signals that a call may ask for.
    pub effects: usize,
    /// State that a step machine may keep between two calls.
    pub machine_state_bytes: usize,
    /// State that a language may keep between two calls.
    pub language_state_bytes: usize,
    /// What the buckets of a binding may hold together.
    pub buckets: BucketLimits,
    /// Calls at a time; further ones queue.
    pub calls_at_once: u32,
    /// Instances of slow plugins that wait for calls, over all plugins. 0: none.
    pub warm_instances: u32,
    /// Memory that those may hold together.
    pub warm_bytes: usize,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            memory_bytes: 64 * MIB,
            table_elements: 100_000,
            instances: 50,
            stack_bytes: MIB,
            compile_ms: 10_000,
            call_ms: 5_000,
            answer_ms: 30_000,
            hostcall_bytes: 8 * MIB,
            output_bytes: 8 * MIB,
            log_lines: 1_000,
            resources: 1_000,
            effects: 64,
            machine_state_bytes: 256 * 1024,
            language_state_bytes: 4 * MIB,
            buckets: BucketLimits { bytes: 1024 * MIB as u64, keys: 10_000 },
            calls_at_once: 256,
            warm_instances: 16,
            warm_bytes: 64 * MIB,
        }
    }
}

/// What the host may hold of a call's requests and commands that wait to be sent or started.
const HELD_BYTES: usize = 32 * MIB;
/// Memories of one instance; those of no known compiler have more than two.
pub(crate) const MEMORIES: u32 = 4;
/// Tables of one instance.
pub(crate) const TABLES: u32 = 8;

/// Counts what the host holds for a guest outside of its memory: the guest has only handles.
#[derive(Debug, Default)]
pub(crate) struct Held(usize);

impl Held {
    pub(crate) fn take(&mut self, bytes: usize) -> Result<()> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 > HELD_BYTES {
            let message = format!("its requests and commands hold more than {HELD_BYTES} bytes");
            return Err(Stop::limit(message).into());
        }
        Ok(())
    }

    pub(crate) fn give_back(&mut self, bytes: usize) {
        self.0 = self.0.saturating_sub(bytes);
    }
}

/// Counts what one instance has taken, and traps at the limit.
///
/// A trap rather than a failed `memory.grow`: guests answer a failure with `unreachable`, and then
/// nobody could tell the limit from a bug.
pub(crate) struct Meter {
    memory_left: usize,
    table_left: usize,
    instances: usize,
    limits: (usize, usize),
}

impl Meter {
    pub(crate) fn new(limits: &CallLimits) -> Self {
        Self {
            memory_left: limits.memory_bytes,
            table_left: limits.table_elements,
            instances: limits.instances,
            limits: (limits.memory_bytes, limits.table_elements),
        }
    }
}

impl Meter {
    /// Returns what the memories of the guest have taken together. They never shrink.
    pub(crate) fn memory_bytes(&self) -> u64 {
        (self.limits.0 - self.memory_left) as u64
    }
}

impl fmt::Debug for Meter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Meter").field("memory_left", &self.memory_left).finish_non_exhaustive()
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, now: usize, wanted: usize, _max: Option<usize>) -> Result<bool> {
        let more = wanted.saturating_sub(now);
        let Some(left) = self.memory_left.checked_sub(more) else {
            let limit = self.limits.0;
            return Err(Stop::limit(format!("it wanted more than {limit} bytes of memory")).into());
        };
        self.memory_left = left;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, err: Error) -> Result<()> {
        Err(err)
    }

    fn table_growing(&mut self, now: usize, wanted: usize, _max: Option<usize>) -> Result<bool> {
        let more = wanted.saturating_sub(now);
        let Some(left) = self.table_left.checked_sub(more) else {
            let limit = self.limits.1;
            return Err(
                Stop::limit(format!("it wanted more than {limit} elements in tables")).into()
            );
        };
        self.table_left = left;
        Ok(true)
    }

    fn table_grow_failed(&mut self, err: Error) -> Result<()> {
        Err(err)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        TABLES as usize
    }

    fn memories(&self) -> usize {
        MEMORIES as usize
    }
}
