//! The settings of the engines, each with its reason: of the one that runs guests, and of those that
//! compile for it.

use std::fs;

use wasmtime::{
    Config, Enabled, Engine, Error, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    Result, WasmBacktraceDetails,
};

use crate::limits::{CallLimits, MEMORIES, TABLES};
use crate::places::Places;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;
/// A slot of the pool has room for what the operator may allow a plugin later.
const SLOT_BYTES: usize = 256 * MIB;
/// What host functions need of a call's stack, on top of the guest's share.
const HOST_STACK_BYTES: usize = 512 * KIB;

/// How a plugin is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Soon: a plugin that is new can be called after two thirds of the time.
    Baseline,
    /// Well, while it serves already.
    Optimized,
}

/// The engine that runs guests, and what others need that compile for it.
pub(crate) struct Engines {
    pub(crate) serving: Engine,
    compiling: Config,
}

impl Engines {
    /// Starts an engine with a pool of instances, or without one where the machine has no room.
    pub(crate) fn start(limits: &CallLimits) -> Result<Self> {
        let slot = limits.memory_bytes.max(SLOT_BYTES);
        // Instances that wait take no room from calls, and neither does one that a change tries out.
        let calls = Places::instances(limits.calls_at_once)
            .saturating_add(limits.warm_instances)
            .saturating_add(1);
        let mut last: Option<Error> = None;
        // First with the address space that makes bounds checks free, then with just the slots.
        for reservation in [None, Some(slot)] {
            let mut config = config(limits);
            if let Some(bytes) = reservation {
                config.memory_reservation(bytes as u64).memory_guard_size(64 * KIB as u64);
            }
            let mut compiling = config.clone();
            let pooled = |calls| InstanceAllocationStrategy::Pooling(pool(limits, slot, calls));
            config.allocation_strategy(pooled(calls));
            // Machine code depends on there being a pool, but not on how many find a place in it.
            compiling.allocation_strategy(pooled(1));
            match Engine::new(&config) {
                Ok(serving) => return Ok(Self { serving, compiling }),
                Err(err) => last = Some(err),
            }
        }
        if let Some(err) = last {
            tracing::warn!(
                err = format!("{err:#}"),
                "no room for a pool of plugin instances; calls of plugins will be slower"
            );
        }
        let compiling = config(limits);
        Ok(Self { serving: Engine::new(&compiling)?, compiling })
    }

    /// Returns machine code for the engine that serves.
    pub(crate) fn compile(&self, wasm: &[u8], tier: Tier) -> Result<Vec<u8>> {
        let mut config = self.compiling.clone();
        match tier {
            // The optimizer is what can be left out. Another allocator of registers would be faster
            // still, but fewer eyes have looked at it, and guests are hostile.
            Tier::Baseline => config.cranelift_opt_level(OptLevel::None),
            // Other cores are left to the calls that come meanwhile.
            Tier::Optimized => config.parallel_compilation(false),
        };
        Engine::new(&config)?.precompile_component(wasm)
    }
}

fn config(limits: &CallLimits) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // The contract is synchronous; the machinery for concurrent calls costs 3 to 5 times.
        .concurrency_support(false)
        // Free but for tight loops. Fuel would cost more, and is lost on traps.
        .epoch_interruption(true)
        .consume_fuel(false)
        // No plugin needs them, and each is more to attack.
        .wasm_threads(false)
        .shared_memory(false)
        .wasm_gc(false)
        // A trap without names helps nobody.
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        // Recursive parsers overflow the default.
        .max_wasm_stack(limits.stack_bytes)
        .async_stack_size(limits.stack_bytes + HOST_STACK_BYTES)
        .cranelift_opt_level(OptLevel::Speed)
        .parallel_compilation(true);
    config
}

/// Returns the pool for so many calls at a time, with room for all that each of them may take: one
/// plugin cannot leave others without.
fn pool(limits: &CallLimits, slot: usize, calls: u32) -> PoolingAllocationConfig {
    // Each call has its own limit; the pool takes whatever the largest may be.
    let instances = limits.instances.max(CallLimits::default().instances);
    let instances = u32::try_from(instances).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(calls)
        .total_core_instances(calls.saturating_mul(instances))
        .total_memories(calls.saturating_mul(MEMORIES))
        .total_tables(calls.saturating_mul(TABLES))
        .total_stacks(calls)
        .max_core_instances_per_component(instances)
        .max_memories_per_component(MEMORIES)
        .max_tables_per_component(TABLES)
        .max_memory_size(slot)
        .table_elements(limits.table_elements)
        .linear_memory_keep_resident(MIB)
        .table_keep_resident(512 * KIB)
        .async_stack_keep_resident(64 * KIB)
        .max_unused_warm_slots(64)
        // Resets only the pages that were touched: 7 instead of 19 microseconds a call. With swap it
        // may miss pages that were swapped out, and hand them to the next guest.
        .pagemap_scan(if has_swap() { Enabled::No } else { Enabled::Auto });
    pool
}

fn has_swap() -> bool {
    // The first line is a heading. A machine that does not say is taken to have swap.
    fs::read_to_string("/proc/swaps").map_or(true, |text| text.lines().count() > 1)
}
