//! `NAME=VALUE` arguments.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A name and a value that keeps its JSON type: `n=3` is a number, `s=abc` is text.
#[derive(Debug, Clone, PartialEq)]
pub struct Typed {
    pub name: String,
    pub value: Value,
}

/// A name and a text that nobody should see; without `=`, the environment has the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Pair {
    pub name: String,
    pub value: Option<String>,
}

impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pair").field("name", &self.name).finish_non_exhaustive()
    }
}

impl FromStr for Typed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, value)) = text.split_once('=') else {
            return Err(format!("{text:?} has no value; expected NAME=VALUE"));
        };
        let name = checked(name)?;
        let value = match serde_json::from_str(value) {
            Ok(value) => value,
            Err(_) => Value::from(value),
        };
        Ok(Self { name, value })
    }
}

impl FromStr for Pair {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) => Ok(Self { name: checked(name)?, value: Some(value.to_owned()) }),
            None => Ok(Self { name: checked(text)?, value: None }),
        }
    }
}

fn checked(name: &str) -> Result<String, String> {
    let is_ok = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if name.is_empty() || !name.chars().all(is_ok) {
        return Err(format!("{name:?} is not a name; expected letters, digits, _, -, . or /"));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests;
