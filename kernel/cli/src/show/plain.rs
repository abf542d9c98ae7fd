//! The course of a run as lines, for output that is not a terminal.

use std::collections::BTreeMap;

use crate::show::duration;
use crate::show::look::{Look, Tone, tone};
use crate::show::view::{Mark, Node, View};

/// What has been said so far.
#[derive(Debug, Default)]
pub struct Plain {
    said: BTreeMap<u32, Said>,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Said {
    begun: bool,
    ended: bool,
    attempts: u32,
    waiting: Option<String>,
}

impl Plain {
    /// Returns what is new in `view`: what has begun, what waits and why, and what has ended.
    /// Ends of steps in `held` are kept back, because their output is still on its way.
    pub fn news(&mut self, view: &View, held: &dyn Fn(&Node) -> bool, look: Look) -> Vec<String> {
        let mut lines = Vec::new();
        // Groups inside of jobs are structure; what they hold speaks for them.
        let nodes = || view.nodes.iter().filter(|node| !node.is_group || node.parent.is_none());
        for node in nodes() {
            lines.extend(self.begin(view, node, look));
        }
        let mut ended: Vec<&Node> = nodes().filter(|node| node.mark.is_end()).collect();
        // Children before their parents.
        ended.sort_by_key(|node| (node.is_group, node.ended_ms, node.no));
        for node in ended {
            let waits_below = node.is_group && self.has_unsaid_below(view, node.no);
            if held(node) || waits_below {
                continue;
            }
            let said = self.said.entry(node.no).or_default();
            if !said.ended {
                said.ended = true;
                lines.push(end(view, node, look));
            }
        }
        lines
    }

    fn begin(&mut self, view: &View, node: &Node, look: Look) -> Option<String> {
        let said = self.said.entry(node.no).or_default();
        let label = look.paint(Tone::Strong, &view.label(node.no));
        if node.mark == Mark::Pending {
            let reason = node.waiting.as_ref().filter(|_| node.waiting != said.waiting)?;
            said.waiting = Some(reason.clone());
            return Some(format!("{} {label} waits: {reason}", look.sign(node.mark)));
        }
        let again = node.attempts > said.attempts.max(1);
        let is_new = !said.begun || again;
        said.begun = true;
        said.attempts = node.attempts;
        if !is_new || node.mark == Mark::Skipped || node.reused {
            return None;
        }
        let attempt =
            if node.attempts > 1 { format!(", attempt {}", node.attempts) } else { String::new() };
        Some(format!("{} {label} begins{attempt}", look.sign(Mark::Running)))
    }

    /// Returns whether the end of a step below is still kept back.
    fn has_unsaid_below(&self, view: &View, no: u32) -> bool {
        view.children(Some(no)).any(|node| {
            if node.is_group {
                return self.has_unsaid_below(view, node.no);
            }
            !self.said.get(&node.no).is_some_and(|said| said.ended)
        })
    }
}

fn end(view: &View, node: &Node, look: Look) -> String {
    let label = look.paint(Tone::Strong, &view.label(node.no));
    let word = look.paint(tone(node.mark), node.mark.word());
    let took = node.elapsed_ms(0).filter(|_| node.mark != Mark::Skipped).map(duration::human);
    let took = took.map(|took| format!(" in {took}")).unwrap_or_default();
    let reused = if node.reused { ", reused" } else { "" };
    let message = node.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("{} {label} {word}{took}{reused}{message}", look.sign(node.mark))
}

#[cfg(test)]
mod tests;
