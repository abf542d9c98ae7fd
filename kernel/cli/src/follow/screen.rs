//! What is on the screen while a run goes on.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use kernel_wire::artifact::Artifact;
use kernel_wire::log::{LogChunk, LogStream};
use kernel_wire::run::RunTree;
use tokio::time::{Duration, Instant};

use crate::from_wire;
use crate::out::Out;
use crate::show::live::Live;
use crate::show::log_lines::{LogLines, Stream, prefixed};
use crate::show::look::Tone;
use crate::show::plain::Plain;
use crate::show::summary::{self, Extras};
use crate::show::view::{Mark, View};

/// How many of the last lines of a step the summary shows.
const TAIL: usize = 10;
/// Lines that are collected before they are drawn, at the most.
const LINES_MAX: usize = 500;
/// The output of an ended step has arrived when there was none for so long.
const QUIET: Duration = Duration::from_millis(120);

/// The screen, be it a terminal or a file.
pub(super) struct Screen {
    out: Out,
    live: Option<Live>,
    plain: Plain,
    view: Option<View>,
    /// The server's time of the view, and when that was here.
    now: (u64, Instant),
    lines: LogLines,
    /// Complete lines that are not printed yet.
    pending: Vec<String>,
    /// The last lines of the newest attempt of each step.
    tails: BTreeMap<u32, (u32, VecDeque<String>)>,
    /// When a step last printed something or was seen to have ended.
    stirred: BTreeMap<u32, Instant>,
    notice: Option<String>,
}

impl Screen {
    pub(super) fn new(out: Out) -> io::Result<Self> {
        Ok(Self {
            out,
            live: if out.live { Some(Live::new()?) } else { None },
            plain: Plain::default(),
            view: None,
            now: (0, Instant::now()),
            lines: LogLines::default(),
            pending: Vec::new(),
            tails: BTreeMap::new(),
            stirred: BTreeMap::new(),
            notice: None,
        })
    }

    /// Returns whether the step has been introduced as one that has begun.
    pub(super) fn knows(&self, step: u32) -> bool {
        let node = self.view.as_ref().and_then(|view| view.node(step));
        node.is_some_and(|node| node.mark != Mark::Pending)
    }

    /// Takes the newest state of the run.
    pub(super) fn update(&mut self, tree: &RunTree) {
        let view = from_wire::view(tree);
        let started_ms = tree.run.started_at.unwrap_or(tree.run.created_at).ms;
        self.now = (started_ms + tree.run.duration_ms.unwrap_or(0), Instant::now());
        for node in view.nodes.iter().filter(|node| node.mark.is_end()) {
            self.stirred.entry(node.no).or_insert_with(Instant::now);
        }
        self.view = Some(view);
        self.news(true);
    }

    /// Takes a piece of output.
    pub(super) fn print(&mut self, chunk: LogChunk) -> io::Result<()> {
        let LogChunk { step, attempt, stream, text, dropped_bytes, .. } = chunk;
        let stream = match stream {
            LogStream::Stdout => Stream::Stdout,
            LogStream::Stderr => Stream::Stderr,
            LogStream::Note => Stream::Note,
        };
        if dropped_bytes > 0 {
            let dropped = format!("… {dropped_bytes} bytes were dropped, as the log is too long …");
            self.add(step, attempt, Stream::Note, &dropped);
        }
        for line in self.lines.push(step, attempt, stream, &text) {
            self.add(step, attempt, stream, &line);
        }
        self.stirred.insert(step, Instant::now());
        if self.pending.len() > LINES_MAX { self.draw() } else { Ok(()) }
    }

    /// Says something about the run as a whole.
    pub(super) fn notice(&mut self, text: &str) {
        if self.live.is_none() && !self.out.is_json() {
            self.pending.push(self.out.look.paint(Tone::Late, text));
        }
        self.notice = Some(text.to_owned());
    }

    /// Shows everything that is not shown yet.
    pub(super) fn draw(&mut self) -> io::Result<()> {
        self.news(true);
        let pending = std::mem::take(&mut self.pending);
        let now_ms = self.now.0 + u64::try_from(self.now.1.elapsed().as_millis()).unwrap_or(0);
        if let Some(live) = &mut self.live {
            let view = self.view.as_ref();
            return live.draw(&pending, view, self.notice.as_deref(), now_ms, self.out.look);
        }
        for line in pending {
            self.out.line(&line);
        }
        Ok(())
    }

    /// Leaves the terminal as it was found.
    pub(super) fn close(&mut self) -> io::Result<()> {
        match &mut self.live {
            Some(live) => live.clear(),
            None => Ok(()),
        }
    }

    /// Shows the rest and the summary.
    pub(super) fn finish(mut self, tree: &RunTree, artifacts: &[Artifact]) -> io::Result<()> {
        for (step, attempt, stream, line) in self.lines.finish_all() {
            self.add(step, attempt, stream, &line);
        }
        self.update(tree);
        self.news(false);
        self.notice = None;
        self.draw()?;
        self.close()?;
        let extras = Extras {
            tails: self.tails.into_iter().map(|(no, (_, tail))| (no, tail.into())).collect(),
            artifacts: artifacts.iter().map(|kept| (kept.name.clone(), kept.size)).collect(),
        };
        for line in summary::lines(&from_wire::view(tree), &extras, self.out.look) {
            self.out.line(&line);
        }
        Ok(())
    }

    fn add(&mut self, step: u32, attempt: u32, stream: Stream, line: &str) {
        let (newest, tail) = self.tails.entry(step).or_default();
        if *newest != attempt {
            *newest = attempt;
            tail.clear();
        }
        tail.push_back(line.to_owned());
        if tail.len() > TAIL {
            tail.pop_front();
        }
        let label = self.view.as_ref().map_or_else(|| format!("step {step}"), |v| v.label(step));
        self.pending.push(prefixed(self.out.look, &label, attempt, stream, line));
    }

    /// Without a tree to look at, what has begun and ended is said in lines.
    fn news(&mut self, with_more_to_come: bool) {
        let Some(view) = &self.view else { return };
        if self.live.is_some() || self.out.is_json() {
            return;
        }
        let stirred = &self.stirred;
        let held = |node: &crate::show::view::Node| {
            let at = stirred.get(&node.no);
            with_more_to_come && at.is_some_and(|at| at.elapsed() < QUIET)
        };
        let lines = self.plain.news(view, &held, self.out.look);
        self.pending.extend(lines);
    }
}
