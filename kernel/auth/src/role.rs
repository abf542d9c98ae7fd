//! Roles: names for verbs. Some are built in; operators add others.

use kernel_model::access::{Verb, Verbs};

/// The roles that every server has.
pub const BUILT_IN: &[(&str, &[Verb])] = &[
    ("viewer", &[Verb::View]),
    ("runner", &[Verb::View, Verb::Run]),
    ("approver", &[Verb::View, Verb::Approve]),
    ("editor", &[Verb::View, Verb::Run, Verb::Edit]),
    ("maintainer", &[Verb::View, Verb::Run, Verb::Approve, Verb::Edit, Verb::SecretWrite]),
    ("admin", &Verb::ALL),
];

/// Returns the verbs of a built-in role.
pub(crate) fn built_in(name: &str) -> Option<Verbs> {
    let found = BUILT_IN.iter().find(|(known, _)| *known == name);
    found.map(|(_, verbs)| verbs.iter().copied().collect())
}
