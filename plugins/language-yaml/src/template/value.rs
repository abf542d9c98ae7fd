//! Values of a template: how they are read, shown and compared.

use std::cmp::Ordering;

use serde_json::Value;

/// Returns whether a value counts as true: what is empty or zero does not.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(it) => *it,
        Value::Number(it) => it.as_f64().is_some_and(|number| number != 0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}

/// Writes a value as Go does.
pub(super) fn show(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(show).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(map) => {
            let pairs: Vec<String> =
                map.iter().map(|(key, value)| format!("{key}:{}", show(value))).collect();
            format!("map[{}]", pairs.join(" "))
        }
    }
}

/// Writes a value for a text function, to which nothing is the empty text.
pub(super) fn text(value: &Value) -> String {
    if value.is_null() { String::new() } else { show(value) }
}

/// Reads a whole number.
pub(super) fn int(value: &Value) -> Result<i64, String> {
    #[expect(clippy::cast_possible_truncation, reason = "Go cuts fractions off too")]
    let found = match value {
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(|it| it as i64)),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(it) => Some(i64::from(*it)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    found.ok_or_else(|| format!("expected a whole number, found {}", show(value)))
}

/// Reads a number of things; a template is no place for a million of them.
pub(super) fn count(value: &Value) -> Result<usize, String> {
    let number = int(value)?;
    usize::try_from(number).ok().filter(|count| *count <= super::exec::ITEMS_MAX).ok_or_else(|| {
        format!("expected a number from 0 to {}, found {number}", super::exec::ITEMS_MAX)
    })
}

/// Reads a list.
pub(super) fn list(value: &Value) -> Result<&[Value], String> {
    match value {
        Value::Array(items) => Ok(items),
        Value::Null => Ok(&[]),
        other => Err(format!("expected a list, found {}", show(other))),
    }
}

/// Compares two values of one kind.
pub(super) fn compare(a: &Value, b: &Value) -> Result<Ordering, String> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or_default(), b.as_f64().unwrap_or_default());
            Ok(a.total_cmp(&b))
        }
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        _ => Err(format!("{} and {} cannot be compared", show(a), show(b))),
    }
}

/// Returns whether two values are the same; whole numbers and others compare by what they are.
pub(super) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => compare(a, b) == Ok(Ordering::Equal),
        _ => a == b,
    }
}

/// Follows fields.
pub(super) fn fields(value: &Value, names: &[String]) -> Result<Value, String> {
    let mut value = value;
    for name in names {
        value = match value {
            Value::Object(map) => map.get(name).unwrap_or(&Value::Null),
            Value::Null => &Value::Null,
            other => return Err(format!("{} has no field {name:?}", show(other))),
        };
    }
    Ok(value.clone())
}
