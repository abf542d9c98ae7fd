//! Finds versions: at best by one question to the remote, else in a bare clone.
//!
//! The clone is made in the working directory of the attempt, which is removed at its end.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tenon_sdk::envelope::resource::{Checked, ResourceRequest};
use tenon_sdk::{Error, Result};

use crate::git::{Call, REMOTE, git};
use crate::machine::{Answers, Next};
use crate::refs::Refs;
use crate::source::{Source, Version};
use crate::tag;

/// At most so many versions per check, the newest of them.
const VERSIONS_MAX: usize = 1000;
/// The clone, in the working directory.
const CLONE: &str = "--git-dir=history.git";
/// The branch in the clone.
const BRANCH: &str = "refs/heads/tenon-check";

/// A check in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Check {
    since: Option<Version>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// Asked the remote for its refs.
    Refs,
    /// Fetched the branch, and asked whether the last version is in it.
    Fetched,
    /// Asked for the commits.
    Commits,
}

impl Check {
    /// Asks the remote.
    pub(crate) fn start(source: &Source, request: &ResourceRequest) -> Result<(Self, Vec<Call>)> {
        let since = request.version.as_ref().filter(|version| !version.is_null());
        let since = since.map(Version::read).transpose()?;
        let call = if source.tag_filter.is_some() {
            git(["ls-remote", "--quiet", "--tags", REMOTE])
        } else {
            git(["ls-remote", "--quiet", "--symref", REMOTE, "HEAD"]).args(wanted(source))
        };
        Ok((Self { since, phase: Phase::Refs }, vec![call.keep("refs")]))
    }

    /// Says what follows from the answers.
    pub(crate) fn next(&mut self, source: &Source, answers: &Answers) -> Result<Next> {
        match self.phase {
            Phase::Refs => self.refs(source, answers),
            Phase::Fetched => {
                self.phase = Phase::Commits;
                // A branch that was pushed by force may not hold the last version any more.
                if !answers.contains_key("known") {
                    self.since = None;
                }
                Ok(Next::Calls(vec![self.log(source)]))
            }
            Phase::Commits => {
                let commits = answers.get("commits").map(String::as_str).unwrap_or_default();
                let commits = commits.split_whitespace().map(str::to_owned);
                let versions = commits.map(|commit| Version { commit, tag: None });
                done(self.since.take().into_iter().chain(versions).collect())
            }
        }
    }

    fn refs(&mut self, source: &Source, answers: &Answers) -> Result<Next> {
        let refs = Refs::read(answers.get("refs").map(String::as_str).unwrap_or_default());
        if let Some(pattern) = &source.tag_filter {
            return done(tags(&refs, pattern, self.since.as_ref()));
        }
        let name =
            source.branch.as_ref().map_or("HEAD".into(), |name| format!("refs/heads/{name}"));
        let Some(head) = refs.commit(&name) else {
            return if source.branch.is_some() {
                let uri = source.shown_uri();
                Err(Error::not_found(format!(
                    "{uri} has no branch {:?}; check `branch` in the source",
                    source.branch.as_deref().unwrap_or_default()
                )))
            } else {
                // An empty repository: nothing to see yet.
                done(Vec::new())
            };
        };
        let filtered = !source.paths.is_empty() || !source.ignore_paths.is_empty();
        match &self.since {
            Some(since) if since.commit == head => return done(vec![since.clone()]),
            None if !filtered => {
                return done(vec![Version { commit: head.to_owned(), tag: None }]);
            }
            _ => {}
        }
        self.phase = Phase::Fetched;
        let fetch = git([CLONE, "fetch", "--quiet", "--no-tags", "--filter=blob:none", REMOTE])
            .args([format!("+{name}:{BRANCH}")]);
        let mut calls = vec![git(["init", "--quiet", "--bare", "history.git"]), fetch];
        if let Some(since) = &self.since {
            let known = git([CLONE, "merge-base", "--is-ancestor", &since.commit, BRANCH]);
            calls.push(known.keep("known").may_fail());
        }
        Ok(Next::Calls(calls))
    }

    fn log(&self, source: &Source) -> Call {
        let count = if self.since.is_some() { VERSIONS_MAX } else { 1 };
        let range = match &self.since {
            Some(since) => format!("{}..{BRANCH}", since.commit),
            None => BRANCH.to_owned(),
        };
        let mut call = git([CLONE, "log", "--reverse", "--first-parent", "--format=%H"])
            .args([format!("--max-count={count}"), range, "--".into()])
            .args(&source.paths);
        if !source.ignore_paths.is_empty() {
            if source.paths.is_empty() {
                call = call.args([":/"]);
            }
            call =
                call.args(source.ignore_paths.iter().map(|path| format!(":(top,exclude){path}")));
        }
        call.keep("commits")
    }
}

/// Returns the full name of the branch, if the source names one.
fn wanted(source: &Source) -> Option<String> {
    source.branch.as_ref().map(|branch| format!("refs/heads/{branch}"))
}

/// Returns tags that match, from old to new: all since the last one, or the newest only.
fn tags(refs: &Refs, pattern: &str, since: Option<&Version>) -> Vec<Version> {
    let mut tags: Vec<_> = refs.tags().filter(|(name, _)| tag::matches(pattern, name)).collect();
    tags.sort_by(|(a, _), (b, _)| tag::by_age(a, b));
    let last = since.and_then(|since| since.tag.as_deref());
    let start = match last.and_then(|last| tags.iter().position(|(name, _)| *name == last)) {
        Some(at) => at.max(tags.len().saturating_sub(VERSIONS_MAX)),
        None => tags.len().saturating_sub(1),
    };
    let version = |(name, commit): &(&str, &str)| Version {
        commit: (*commit).to_owned(),
        tag: Some((*name).to_owned()),
    };
    tags[start..].iter().map(version).collect()
}

fn done(versions: Vec<Version>) -> Result<Next> {
    let versions = versions.into_iter().map(|version| json!(version)).collect();
    Ok(Next::Done(json!(Checked { versions })))
}

#[cfg(test)]
mod tests;
