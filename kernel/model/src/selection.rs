//! Switches for many things at once: `*`, `a,b`, `*,!process`.

/// Which names are on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    all: bool,
    named: Vec<String>,
    excluded: Vec<String>,
}

impl Selection {
    /// Reads the items: `*`, names, and names behind a `!`. Exclusions alone mean all but those.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn of<T: AsRef<str>>(items: &[T]) -> Result<Self, String> {
        let mut found = Self { all: false, named: vec![], excluded: vec![] };
        for item in items {
            let item = item.as_ref();
            let (name, list) = match item.strip_prefix('!') {
                _ if item == "*" => {
                    found.all = true;
                    continue;
                }
                Some(name) => (name, &mut found.excluded),
                None => (item, &mut found.named),
            };
            let is_name = !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
            if !is_name {
                return Err(format!(
                    "{item:?} is not a name; expected *, names, or names behind a !, such as \
                     *,!process"
                ));
            }
            list.push(name.to_owned());
        }
        let both = found.named.iter().find(|name| found.excluded.contains(name));
        if let Some(name) = both {
            return Err(format!("{name} is named and excluded; keep one of {name} and !{name}"));
        }
        found.all |= found.named.is_empty() && !found.excluded.is_empty();
        Ok(found)
    }

    /// Returns what lets everything through.
    #[must_use]
    pub fn everything() -> Self {
        Self { all: true, named: vec![], excluded: vec![] }
    }

    /// Returns whether the name is on.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        let is = |list: &[String]| list.iter().any(|listed| listed == name);
        !is(&self.excluded) && (self.all || is(&self.named))
    }

    /// Returns every name that is mentioned, so that unknown ones can be found.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.named.iter().chain(&self.excluded).map(String::as_str)
    }

    /// Returns whether nothing is held back.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.all && self.excluded.is_empty()
    }
}
