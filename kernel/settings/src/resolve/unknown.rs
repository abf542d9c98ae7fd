//! Names that nobody knows, and what may be meant.

use strsim::damerau_levenshtein;

use crate::setting_names::NAMES;
use crate::table;

/// What the server does not read, but other parts of Tenon do.
const ELSEWHERE: &[&str] = &[
    "TENON_SERVER",
    "TENON_CONFIG",
    "TENON_TOKEN",
    "TENON_ATTEMPT",
    "TENON_PLUGINS_DIR",
    "TENON_PROFILE",
    "TENON_HOME",
];
const ELSEWHERE_PREFIXES: &[&str] =
    &["TENON_SECRET_", "TENON_SECRETS_", "TENON_TEST_", "TENON_GIT_"];

/// Returns what to say of a key of a file.
pub(super) fn key(key: &str) -> String {
    let is_section = table::all().any(|row| row.section() == key);
    if is_section {
        return format!("{key} is a section, and cannot have a value itself");
    }
    let ours = table::all().map(|row| row.key);
    let theirs = NAMES.iter().filter_map(|name| name.key);
    match nearest(key, ours.chain(theirs)) {
        Some(near) => format!("{key:?} is not known; did you mean {near:?}?"),
        None => {
            format!("{key:?} is not known; `tenon config show` lists all settings")
        }
    }
}

/// Returns what to say of a variable, if it looks like one of ours.
pub(super) fn variable(name: &str) -> Option<String> {
    let is_elsewhere = ELSEWHERE.contains(&name)
        || ELSEWHERE_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    if is_elsewhere || !name.starts_with("TENON_") {
        return None;
    }
    Some(match nearest(name, table::all().map(|row| row.variable)) {
        Some(near) => format!("no setting has this variable; did you mean {near}?"),
        None => "no setting has this variable; `tenon config show` lists all settings".to_owned(),
    })
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let last = |name: &'a str| name.rsplit_once('.').map(|(_, last)| last);
    known
        .map(|known| match last(known) {
            // The section was left out, or is another.
            Some(last) if name.rsplit_once('.').map_or(name, |(_, last)| last) == last => {
                (1, known)
            }
            _ => (damerau_levenshtein(name, known), known),
        })
        .filter(|(distance, known)| *distance <= 1 + known.len() / 6)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
