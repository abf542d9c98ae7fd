//! What calls cost: counters of one version of a plugin, cheap enough to count each call.
//!
//! Invariants:
//! - Counting takes no lock and allocates nothing.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kernel_ports::plugin::{PluginError, PluginKind};
use kernel_ports::plugin_admin::CallFigures;

/// Buckets of times: four for each doubling of a microsecond's 64th, up to minutes.
const BUCKETS: usize = 128;
/// Parts of a doubling.
const PARTS: u32 = 4;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Succeeded,
    /// The plugin's own error.
    Said,
    Trap,
    Deadline,
    Limit,
    Denied,
    Answer,
    Link,
    Host,
}

impl Class {
    const FAILURES: [Self; 8] = [
        Self::Said,
        Self::Trap,
        Self::Deadline,
        Self::Limit,
        Self::Denied,
        Self::Answer,
        Self::Link,
        Self::Host,
    ];

    pub(crate) fn of(err: &PluginError) -> Self {
        match err {
            PluginError::Said { .. } => Self::Said,
            PluginError::Trap { .. } => Self::Trap,
            PluginError::Deadline { .. } => Self::Deadline,
            PluginError::Limit { .. } => Self::Limit,
            PluginError::Denied { .. } => Self::Denied,
            PluginError::Answer { .. } => Self::Answer,
            PluginError::Link { .. } => Self::Link,
            PluginError::Host { .. }
            | PluginError::Unknown { .. }
            | PluginError::Stopped { .. } => Self::Host,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Said => "said",
            Self::Trap => "trap",
            Self::Deadline => "deadline",
            Self::Limit => "limit",
            Self::Denied => "denied",
            Self::Answer => "answer",
            Self::Link => "link",
            Self::Host => "host",
        }
    }
}

/// What one call has cost.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Cost {
    /// Until there was room for it.
    pub(crate) queue: Duration,
    pub(crate) instantiate: Duration,
    pub(crate) run: Duration,
    pub(crate) memory_bytes: u64,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    /// Whether an instance had been started ahead of it.
    pub(crate) was_ready: bool,
}

/// The figures of one version of a plugin under one name.
#[derive(Debug)]
pub(crate) struct Figures {
    functions: Vec<Function>,
}

/// The figures of one function.
#[derive(Debug)]
pub(crate) struct Function {
    kind: PluginKind,
    name: &'static str,
    calls: AtomicU64,
    warm_calls: AtomicU64,
    failures: [AtomicU64; Class::FAILURES.len()],
    in_flight: AtomicU64,
    queue_ns: AtomicU64,
    instantiate_ns: AtomicU64,
    run_ns: AtomicU64,
    memory_bytes: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    times: [AtomicU64; BUCKETS],
}

/// Counts a call as in flight until it is dropped.
#[derive(Debug)]
pub(crate) struct InFlight<'a>(&'a Function);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Figures {
    pub(crate) fn new(functions: impl Iterator<Item = (PluginKind, &'static str)>) -> Self {
        Self { functions: functions.map(|(kind, name)| Function::new(kind, name)).collect() }
    }

    pub(crate) fn function(&self, kind: PluginKind, name: &str) -> Option<&Function> {
        self.functions.iter().find(|function| function.kind == kind && function.name == name)
    }

    /// Returns the figures of the functions that were called.
    pub(crate) fn list(&self, binding: &str, digest: &str) -> Vec<CallFigures> {
        let called = self.functions.iter().map(|function| function.figures(binding, digest));
        called.filter(|figures| figures.calls + figures.in_flight > 0).collect()
    }
}

impl Function {
    fn new(kind: PluginKind, name: &'static str) -> Self {
        Self {
            kind,
            name,
            calls: AtomicU64::default(),
            warm_calls: AtomicU64::default(),
            failures: Default::default(),
            in_flight: AtomicU64::default(),
            queue_ns: AtomicU64::default(),
            instantiate_ns: AtomicU64::default(),
            run_ns: AtomicU64::default(),
            memory_bytes: AtomicU64::default(),
            bytes_in: AtomicU64::default(),
            bytes_out: AtomicU64::default(),
            times: std::array::from_fn(|_| AtomicU64::default()),
        }
    }

    /// Counts a call as in flight.
    pub(crate) fn begin(&self) -> InFlight<'_> {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self)
    }

