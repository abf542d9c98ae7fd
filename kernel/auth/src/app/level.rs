//! How much a person lets a program do.

use kernel_model::access::{Verb, Verbs};

/// What a person chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Read,
    Run,
    Build,
    /// All that the person may do at any time.
    All,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::Read, Self::Run, Self::Build, Self::All];

    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Build => "build",
            Self::All => "all",
        }
    }

    #[must_use]
    pub fn verbs(self) -> Verbs {
        match self {
            Self::Read => [Verb::View].into_iter().collect(),
            Self::Run => [Verb::View, Verb::Run].into_iter().collect(),
            Self::Build => [Verb::View, Verb::Run, Verb::Edit].into_iter().collect(),
            Self::All => Verbs::all(),
        }
    }

    /// Returns those that somebody with these verbs can choose from. The last one always is: it is
    /// never more than they may.
    #[must_use]
    pub fn offered(own: Verbs) -> Vec<Self> {
        let is_offered = |level: &Self| *level == Self::All || own.covers(level.verbs());
        Self::ALL.into_iter().filter(is_offered).collect()
    }

    /// Returns the least of `offered` that has all that is asked for.
    #[must_use]
    pub fn least(offered: &[Self], asked: Verbs) -> Self {
        let found = offered.iter().find(|level| level.verbs().covers(asked));
        found.copied().unwrap_or(Self::All)
    }
}

#[cfg(test)]
mod tests {
    use kernel_model::access::{Verb, Verbs};

    use super::Level;

    #[test]
    fn nobody_is_offered_more_than_they_may() {
        let viewer: Verbs = [Verb::View].into_iter().collect();
        assert_eq!(Level::offered(viewer), [Level::Read, Level::All]);
        assert_eq!(Level::offered(Verbs::none()), [Level::All]);
        assert_eq!(Level::offered(Verbs::all()), Level::ALL);
    }

    #[test]
    fn the_least_that_is_enough_is_proposed() {
        let asked = |verbs: &[Verb]| Level::least(&Level::ALL, verbs.iter().copied().collect());
        assert_eq!(asked(&[]), Level::Read);
        assert_eq!(asked(&[Verb::Run]), Level::Run);
        assert_eq!(asked(&[Verb::View, Verb::Edit]), Level::Build);
        assert_eq!(asked(&[Verb::Admin]), Level::All);
    }
}
