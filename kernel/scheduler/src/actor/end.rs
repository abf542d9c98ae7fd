//! The end of a run.

use kernel_model::attempt::Text;
use kernel_model::event::{Event, StepNo};
use kernel_model::outcome::Outcome;
use kernel_model::step::StepState;
use kernel_ports::volume::CacheScope;
use wit_envelope::language::Work;

use super::Actor;
use crate::attempt::chain;

impl Actor {
    /// Decides the outcome; the first decision stands. Open steps are asked to stop.
    pub(super) fn finish(&mut self, outcome: Outcome, message: Option<Text>) {
        if self.run.decided.is_some() || self.run.outcome().is_some() {
            return;
        }
        self.emit_sure(Event::EndDecided { outcome, message });
        let open: Vec<StepNo> = self
            .run
            .steps
            .iter()
            .filter(|step| step.state == StepState::Open && step.work.is_some())
            .map(|step| step.no)
            .collect();
        for step in open {
            // Its end arrives like any other.
            let _ = self.step_cancel(step, &"the end of the run".into());
        }
    }

    /// Ends the run if that is decided and nothing is open any more.
    pub(super) async fn end_if_finished(&mut self) {
        if self.run.decided.is_some() && self.live.is_empty() && self.run.outcome().is_none() {
            if self.uses_volumes {
                self.caches_keep().await;
            }
            self.end_run();
        }
    }

    pub(super) fn end_run(&mut self) {
        if self.run.outcome().is_some() {
            return;
        }
        let Some((outcome, message)) = self.run.decided.clone() else { return };
        // Groups that the language left open end like the run, the inner ones first.
        let open: Vec<StepNo> = self
            .run
            .steps
            .iter()
            .rev()
            .filter(|step| step.state == StepState::Open)
            .map(|step| step.no)
            .collect();
        for step in open {
            self.emit_sure(Event::GroupEnded { step, outcome, message: None });
        }
        self.emit_sure(Event::Ended { outcome, message });
    }

    /// Keeps the caches of steps that ran. Before the end is stored, so that a crash keeps them
    /// once more.
    async fn caches_keep(&self) {
        let scope = CacheScope { pipeline: self.row.pipeline, workspace: self.row.workspace };
        if self.is_archived() {
            return;
        }
        for step in &self.run.steps {
            let Some(work) = &step.work else { continue };
            let has_run = work.attempts.iter().any(|attempt| attempt.started_at.is_some());
            let Ok(Work::Launch { caches, .. }) = serde_json::from_str(&work.work) else {
                continue;
            };
            let caches = if has_run { caches } else { vec![] };
            for cache in caches {
                let kept = self.inner.parts.volumes.cache_keep(
                    scope,
                    &cache.key,
                    self.row.id,
                    &cache.volume,
                );
                if let Err(err) = kept.await {
                    // The next run misses the cache; that is no failure of this one.
                    tracing::warn!(run = %self.row.id, key = cache.key, "failed to keep a cache: {}", chain(&err));
                }
            }
        }
    }
}
