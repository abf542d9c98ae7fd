//! A run as a tree of lines.

use std::collections::HashSet;

use console::{measure_text_width, truncate_str};

use crate::show::duration;
use crate::show::look::{Look, Tone, sign, tone};
use crate::show::view::{Mark, Node, View};

/// Turns of the spinner.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// Names further right than this push their duration instead of all durations.
const NAMES_MAX: usize = 56;
/// Durations such as `59m 59s` fit.
const DURATION: usize = 8;

/// How a tree is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    pub look: Look,
    /// For what still runs, in ms since the Unix epoch.
    pub now_ms: u64,
    /// Which turn of the spinner; `None` stands still.
    pub turn: Option<usize>,
    /// Folds ended groups, then leaves out ended steps, then cuts, until it fits.
    pub rows_max: usize,
}

/// Returns the lines of the tree, without the run itself.
#[must_use]
pub fn lines(view: &View, draw: Draw) -> Vec<String> {
    let mut rows = Vec::new();
    for fold in [Fold::None, Fold::EndedGroups, Fold::EndedSteps] {
        rows = collect(view, fold);
        if rows.len() <= draw.rows_max {
            break;
        }
    }
    let cut = rows.len().saturating_sub(draw.rows_max);
    if cut > 0 {
        rows.truncate(draw.rows_max.saturating_sub(1));
    }
    let column = rows.iter().map(Row::width).filter(|w| *w <= NAMES_MAX).max().unwrap_or(0) + 2;
    let mut lines: Vec<String> = rows.iter().map(|row| line(row, column, draw)).collect();
    if cut > 0 {
        lines.push(draw.look.paint(Tone::Quiet, &format!("… and {} more", cut + 1)));
    }
    lines
}

/// Returns the sign of a state, which turns while it runs.
#[must_use]
pub fn moving_sign(mark: Mark, draw: Draw) -> String {
    match (mark, draw.turn) {
        (Mark::Running, Some(turn)) => draw.look.paint(Tone::Active, SPINNER[turn % SPINNER.len()]),
        _ => draw.look.sign(mark),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fold {
    None,
    EndedGroups,
    EndedSteps,
}

struct Row<'a> {
    rails: String,
    node: &'a Node,
    /// How many steps are folded away below it.
    folded: usize,
}

impl Row<'_> {
    fn width(&self) -> usize {
        measure_text_width(&self.rails)
            + measure_text_width(sign(self.node.mark))
            + 1
            + measure_text_width(&self.node.name)
    }
}

fn collect(view: &View, fold: Fold) -> Vec<Row<'_>> {
    let busy = busy(view);
    let mut rows = Vec::new();
    descend(view, None, "", fold, &busy, &mut rows);
    rows
}

/// Returns what has not ended, and everything above that.
fn busy(view: &View) -> HashSet<u32> {
    let mut busy = HashSet::new();
    for node in view.nodes.iter().filter(|node| !node.mark.is_end()) {
        let mut next = Some(node);
        while let Some(node) = next {
            busy.insert(node.no);
            next = node.parent.and_then(|parent| view.node(parent));
        }
    }
    busy
}

fn descend<'a>(
    view: &'a View,
    parent: Option<u32>,
    rails: &str,
    fold: Fold,
    busy: &HashSet<u32>,
    rows: &mut Vec<Row<'a>>,
) {
    let children: Vec<&Node> = view
        .children(parent)
        .filter(|node| fold != Fold::EndedSteps || keeps(node, busy))
        .collect();
    for (i, node) in children.iter().enumerate() {
        let is_last = i + 1 == children.len();
        let (own, below) = match (parent, is_last) {
            (None, _) => (String::new(), String::new()),
            (Some(_), true) => (format!("{rails}└─ "), format!("{rails}   ")),
            (Some(_), false) => (format!("{rails}├─ "), format!("{rails}│  ")),
        };
        let folds = fold != Fold::None && node.is_group && !busy.contains(&node.no);
        let folded = if folds { steps_below(view, node.no) } else { 0 };
        rows.push(Row { rails: own, node, folded });
        if !folds {
            descend(view, Some(node.no), &below, fold, busy, rows);
        }
    }
}

/// Returns whether a node is worth a line when there are too few: it is in progress or not well.
fn keeps(node: &Node, busy: &HashSet<u32>) -> bool {
    busy.contains(&node.no) || !matches!(node.mark, Mark::Succeeded | Mark::Skipped)
}

fn steps_below(view: &View, no: u32) -> usize {
    view.children(Some(no))
        .map(|node| if node.is_group { steps_below(view, node.no) } else { 1 })
        .sum()
}

fn line(row: &Row<'_>, column: usize, draw: Draw) -> String {
    let Row { rails, node, folded } = row;
    let look = draw.look;
    let name = match (node.mark, node.is_group) {
        (Mark::Skipped | Mark::Pending, _) => look.paint(Tone::Quiet, &node.name),
        (_, true) if node.parent.is_none() => look.paint(Tone::Strong, &node.name),
        (_, true) => look.paint(Tone::Quiet, &node.name),
        (_, false) => node.name.clone(),
    };
    let pad = column.saturating_sub(row.width()).max(1);
    let took = match node.mark {
        // What never began took no time.
        Mark::Skipped | Mark::Pending => String::new(),
        _ => node.elapsed_ms(draw.now_ms).map(duration::human).unwrap_or_default(),
    };
    let took = format!("{took:>DURATION$}");
    let took = if took.trim().is_empty() { took } else { look.paint(Tone::Quiet, &took) };
    let mut text = format!(
        "{}{} {name}{:pad$}{took}",
        look.paint(Tone::Quiet, rails),
        moving_sign(node.mark, draw),
        "",
    );
    for detail in details(node, *folded, look) {
        text.push_str("  ");
        text.push_str(&detail);
    }
    let text = text.trim_end();
    if look.width == usize::MAX {
        return text.to_owned();
    }
    truncate_str(text, look.width, "…").into_owned()
}

fn details(node: &Node, folded: usize, look: Look) -> Vec<String> {
    let mut details = Vec::new();
    if folded > 0 {
        let word = if folded == 1 { "step" } else { "steps" };
        details.push(look.paint(Tone::Quiet, &format!("({folded} {word})")));
    }
    if node.attempts > 1 {
        details.push(look.paint(Tone::Late, &format!("attempt {}", node.attempts)));
    }
    if node.reused {
        details.push(look.paint(Tone::Quiet, "reused"));
    }
    match (&node.waiting, &node.message) {
        (Some(waiting), _) if !node.mark.is_end() => {
            details.push(look.paint(Tone::Quiet, &format!("waits: {waiting}")));
        }
        (_, Some(message)) => {
            let first = message.lines().next().unwrap_or_default();
            details.push(look.paint(tone(node.mark), first));
        }
        _ => {}
    }
    details
}

#[cfg(test)]
mod tests;
