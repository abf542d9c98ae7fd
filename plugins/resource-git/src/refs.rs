//! What `git ls-remote` says.

/// What a remote has: `(name, commit)`, with tags that are objects followed to their commit.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refs {
    /// The branch that HEAD names.
    pub(crate) head: Option<String>,
    /// By name, such as `refs/heads/main`, in the order of the remote.
    pub(crate) commits: Vec<(String, String)>,
}

impl Refs {
    /// Reads the output of `git ls-remote --symref`.
    pub(crate) fn read(text: &str) -> Self {
        let mut refs = Self::default();
        for line in text.lines() {
            let Some((left, name)) = line.split_once('\t') else { continue };
            if let Some(target) = left.strip_prefix("ref: ") {
                if name == "HEAD" {
                    refs.head = target.strip_prefix("refs/heads/").map(str::to_owned);
                }
            } else if let Some(name) = name.strip_suffix("^{}") {
                // Comes right after the tag itself, and is the commit that it stands for.
                match refs.commits.last_mut() {
                    Some((last, commit)) if last == name => left.clone_into(commit),
                    _ => refs.commits.push((name.to_owned(), left.to_owned())),
                }
            } else {
                refs.commits.push((name.to_owned(), left.to_owned()));
            }
        }
        refs
    }

    /// Returns the commit of a ref.
    pub(crate) fn commit(&self, name: &str) -> Option<&str> {
        let found = self.commits.iter().find(|(known, _)| known == name);
        found.map(|(_, commit)| commit.as_str())
    }

    /// Returns tags and their commits.
    pub(crate) fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.commits.iter().filter_map(|(name, commit)| {
            name.strip_prefix("refs/tags/").map(|tag| (tag, commit.as_str()))
        })
    }
}

#[cfg(test)]
mod tests;
