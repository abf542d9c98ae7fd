//! Fetches one commit into a volume.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tenon_sdk::envelope::resource::{Got, Metadata, ResourceRequest};
use tenon_sdk::{Error, Result, Volume, output};

use crate::git::{Call, Place, REMOTE, git};
use crate::machine::{Answers, Next};
use crate::refs::Refs;
use crate::source::{Source, Submodules, Version, Word, check_name, read};

/// Where the volume is seen.
const MOUNT: &str = "repository";
/// One fact per line, and the message after them.
const FACTS: &str = "--format=%H%n%h%n%an%n%aI%n%cn%n%ce%n%cI%n%B";

/// A get in progress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Get {
    version: Version,
    volume: String,
    params: Params,
    branch: Option<String>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    /// Asked for the branch that HEAD names.
    Head,
    /// Fetched so much as was asked for, and looked for the commit.
    Fetched,
    /// Fetched the whole branch, and looked for the commit.
    FetchedAll,
    /// Checked out.
    CheckedOut,
}

/// The `params` of a get.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Params {
    depth: Option<u32>,
    submodules: Option<Submodules>,
    fetch_tags: bool,
    clean: Option<bool>,
}

impl Get {
    /// Asks for the name of the branch, where the source gives none.
    pub(crate) fn start(
        source: &Source,
        request: &ResourceRequest,
    ) -> Result<(Self, Place, Vec<Call>)> {
        let version = request.version.as_ref().filter(|version| !version.is_null());
        let version = version.ok_or_else(|| {
            Error::invalid("there is no version to get: check the resource first, or name a `ref`")
        })?;
        let volume = request.volume.clone();
        let volume = volume.ok_or_else(|| Error::invalid("the get names no volume to fill"))?;
        let place = Place { mounts: vec![(volume.clone(), MOUNT.into())], dir: Some(MOUNT.into()) };
        let mut get = Self {
            version: Version::read(version)?,
            volume,
            params: read("params", &request.params)?,
            branch: source.branch.clone(),
            phase: Phase::Head,
        };
        let calls = if get.branch.is_some() {
            get.fetch(source)
        } else {
            vec![git(["ls-remote", "--quiet", "--symref", REMOTE, "HEAD"]).keep("head")]
        };
        Ok((get, place, calls))
    }

    /// Says what follows from the answers.
    pub(crate) fn next(&mut self, source: &Source, answers: &Answers) -> Result<Next> {
        match self.phase {
            Phase::Head => {
                let head = answers.get("head").map(String::as_str).unwrap_or_default();
                let head = Refs::read(head).head;
                if let Some(name) = &head {
                    check_name("branch", name)?;
                }
                self.branch = head;
                Ok(Next::Calls(self.fetch(source)))
            }
            Phase::Fetched if !answers.contains_key("found") => {
                self.phase = Phase::FetchedAll;
                Ok(Next::Calls(self.fetch_all(answers)))
            }
            Phase::FetchedAll if !answers.contains_key("found") => Err(self.missing(source)),
            Phase::Fetched | Phase::FetchedAll => {
                self.phase = Phase::CheckedOut;
                Ok(Next::Calls(self.check_out(source)))
            }
            Phase::CheckedOut => self.done(source, answers),
        }
    }

    fn fetch(&mut self, source: &Source) -> Vec<Call> {
        self.phase = Phase::Fetched;
        let mut fetch = git(["fetch", "--quiet", "--force"]);
        if self.params.fetch_tags {
            fetch = fetch.args(["--tags"]);
        }
        fetch = match self.params.depth.or(source.depth) {
            // The commit alone, as the branch may have grown since; not every server allows it.
            Some(depth) => {
                let depth = format!("--depth={depth}");
                fetch.args([&depth, REMOTE, &self.version.commit]).may_fail()
            }
            None => fetch.args([REMOTE.to_owned(), self.refspec()]),
        };
        vec![
            git(["init", "--quiet", "--initial-branch=tenon"]),
            fetch,
            git(["rev-parse", "--is-shallow-repository"]).keep("shallow"),
            self.find(),
        ]
    }

