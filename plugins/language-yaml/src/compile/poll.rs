//! What to look at from time to time.

use wit_envelope::language::Poll;

use super::Compiler;
use crate::vars;
use crate::work;

/// Lists the resources whose new versions start runs.
pub(super) fn polls(compiler: &Compiler<'_>) -> Vec<Poll> {
    let names = &compiler.reading.names;
    let mut polls = Vec::new();
    for (no, known) in compiler.resources.iter().enumerate() {
        let (Some(every_ms), None) = (known.check_every_ms, &known.resource.pin) else { continue };
        let triggered = || {
            compiler.jobs.iter().filter_map(|job| {
                let trigger = job.triggers.iter().find(|(it, _)| *it as usize == no)?;
                Some((job.job.name.clone(), trigger.1))
            })
        };
        if triggered().next().is_none() {
            continue;
        }
        let mut source = known.source.clone();
        vars::resolve(&mut source, &|name| names.vars.get(name));
        let image = known.image.clone().map(|image| {
            let mut image = serde_json::to_value(image).unwrap_or_default();
            vars::resolve(&mut image, &|name| names.vars.get(name));
            serde_json::from_value(image).unwrap_or_default()
        });
        polls.push(Poll {
            name: known.resource.name.clone(),
            every_ms,
            work: work::check(&known.resource.kind, image, known.resource.privileged, source, None),
            jobs: triggered().map(|(name, _)| name).collect(),
            every_version: triggered().any(|(_, every)| every),
        });
    }
    polls
}
