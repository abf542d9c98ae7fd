//! What is said at the end of a run.

use crate::show::duration;
use crate::show::look::{Look, Tone, tone};
use crate::show::tree::{self, Draw};
use crate::show::view::{Mark, Node, View};

/// How wide a tree may be that nothing else bounds.
const TREE_WIDTH_MAX: usize = 120;

/// What the summary shows besides the tree.
#[derive(Debug, Default)]
pub struct Extras {
    /// The last lines of steps that did not succeed, by number.
    pub tails: Vec<(u32, Vec<String>)>,
    /// Kept files and their sizes in bytes.
    pub artifacts: Vec<(String, u64)>,
}

/// Returns the lines of the summary of an ended run.
#[must_use]
pub fn lines(view: &View, extras: &Extras, look: Look) -> Vec<String> {
    let now_ms = view.ended_ms.unwrap_or(0);
    let mut lines = vec![String::new()];
    // Reasons stand in full below the tree.
    let tree_look = Look { width: look.width.min(TREE_WIDTH_MAX), ..look };
    let draw = Draw { look: tree_look, now_ms, turn: None, rows_max: usize::MAX };
    lines.extend(tree::lines(view, draw));
    for node in blamed(view) {
        lines.push(String::new());
        lines.extend(blame(view, node, extras, look));
    }
    if !extras.artifacts.is_empty() {
        lines.push(String::new());
        lines.push(look.paint(Tone::Strong, "kept files"));
        for (name, size) in &extras.artifacts {
            let size = look.paint(Tone::Quiet, &bytes(*size));
            lines.push(format!("  {name}  {size}"));
        }
    }
    lines.push(String::new());
    lines.push(verdict(view, look));
    lines.push(look.paint(Tone::Quiet, &format!("  {}{}", counts(view), view.id)));
    lines
}

/// Returns the steps that are the reason for a bad end: those that ended badly themselves.
fn blamed(view: &View) -> impl Iterator<Item = &Node> {
    let is_good = view.mark == Mark::Succeeded;
    view.nodes.iter().filter(move |node| {
        let is_bad = matches!(node.mark, Mark::Failed | Mark::Errored | Mark::TimedOut);
        is_bad && !node.is_group && !is_good
    })
}

fn blame(view: &View, node: &Node, extras: &Extras, look: Look) -> Vec<String> {
    let label = look.paint(Tone::Strong, &view.label(node.no));
    let sign = look.sign(node.mark);
    let message = node.message.as_deref().unwrap_or_default();
    let what = look.paint(tone(node.mark), node.mark.word());
    let colon = if message.is_empty() { "" } else { ": " };
    let mut lines = vec![format!("{sign} {label} {what}{colon}{message}")];
    let tail = extras.tails.iter().find(|(no, _)| *no == node.no).map(|(_, lines)| lines);
    let bar = look.paint(Tone::Quiet, "│");
    for line in tail.into_iter().flatten() {
        lines.push(format!("  {bar} {line}").trim_end().to_owned());
    }
    lines
}

fn verdict(view: &View, look: Look) -> String {
    let sign = look.sign(view.mark);
    let word = look.paint(tone(view.mark), view.mark.word());
    let name = look.paint(Tone::Strong, &view.title());
    let took = view.elapsed_ms(0).map(duration::human);
    let took = took.map(|took| format!(" in {took}")).unwrap_or_default();
    let message = view.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
    format!("{sign} {name} {word}{took}{message}")
}

fn counts(view: &View) -> String {
    let steps: Vec<Mark> =
        view.nodes.iter().filter(|node| !node.is_group).map(|node| node.mark).collect();
    if steps.is_empty() {
        return String::new();
    }
    let ends = [
        Mark::Succeeded,
        Mark::Failed,
        Mark::Errored,
        Mark::TimedOut,
        Mark::Cancelled,
        Mark::Skipped,
    ];
    let parts: Vec<String> = ends
        .into_iter()
        .filter_map(|end| {
            let n = steps.iter().filter(|mark| **mark == end).count();
            (n > 0).then(|| format!("{n} {}", end.word()))
        })
        .collect();
    let word = if steps.len() == 1 { "step" } else { "steps" };
    format!("{} {word}: {}  ·  ", steps.len(), parts.join(", "))
}

/// Returns a size for people: `512 B`, `1.4 MiB`. Rounded to the nearest tenth.
#[must_use]
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let tenths = |size: u128| (u128::from(n) * 10 + size / 2) / size;
    let (mut size, mut unit) = (1024_u128, 0);
    // What is rounded up to a whole of the next unit is one of those.
    while tenths(size) >= 10_240 && unit + 1 < UNITS.len() {
        size *= 1024;
        unit += 1;
    }
    let tenths = tenths(size);
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

#[cfg(test)]
mod tests;
