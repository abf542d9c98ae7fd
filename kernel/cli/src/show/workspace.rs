//! Workspaces, each below the one that it inherits from.

use kernel_wire::workspace::{Workspace, WorkspaceState};

use crate::show::look::{Look, Tone};
use crate::show::table;

/// Returns the workspaces as a tree, in a table.
#[must_use]
pub fn lines(all: &[Workspace], look: Look) -> Vec<String> {
    let is_shown = |base: &str| all.iter().any(|one| one.name == base);
    let roots = all.iter().filter(|one| one.base.as_deref().is_none_or(|base| !is_shown(base)));
    let mut rows = Vec::new();
    for root in roots {
        // Whoever may not see the base sees its name.
        let foreign = root.base.as_ref().map(|base| format!("inherits from {base}"));
        add(&mut rows, all, root, ["", ""], foreign.unwrap_or_default(), look);
    }
    table::lines(["NAME", "STATE", "CHANGED", ""], &rows, look)
}

/// Adds a workspace and what inherits from it; `rails` stand before its name, and before theirs.
fn add(
    rows: &mut Vec<[String; 4]>,
    all: &[Workspace],
    one: &Workspace,
    rails: [&str; 2],
    remark: String,
    look: Look,
) {
    let state = match one.state {
        WorkspaceState::Active => String::new(),
        WorkspaceState::Paused | WorkspaceState::Archived => {
            look.paint(Tone::Late, one.state.word())
        }
    };
    let name = look.paint(Tone::Strong, &one.name);
    let changed = look.paint(Tone::Quiet, &one.updated_at.to_string());
    rows.push([format!("{}{name}", rails[0]), state, changed, remark]);
    let heirs = || all.iter().filter(|heir| heir.base.as_ref() == Some(&one.name));
    let count = heirs().count();
    for (n, heir) in (1..).zip(heirs()) {
        let (branch, rest) = if n == count { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let rails = [format!("{}{branch}", rails[1]), format!("{}{rest}", rails[1])];
        add(rows, all, heir, [&rails[0], &rails[1]], String::new(), look);
    }
}

#[cfg(test)]
mod tests;
