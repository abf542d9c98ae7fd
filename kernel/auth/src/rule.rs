//! Rules: expressions over who somebody is, such as `"platform" in groups && provider == "local"`.

use std::collections::BTreeSet;

use expr::{Context, Program, Value};
use kernel_ports::access::Identity;

use crate::rule::scan::{Word, words};

mod scan;

/// What a rule can ask for. Each has two spellings.
pub const VARIABLES: &[(&str, &str)] = &[
    ("email", "Email"),
    ("name", "Name"),
    ("nick_name", "NickName"),
    ("avatar_url", "AvatarURL"),
    ("provider", "Provider"),
    ("user_id", "UserID"),
    ("organizations", "Organizations"),
    ("groups", "Groups"),
    ("scopes", "Scopes"),
    ("raw_data", "RawData"),
];

/// Longer expressions are refused: each is evaluated for each person.
const CHARS_MAX: usize = 4_000;

/// Why an expression can be no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("the rule is empty; write `true` for everybody who is logged in")]
    Empty,
    #[error("the rule has {found} characters, more than {CHARS_MAX}")]
    Long { found: usize },
    #[error("the rule does not parse: {reason}")]
    Parse { reason: String },
    #[error(
        "the rule asks for {name:?}, which nobody has; it can ask for {}{}",
        known(),
        near(name)
    )]
    Unknown { name: String },
    #[error("the rule cannot be evaluated: {reason}")]
    Evaluate { reason: String },
    #[error("the rule gives {found}; it must give true or false")]
    NotBoolean { found: String },
}

/// An expression that was checked.
#[derive(Debug, Clone)]
pub struct Rule {
    program: Program,
}

impl Rule {
    /// Returns the rule, or why the expression can be none.
    pub fn new(expression: &str) -> Result<Self, RuleError> {
        if expression.trim().is_empty() {
            return Err(RuleError::Empty);
        }
        let found = expression.chars().count();
        if found > CHARS_MAX {
            return Err(RuleError::Long { found });
        }
        let program = expr::compile(expression)
            .map_err(|err| RuleError::Parse { reason: one_line(&err.to_string()) })?;
        unknown(expression)?;
        let rule = Self { program };
        // What fails for somebody with everything and for somebody with nothing fails for all.
        for identity in [sample(), Identity::default()] {
            rule.evaluate(&identity)?;
        }
        Ok(rule)
    }

    /// Returns whether it is true for somebody.
    pub fn evaluate(&self, identity: &Identity) -> Result<bool, RuleError> {
        match expr::run(&self.program, &context(identity)) {
            Ok(Value::Bool(found)) => Ok(found),
            Ok(other) => Err(RuleError::NotBoolean { found: other.to_string() }),
            Err(err) => Err(RuleError::Evaluate { reason: one_line(&err.to_string()) }),
        }
    }
}

/// Refuses names that are neither variables nor made by the expression itself.
fn unknown(expression: &str) -> Result<(), RuleError> {
    let words = words(expression);
    let own: BTreeSet<&str> = words
        .iter()
        .filter_map(|word| match word {
            Word::Let(name) => Some(*name),
            Word::Name(_) => None,
        })
        .collect();
    for word in &words {
        let Word::Name(name) = word else { continue };
        let is_known = VARIABLES.iter().any(|(lower, upper)| name == lower || name == upper);
        if !is_known && !own.contains(name) {
            return Err(RuleError::Unknown { name: (*name).to_owned() });
        }
    }
    Ok(())
}

fn context(identity: &Identity) -> Context {
    let text = |text: &str| Value::String(text.to_owned());
    let texts = |texts: &[String]| Value::Array(texts.iter().map(|t| text(t)).collect());
    let raw = serde_json::from_str(&identity.raw_json).unwrap_or(serde_json::Value::Null);
    let raw = match value(&raw) {
        Value::Nil => Value::Map(Default::default()),
        other => other,
    };
    let values = [
        text(&identity.email),
        text(&identity.name),
        text(&identity.nick_name),
        text(&identity.avatar_url),
        text(&identity.provider),
        text(&identity.user_id),
        texts(&identity.organizations),
        texts(&identity.groups),
        texts(&identity.scopes),
        raw,
    ];
    let mut context = Context::default();
    for ((lower, upper), value) in VARIABLES.iter().zip(values) {
        context.insert(*lower, value.clone());
        context.insert(*upper, value);
    }
    context
}

fn value(json: &serde_json::Value) -> Value {
    use serde_json::Value as Json;
    match json {
        Json::Null => Value::Nil,
        Json::Bool(found) => Value::Bool(*found),
        Json::Number(found) => match found.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Value::Float(found.as_f64().unwrap_or_default()),
        },
        Json::String(found) => Value::String(found.clone()),
        Json::Array(found) => Value::Array(found.iter().map(value).collect()),
        Json::Object(found) => {
            Value::Map(found.iter().map(|(key, found)| (key.clone(), value(found))).collect())
        }
    }
}

fn sample() -> Identity {
    let text = || "x".to_owned();
    Identity {
        provider: text(),
        user_id: text(),
        name: text(),
        nick_name: text(),
        email: "x@example.com".to_owned(),
        avatar_url: text(),
        organizations: vec![text()],
        groups: vec![text()],
        scopes: vec![text()],
        raw_json: String::new(),
    }
}

fn known() -> String {
    let names: Vec<&str> = VARIABLES.iter().map(|(lower, _)| *lower).collect();
    names.join(", ")
}

fn near(name: &str) -> String {
    let plain = |text: &str| text.to_lowercase().replace('_', "");
    let wanted = plain(name);
    let singular = |text: &str| text.trim_end_matches('s').to_owned();
    let found = VARIABLES.iter().find(|(lower, _)| singular(&plain(lower)) == singular(&wanted));
    found.map(|(lower, _)| format!("; did you mean {lower:?}?")).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
