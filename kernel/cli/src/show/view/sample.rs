//! A run in the middle of its course, for tests.

use super::{Mark, Node, View};

pub(crate) const NOW_MS: u64 = 12_400;

/// Returns a node; its path is its name.
pub(crate) fn node(no: u32, parent: Option<u32>, name: &str, mark: Mark) -> Node {
    Node {
        no,
        parent,
        path: name.to_owned(),
        name: name.to_owned(),
        kind: "task".to_owned(),
        is_group: false,
        mark,
        message: None,
        waiting: None,
        started_ms: Some(u64::from(no) * 100),
        ended_ms: mark.is_end().then_some(u64::from(no) * 1_000),
        attempts: 1,
        reused: false,
    }
}

fn group(no: u32, parent: Option<u32>, name: &str, mark: Mark) -> Node {
    Node { is_group: true, attempts: 0, ..node(no, parent, name, mark) }
}

/// Returns a run of two jobs: one has ended, the other is in progress.
pub(crate) fn running() -> View {
    let pending = Node {
        started_ms: None,
        waiting: Some("all 2 slots are taken".to_owned()),
        ..node(7, Some(5), "test", Mark::Pending)
    };
    let retried = Node { attempts: 2, ..node(6, Some(5), "lint", Mark::Running) };
    View {
        id: "run_01k3".to_owned(),
        pipeline: "ci".to_owned(),
        workspace: None,
        number: 3,
        mark: Mark::Running,
        message: None,
        waiting: None,
        started_ms: Some(0),
        ended_ms: None,
        nodes: vec![
            group(1, None, "source", Mark::Succeeded),
            node(2, Some(1), "get repo", Mark::Succeeded),
            Node { reused: true, ..node(3, Some(1), "setup", Mark::Succeeded) },
            group(4, None, "checks", Mark::Running),
            group(5, Some(4), "in parallel", Mark::Running),
            retried,
            pending,
        ],
    }
}

/// Returns the same run after its end.
pub(crate) fn failed() -> View {
    let mut view = running();
    view.mark = Mark::Failed;
    view.ended_ms = Some(NOW_MS);
    for node in &mut view.nodes {
        node.waiting = None;
        if !node.mark.is_end() {
            node.mark = Mark::Failed;
            node.ended_ms = Some(9_000);
        }
    }
    view.nodes[5].message = Some("exit code 3".to_owned());
    let test = &mut view.nodes[6];
    (test.mark, test.attempts) = (Mark::Skipped, 0);
    view
}