    /// Fetches all that the remote has, for commits that are not where they were expected.
    fn fetch_all(&self, answers: &Answers) -> Vec<Call> {
        let mut fetch = git(["fetch", "--quiet", "--force"]);
        if answers.get("shallow").is_some_and(|shallow| shallow.trim() == "true") {
            fetch = fetch.args(["--unshallow"]);
        }
        let commit = git(["fetch", "--quiet", REMOTE, &self.version.commit]);
        vec![
            fetch.args([REMOTE, "+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]),
            // A commit that no branch holds any more, from a server that still has it.
            commit.may_fail(),
            self.find(),
        ]
    }

    fn find(&self) -> Call {
        let commit = format!("{}^{{commit}}", self.version.commit);
        git(["rev-parse", "--quiet", "--verify", &commit]).keep("found").may_fail()
    }

    fn refspec(&self) -> String {
        match (&self.version.tag, &self.branch) {
            (Some(tag), _) => format!("+refs/tags/{tag}:refs/tags/{tag}"),
            (None, Some(branch)) => format!("+refs/heads/{branch}:refs/remotes/origin/{branch}"),
            (None, None) => "+HEAD:refs/remotes/origin/HEAD".into(),
        }
    }

    fn check_out(&self, source: &Source) -> Vec<Call> {
        let commit = self.version.commit.as_str();
        let mut calls = vec![match &self.branch {
            Some(branch) if self.version.tag.is_none() => {
                git(["checkout", "--quiet", "--force", "--no-track", "-B", branch, commit])
            }
            _ => git(["checkout", "--quiet", "--force", "--detach", commit]),
        }];
        let submodules = self.params.submodules.as_ref().unwrap_or(&source.submodules);
        let update = || git(["submodule", "--quiet", "update", "--init", "--recursive", "--force"]);
        match submodules {
            Submodules::Word(Word::None) => {}
            Submodules::Word(Word::All) => calls.push(update()),
            Submodules::Paths(paths) => calls.push(update().args(["--"]).args(paths)),
        }
        if self.params.clean != Some(false) {
            calls.push(git(["clean", "--quiet", "-ffdx"]));
        }
        // For the programs of later steps; a URI with a password or a secret stays out of files.
        let uri = source.shown_uri();
        if !source.has_secret_uri() {
            calls.push(git(["config", "remote.origin.url", &uri]));
            let fetch = ["config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"];
            calls.push(git(fetch));
        }
        calls.push(facts_of_head());
        calls.push(git(["tag", "--points-at", "HEAD"]).keep("tags"));
        calls
    }

    fn missing(&self, source: &Source) -> Error {
        Error::not_found(format!(
            "{} has no commit {} any more; start a run with a newer version",
            source.shown_uri(),
            self.version.commit
        ))
    }

    fn done(&self, source: &Source, answers: &Answers) -> Result<Next> {
        let facts = answers.get("facts").map(String::as_str).unwrap_or_default();
        let facts = Facts::read(facts);
        let tags = answers.get("tags").map(String::as_str).unwrap_or_default();
        let branch = self.branch.clone().unwrap_or_default();
        let volume = Volume::open(&self.volume)?;
        for (name, text) in [
            ("ref", format!("{}\n", facts.commit)),
            ("short_ref", format!("{}\n", facts.short)),
            ("commit_message", format!("{}\n", facts.message)),
            ("committer", format!("{}\n", facts.committer_email)),
            ("commit_timestamp", format!("{}\n", facts.committed)),
            ("branch", format!("{branch}\n")),
            ("tags", tags.to_owned()),
        ] {
            volume.write(&format!(".git/{name}"), text)?;
        }
        let subject = facts.message.lines().next().unwrap_or_default();
        output::stdout(format!("{}: {} {subject}\n", source.shown_uri(), facts.short));
        let metadata = facts.metadata(&branch, tags);
        Ok(Next::Done(json!(Got { version: json!(self.version), metadata })))
    }
}

/// What is known of a commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts<'a> {
    pub(crate) commit: &'a str,
    short: &'a str,
    author: &'a str,
    authored: &'a str,
    committer: &'a str,
    committer_email: &'a str,
    committed: &'a str,
    message: &'a str,
}

/// Asks for the facts of HEAD.
pub(crate) fn facts_of_head() -> Call {
    git(["show", "--no-patch", "--no-notes", FACTS, "HEAD"]).keep("facts")
}

impl<'a> Facts<'a> {
    /// Reads the output of [`facts_of_head`].
    pub(crate) fn read(text: &'a str) -> Self {
        let mut parts = text.splitn(8, '\n');
        let mut part = || parts.next().unwrap_or_default();
        let facts = Self {
            commit: part(),
            short: part(),
            author: part(),
            authored: part(),
            committer: part(),
            committer_email: part(),
            committed: part(),
            message: "",
        };
        Self { message: part().trim_end(), ..facts }
    }

    /// Returns what people want to see of a version.
    pub(crate) fn metadata(&self, branch: &str, tags: &str) -> Vec<Metadata> {
        let tags = tags.split_whitespace().collect::<Vec<_>>().join(", ");
        let all = [
            ("commit", self.commit),
            ("author", self.author),
            ("author_date", self.authored),
            ("committer", self.committer),
            ("committer_date", self.committed),
            ("branch", branch),
            ("tags", &tags),
            ("message", self.message),
        ];
        let all = all.into_iter().filter(|(_, value)| !value.is_empty());
        all.map(|(name, value)| Metadata { name: name.into(), value: value.into() }).collect()
    }
}

#[cfg(test)]
mod tests;