    /// Counts a call that has ended.
    pub(crate) fn end(&self, class: Class, cost: Cost) {
        let add = |counter: &AtomicU64, value: u64| {
            // What is nothing need not be written.
            if value > 0 {
                counter.fetch_add(value, Ordering::Relaxed);
            }
        };
        self.calls.fetch_add(1, Ordering::Relaxed);
        add(&self.warm_calls, cost.was_ready.into());
        if let Some(at) = Class::FAILURES.iter().position(|known| *known == class) {
            self.failures[at].fetch_add(1, Ordering::Relaxed);
        }
        add(&self.queue_ns, nanos(cost.queue));
        add(&self.instantiate_ns, nanos(cost.instantiate));
        add(&self.run_ns, nanos(cost.run));
        add(&self.bytes_in, cost.bytes_in);
        add(&self.bytes_out, cost.bytes_out);
        if self.memory_bytes.load(Ordering::Relaxed) < cost.memory_bytes {
            self.memory_bytes.fetch_max(cost.memory_bytes, Ordering::Relaxed);
        }
        let total = nanos(cost.instantiate) + nanos(cost.run);
        self.times[bucket(total)].fetch_add(1, Ordering::Relaxed);
    }

    fn figures(&self, binding: &str, digest: &str) -> CallFigures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let failures = Class::FAILURES.iter().zip(&self.failures);
        let failures = failures.map(|(class, count)| (class.word(), read(count)));
        let times: Vec<u64> = self.times.iter().map(read).collect();
        CallFigures {
            binding: binding.to_owned(),
            digest: digest.to_owned(),
            kind: self.kind,
            function: self.name,
            calls: read(&self.calls),
            warm_calls: read(&self.warm_calls),
            failures: failures.filter(|(_, count)| *count > 0).collect(),
            in_flight: read(&self.in_flight),
            p50_us: quantile(&times, 500),
            p99_us: quantile(&times, 990),
            queue_us: read(&self.queue_ns) / 1_000,
            instantiate_us: read(&self.instantiate_ns) / 1_000,
            run_us: read(&self.run_ns) / 1_000,
            memory_peak_bytes: read(&self.memory_bytes),
            bytes_in: read(&self.bytes_in),
            bytes_out: read(&self.bytes_out),
        }
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns the bucket of a time: its highest bit, and the two behind that.
fn bucket(ns: u64) -> usize {
    let units = ns >> 4;
    let Some(high) = units.checked_ilog2().filter(|high| *high >= 2) else {
        return usize::try_from(units).unwrap_or(0);
    };
    let part = (units >> (high - 2)) & 3;
    let index = PARTS * (high - 1) + u32::try_from(part).unwrap_or(0);
    (index as usize).min(BUCKETS - 1)
}

/// Returns the time in the middle of a bucket, in nanoseconds.
fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 4 {
        return (bucket << 4) + 8;
    }
    let (high, part) = (bucket / u64::from(PARTS) + 1, bucket % u64::from(PARTS));
    ((4 + part) << (high - 2) << 4) + (1 << (high - 2) << 3)
}

fn quantile(times: &[u64], permille: u64) -> u64 {
    let total: u64 = times.iter().sum();
    let wanted = (total * permille).div_ceil(1_000).max(1);
    let mut seen = 0;
    for (bucket, count) in times.iter().enumerate() {
        seen += count;
        if seen >= wanted {
            return middle(bucket).div_ceil(1_000);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kernel_ports::plugin::PluginKind;

    use super::{BUCKETS, Class, Cost, Figures, bucket, middle};

    #[test]
    fn the_middle_of_a_bucket_lies_in_it_and_they_rise() {
        for index in 0..BUCKETS {
            assert_eq!(bucket(middle(index)), index);
        }
        for ns in [0, 15, 16, 63, 64, 100, 1_000, 9_999, 1_000_000, 5_000_000_000] {
            let middle = middle(bucket(ns));
            assert!(middle.abs_diff(ns) <= ns / 7 + 16, "{ns}: {middle}");
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn calls_are_counted_with_what_they_cost() {
        let figures = Figures::new([(PluginKind::Action, "start")].into_iter());
        let start = figures.function(PluginKind::Action, "start").unwrap();
        for ms in 1..=100 {
            let _in_flight = start.begin();
            let run = Duration::from_millis(ms);
            let class = if ms > 90 { Class::Trap } else { Class::Succeeded };
            start.end(class, Cost { run, memory_bytes: ms, bytes_in: 2, ..Cost::default() });
        }
        let listed = figures.list("x", "abc");
        let [found] = &*listed else { panic!("{listed:?}") };
        assert_eq!((found.calls, found.in_flight, found.bytes_in), (100, 0, 200));
        assert_eq!(found.failures, [("trap", 10)]);
        assert_eq!((found.run_us, found.memory_peak_bytes), (5_050_000, 100));
        assert!(found.p50_us.abs_diff(50_000) < 8_000, "{found:?}");
        assert!(found.p99_us.abs_diff(99_000) < 15_000, "{found:?}");
    }
}
