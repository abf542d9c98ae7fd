//! A run as the terminal shows it.

/// Where something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Not begun: queued, waiting for a slot, a time or an answer.
    Pending,
    Running,
    Succeeded,
    Failed,
    Errored,
    TimedOut,
    Cancelled,
    Skipped,
}

impl Mark {
    /// Returns whether this is an end.
    #[must_use]
    pub fn is_end(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// Returns the word for people.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pending => "waiting",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Errored => "errored",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }
}

/// A run and its steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub id: String,
    pub pipeline: String,
    /// Counts the runs of the pipeline from 1.
    pub number: u64,
    /// Where it runs, if not where runs are without further words.
    pub workspace: Option<String>,
    pub mark: Mark,
    pub message: Option<String>,
    /// Why it waits.
    pub waiting: Option<String>,
    pub started_ms: Option<u64>,
    pub ended_ms: Option<u64>,
    /// In the order in which they were started; parents come before their children.
    pub nodes: Vec<Node>,
}

/// A group or step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub no: u32,
    pub parent: Option<u32>,
    pub path: String,
    pub name: String,
    pub kind: String,
    pub is_group: bool,
    pub mark: Mark,
    pub message: Option<String>,
    pub waiting: Option<String>,
    pub started_ms: Option<u64>,
    pub ended_ms: Option<u64>,
    /// How many attempts there were so far; 0 for a group.
    pub attempts: u32,
    /// Whether an earlier result was taken.
    pub reused: bool,
}

impl View {
    /// Returns how the run is called: `ci #7`, or `ci #7 in dev/joe`.
    #[must_use]
    pub fn title(&self) -> String {
        let place = self.workspace.as_ref().map(|workspace| format!(" in {workspace}"));
        format!("{} #{}{}", self.pipeline, self.number, place.unwrap_or_default())
    }

    /// Returns the node of that number.
    #[must_use]
    pub fn node(&self, no: u32) -> Option<&Node> {
        self.nodes.iter().find(|node| node.no == no)
    }

    /// Returns the children of a node, or the roots.
    pub fn children(&self, parent: Option<u32>) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.parent == parent)
    }

    /// Returns the short name of a step for prefixes: that of its root and its own.
    #[must_use]
    pub fn label(&self, no: u32) -> String {
        let Some(node) = self.node(no) else { return format!("step {no}") };
        let mut root = node;
        while let Some(parent) = root.parent.and_then(|parent| self.node(parent)) {
            root = parent;
        }
        if root.no == node.no || root.name == node.name {
            node.name.clone()
        } else {
            format!("{}/{}", root.name, node.name)
        }
    }

    /// Returns how long the run took, or has taken at `now_ms`.
    #[must_use]
    pub fn elapsed_ms(&self, now_ms: u64) -> Option<u64> {
        Some(self.ended_ms.unwrap_or(now_ms).saturating_sub(self.started_ms?))
    }
}

impl Node {
    /// Returns how long it took, or has taken at `now_ms`.
    #[must_use]
    pub fn elapsed_ms(&self, now_ms: u64) -> Option<u64> {
        Some(self.ended_ms.unwrap_or(now_ms).saturating_sub(self.started_ms?))
    }
}

#[cfg(test)]
pub(crate) mod sample;
