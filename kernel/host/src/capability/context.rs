//! `context`: facts about the call in progress.

use wasmtime::Result;

use crate::bindings::context::Host;
use crate::call::CallState;

impl Host for CallState {
    fn run_id(&mut self) -> Result<Option<String>> {
        Ok(self.facts.run.map(|run| run.to_string()))
    }

    fn step_path(&mut self) -> Result<Option<String>> {
        Ok(self.facts.step_path.clone())
    }

    fn attempt(&mut self) -> Result<u32> {
        Ok(self.facts.attempt)
    }

    fn binding(&mut self) -> Result<String> {
        Ok(self.plugin.name.to_string())
    }

    fn event_time_ms(&mut self) -> Result<u64> {
        Ok(self.facts.at.0)
    }

    fn deadline_ms(&mut self) -> Result<u64> {
        Ok(self.ends_at.0)
    }
}
