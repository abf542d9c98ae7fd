//! Patterns of paths: `?` is one character, `*` any number, `**` any number of folders.

/// A pattern, relative to a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<String>,
}

impl Pattern {
    /// Reads a pattern; the reason why not if it leads out.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let parts: Vec<String> = text
            .split('/')
            .filter(|part| !matches!(*part, "" | "."))
            .map(ToOwned::to_owned)
            .collect();
        match parts.iter().any(|part| part == "..") {
            true => Err("a pattern may not contain \"..\""),
            false => Ok(Self { parts }),
        }
    }

    /// Whether this is a path without wildcards, which also names all that is below it.
    pub(crate) fn is_literal(&self) -> bool {
        !self.parts.iter().any(|part| part.contains(['*', '?']))
    }

    /// Whether a file fits.
    pub(crate) fn fits(&self, path: &str) -> bool {
        let path: Vec<&str> = path.split('/').collect();
        if self.is_literal() {
            return path.len() >= self.parts.len()
                && self.parts.iter().zip(&path).all(|(a, b)| a == b);
        }
        parts_fit(&self.parts, &path)
    }

    /// Whether files in a folder could fit. Spares walks through folders that have nothing to do
    /// with it.
    pub(crate) fn reaches(&self, folder: &str) -> bool {
        for (part, name) in self.parts.iter().zip(folder.split('/')) {
            if part == "**" {
                return true;
            }
            if !part_fits(part, name) {
                return false;
            }
        }
        self.is_literal() || folder.split('/').count() < self.parts.len()
    }
}

fn parts_fit(parts: &[String], path: &[&str]) -> bool {
    // The usual greedy matching with one place to come back to, for parts instead of characters.
    let (mut part, mut name, mut star) = (0, 0, None);
    while name < path.len() {
        if parts.get(part).is_some_and(|p| p == "**") {
            star = Some((part, name));
            part += 1;
        } else if parts.get(part).is_some_and(|p| part_fits(p, path[name])) {
            (part, name) = (part + 1, name + 1);
        } else if let Some((back, taken)) = star {
            star = Some((back, taken + 1));
            (part, name) = (back + 1, taken + 1);
        } else {
            return false;
        }
    }
    parts[part..].iter().all(|p| p == "**")
}

fn part_fits(part: &str, name: &str) -> bool {
    let (part, name): (Vec<char>, Vec<char>) = (part.chars().collect(), name.chars().collect());
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match part.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((back, taken)) => {
                    star = Some((back, taken + 1));
                    (p, n) = (back + 1, taken + 1);
                }
                None => return false,
            },
        }
    }
    part[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests;
