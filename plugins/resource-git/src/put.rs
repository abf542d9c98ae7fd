//! Pushes the commits of an input, or a tag on them.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tenon_sdk::envelope::launch::Mount;
use tenon_sdk::envelope::resource::{Got, ResourceRequest};
use tenon_sdk::{Error, Result, Volume, output};

use crate::get::{Facts, facts_of_head};
use crate::git::{Call, Place, REMOTE, git};
use crate::machine::{Answers, Next};
use crate::refs::Refs;
use crate::source::{Source, Version, check_name, read};

/// How often the commits are put on top of what others pushed meanwhile.
const PUSHES_MAX: u32 = 5;
/// A file with the name of a tag, or with its message.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// A put in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Put {
    params: Params,
    /// Name and message.
    tag: Option<(String, Option<String>)>,
    branch: Option<String>,
    phase: Phase,
    pushes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// Asked for the branch that HEAD names.
    Head,
    /// Pushed, so that others have it or have been faster.
    Pushed,
}

/// The `params` of a put.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Params {
    repository: String,
    branch: Option<String>,
    rebase: bool,
    force: bool,
    tag: Option<String>,
    tag_prefix: String,
    annotate: Option<String>,
    only_tag: bool,
}

impl Put {
    /// Reads what the params name, and pushes.
    pub(crate) fn start(
        source: &Source,
        request: &ResourceRequest,
    ) -> Result<(Self, Place, Vec<Call>)> {
        let params: Params = read("params", &request.params)?;
        check(&params)?;
        input(&request.inputs, &params.repository)?;
        let mounts = request.inputs.iter();
        let mounts = mounts.map(|mount| (mount.volume.clone(), mount.path.clone())).collect();
        let place = Place { mounts, dir: Some(params.repository.clone()) };
        let branch = params.branch.clone().or_else(|| source.branch.clone());
        let tag = tag(&params, &request.inputs)?;
        let mut put = Self { params, tag, branch, phase: Phase::Head, pushes: 0 };
        let calls = if put.branch.is_some() || put.params.only_tag {
            put.push()
        } else {
            vec![git(["ls-remote", "--quiet", "--symref", REMOTE, "HEAD"]).keep("head")]
        };
        Ok((put, place, calls))
    }

    /// Says what follows from the answers.
    pub(crate) fn next(&mut self, source: &Source, answers: &Answers) -> Result<Next> {
        match self.phase {
            Phase::Head => {
                let head = answers.get("head").map(String::as_str).unwrap_or_default();
                let head = Refs::read(head).head.ok_or_else(|| {
                    Error::invalid(format!(
                        "{} does not say which branch is its own; name one in the params: `branch`",
                        source.shown_uri()
                    ))
                })?;
                check_name("branch", &head)?;
                self.branch = Some(head);
                Ok(Next::Calls(self.push()))
            }
            // Others were faster; put the commits on top of theirs once more.
            Phase::Pushed if !answers.contains_key("pushed") => Ok(Next::Calls(self.push())),
            Phase::Pushed => self.done(source, answers),
        }
    }

    fn push(&mut self) -> Vec<Call> {
        self.phase = Phase::Pushed;
        self.pushes += 1;
        let mut calls = Vec::new();
        let branch = self.branch.as_deref().filter(|_| !self.params.only_tag);
        if let Some(branch) = branch.filter(|_| self.params.rebase) {
            calls.push(git(["fetch", "--quiet", REMOTE, &format!("refs/heads/{branch}")]));
            calls.push(git(["rebase", "--quiet", "FETCH_HEAD"]));
        }
        if let Some((name, message)) = &self.tag {
            // A tag of the same name may come from an earlier attempt.
            let set = git(["tag", "--force"]);
            calls.push(match message {
                Some(text) => set.args(["--annotate", "--file=-", name]).stdin(text.clone()),
                None => set.args([name]),
            });
        }
        let mut push = git(["push"]);
        if self.params.force {
            push = push.args(["--force"]);
        }
        push = push.args([REMOTE]);
        push = push.args(branch.map(|branch| format!("HEAD:refs/heads/{branch}")));
        push = push.args(self.tag.as_ref().map(|(name, _)| format!("refs/tags/{name}")));
        push = push.keep("pushed");
        push.may_fail = self.params.rebase && self.pushes < PUSHES_MAX;
        calls.push(push);
        calls.push(facts_of_head());
        calls
    }

    fn done(&self, source: &Source, answers: &Answers) -> Result<Next> {
        let facts = answers.get("facts").map(String::as_str).unwrap_or_default();
        let facts = Facts::read(facts);
        let tag = self.tag.as_ref().map(|(name, _)| name.as_str());
        let branch = self.branch.as_deref().filter(|_| !self.params.only_tag).unwrap_or_default();
        let what = [branch, tag.unwrap_or_default()];
        let what = what.into_iter().filter(|name| !name.is_empty()).collect::<Vec<_>>();
        let (what, uri) = (what.join(" and "), source.shown_uri());
        output::stdout(format!("{}: pushed to {what} of {uri}\n", facts.commit));
        let version = Version {
            commit: facts.commit.to_owned(),
            // A version is what a check would find.
            tag: source.tag_filter.as_ref().and(tag).map(str::to_owned),
        };
        let metadata = facts.metadata(branch, tag.unwrap_or_default());
        Ok(Next::Done(json!(Got { version: json!(version), metadata })))
    }
}

fn check(params: &Params) -> Result<()> {
    if params.repository.is_empty() {
        return Err(Error::invalid("the put has no `repository`: name the input to push"));
    }
    if params.only_tag && params.tag.is_none() {
        return Err(Error::invalid("`only_tag` needs `tag`, a file with the name of the tag"));
    }
    if params.annotate.is_some() && params.tag.is_none() {
        return Err(Error::invalid("`annotate` needs `tag`, a file with the name of the tag"));
    }
    if params.rebase && params.force {
        return Err(Error::invalid("`rebase` and `force` exclude each other: choose one"));
    }
    if let Some(branch) = &params.branch {
        check_name("branch", branch)?;
    }
    Ok(())
}

/// Reads name and message of the tag to set.
fn tag(params: &Params, inputs: &[Mount]) -> Result<Option<(String, Option<String>)>> {
    let Some(file) = &params.tag else { return Ok(None) };
    let name = text(inputs, file)?;
    let name = format!("{}{}", params.tag_prefix, name.trim());
    check_name("tag", &name)?;
    let message = params.annotate.as_deref().map(|file| text(inputs, file)).transpose()?;
    Ok(Some((name, message)))
}

fn text(inputs: &[Mount], path: &str) -> Result<String> {
    let (volume, inside) = input(inputs, path)?;
    Volume::open(&volume)?.read_text(inside, TEXT_BYTES_MAX)
}

/// Returns the volume that a path starts in, and the rest of the path.
fn input<'a>(inputs: &[Mount], path: &'a str) -> Result<(String, &'a str)> {
    let inside = |mount: &Mount| {
        let rest = path.strip_prefix(mount.path.trim_matches('/'))?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    };
    let found = inputs.iter().filter_map(|mount| Some((mount, inside(mount)?)));
    // The longest mount is the nearest.
    let found = found.max_by_key(|(mount, _)| mount.path.len());
    found.map(|(mount, rest)| (mount.volume.clone(), rest)).ok_or_else(|| {
        let known: Vec<_> = inputs.iter().map(|mount| mount.path.as_str()).collect();
        Error::not_found(format!("no input holds {path:?}; there are: {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests;
