//! The functions of Go's templates and of the slim sprig library, as far as pipelines use them.
//!
//! Left out on purpose: whatever asks the machine for its environment, clock, randomness or files.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::value::{compare, equal, int, is_true, show, text};
use super::{list, strings};

/// Calls a function; a piped value is the last argument.
pub(super) fn call(name: &str, args: &[Value]) -> Result<Value, String> {
    let found = builtin(name, args)
        .or_else(|| numbers(name, args))
        .or_else(|| values(name, args))
        .or_else(|| strings::call(name, args))
        .or_else(|| list::call(name, args));
    match found {
        Some(Ok(value)) => Ok(value),
        Some(Err(err)) => Err(format!("{name}: {err}")),
        None => Err(format!("there is no function {name:?}")),
    }
}

/// Returns an argument.
pub(super) fn arg(args: &[Value], no: usize) -> Result<&Value, String> {
    args.get(no).ok_or_else(|| format!("expected {} arguments or more", no + 1))
}

fn builtin(name: &str, args: &[Value]) -> Option<Result<Value, String>> {
    let ordered = |wanted: &dyn Fn(Ordering) -> bool| {
        Ok(Value::Bool(wanted(compare(arg(args, 0)?, arg(args, 1)?)?)))
    };
    Some(match name {
        "eq" => (|| {
            let (first, _) = (arg(args, 0)?, arg(args, 1)?);
            Ok(Value::Bool(args[1..].iter().any(|other| equal(first, other))))
        })(),
        "ne" => arg(args, 0).and_then(|a| Ok(Value::Bool(!equal(a, arg(args, 1)?)))),
        "lt" => ordered(&Ordering::is_lt),
        "le" => ordered(&Ordering::is_le),
        "gt" => ordered(&Ordering::is_gt),
        "ge" => ordered(&Ordering::is_ge),
        "not" => arg(args, 0).map(|value| Value::Bool(!is_true(value))),
        "len" => arg(args, 0).and_then(|value| match value {
            Value::String(text) => Ok(Value::from(text.len())),
            Value::Array(items) => Ok(Value::from(items.len())),
            Value::Object(map) => Ok(Value::from(map.len())),
            other => Err(format!("{} has no length", show(other))),
        }),
        "index" => index(args),
        "slice" => slice(args),
        "print" => Ok(Value::String(args.iter().map(show).collect())),
        "println" => {
            let shown: Vec<String> = args.iter().map(show).collect();
            Ok(Value::String(format!("{}\n", shown.join(" "))))
        }
        "printf" => strings::printf(args).map(Value::String),
        _ => return None,
    })
}

fn index(args: &[Value]) -> Result<Value, String> {
    let mut value = arg(args, 0)?;
    for key in &args[1..] {
        value = match value {
            Value::Array(items) => usize::try_from(int(key)?)
                .ok()
                .and_then(|at| items.get(at))
                .ok_or_else(|| format!("the list has no item {}", show(key)))?,
            Value::Object(map) => map.get(&text(key)).unwrap_or(&Value::Null),
            other => return Err(format!("{} has no items", show(other))),
        };
    }
    Ok(value.clone())
}

fn slice(args: &[Value]) -> Result<Value, String> {
    let value = arg(args, 0)?;
    let length = match value {
        Value::Array(items) => items.len(),
        Value::String(text) => text.len(),
        other => return Err(format!("{} has no parts", show(other))),
    };
    let bound = |no: usize, default: usize| match args.get(no) {
        Some(it) => usize::try_from(int(it)?).map_err(|_| "a bound is negative".to_owned()),
        None => Ok(default),
    };
    let range = bound(1, 0)?..bound(2, length)?;
    let part = match value {
        Value::Array(items) => items.get(range).map(|items| Value::Array(items.to_vec())),
        Value::String(text) => text.get(range).map(Value::from),
        _ => None,
    };
    part.ok_or_else(|| "the bounds lie outside".to_owned())
}

fn numbers(name: &str, args: &[Value]) -> Option<Result<Value, String>> {
    let fold = |apply: fn(i64, i64) -> Option<i64>| {
        let mut numbers = args.iter().map(int);
        let mut total = numbers.next().unwrap_or_else(|| Err("expected a number".to_owned()))?;
        for number in numbers {
            let wrong = "the number is too large, or something was divided by zero";
            total = apply(total, number?).ok_or(wrong)?;
        }
        Ok(Value::from(total))
    };
    Some(match name {
        "add" => fold(i64::checked_add),
        "sub" => fold(i64::checked_sub),
        "mul" => fold(i64::checked_mul),
        "div" => fold(i64::checked_div),
        "mod" => fold(i64::checked_rem),
        "max" | "biggest" => fold(|a, b| Some(a.max(b))),
        "min" => fold(|a, b| Some(a.min(b))),
        "add1" => arg(args, 0).and_then(int).map(|number| Value::from(number.saturating_add(1))),
        "int" | "int64" | "atoi" => {
            arg(args, 0).map(|value| Value::from(int(value).unwrap_or_default()))
        }
        "float64" => arg(args, 0).and_then(|value| {
            let number = text(value).parse::<f64>().map_err(|err| err.to_string())?;
            Ok(Value::from(number))
        }),
        _ => return None,
    })
}

fn values(name: &str, args: &[Value]) -> Option<Result<Value, String>> {
    Some(match name {
        "default" => (|| {
            // An absent value is not passed on by a pipe as an argument that is there.
            let fallback = arg(args, 0)?;
            Ok(args.get(1).filter(|value| is_true(value)).unwrap_or(fallback).clone())
        })(),
        "empty" => arg(args, 0).map(|value| Value::Bool(!is_true(value))),
        "coalesce" => Ok(args.iter().find(|value| is_true(value)).cloned().unwrap_or_default()),
        "ternary" => (|| {
            let chosen = if is_true(arg(args, 2)?) { arg(args, 0)? } else { arg(args, 1)? };
            Ok(chosen.clone())
        })(),
        "fail" => arg(args, 0).and_then(|value| Err(text(value))),
        "toString" => arg(args, 0).map(|value| Value::String(text(value))),
        "toJson" | "toRawJson" => arg(args, 0).map(|value| Value::String(value.to_string())),
        "fromJson" => arg(args, 0)
            .and_then(|value| serde_json::from_str(&text(value)).map_err(|err| err.to_string())),
        "kindOf" | "typeOf" => arg(args, 0).map(|value| Value::from(kind(value))),
        "kindIs" => arg(args, 1).map(|value| Value::Bool(args[0] == kind(value))),
        "dict" => {
            let mut map = Map::new();
            for pair in args.chunks(2) {
                map.insert(text(&pair[0]), pair.get(1).cloned().unwrap_or_else(|| "".into()));
            }
            Ok(Value::Object(map))
        }
        "get" => {
            arg(args, 1).map(|key| args[0].get(text(key)).cloned().unwrap_or_else(|| "".into()))
        }
        "hasKey" => arg(args, 1).map(|key| Value::Bool(args[0].get(text(key)).is_some())),
        "set" => with_map(args, |map, key| {
            map.insert(key, args.get(2).cloned().unwrap_or_default());
        }),
        "unset" => with_map(args, |map, key| {
            map.remove(&key);
        }),
        "keys" => arg(args, 0).map(|value| {
            value.as_object().into_iter().flat_map(Map::keys).cloned().map(Value::String).collect()
        }),
        "values" => arg(args, 0)
            .map(|value| value.as_object().into_iter().flat_map(Map::values).cloned().collect()),
        "merge" => {
            let mut merged = Map::new();
            for map in args.iter().rev().filter_map(Value::as_object) {
                merged.extend(map.clone());
            }
            Ok(Value::Object(merged))
        }
        "b64enc" => arg(args, 0).map(|value| Value::String(STANDARD.encode(text(value)))),
        "b64dec" => arg(args, 0).and_then(|value| {
            let bytes = STANDARD.decode(text(value)).map_err(|err| err.to_string())?;
            String::from_utf8(bytes).map(Value::String).map_err(|err| err.to_string())
        }),
        "sha256sum" => arg(args, 0).map(|value| {
            let digest = Sha256::digest(text(value).as_bytes());
            Value::String(digest.iter().map(|byte| format!("{byte:02x}")).collect())
        }),
        _ => return None,
    })
}

/// Returns a changed map; values are never shared, so the one before stays as it was.
fn with_map(
    args: &[Value],
    change: impl Fn(&mut Map<String, Value>, String),
) -> Result<Value, String> {
    let (Value::Object(map), key) = (arg(args, 0)?, arg(args, 1)?) else {
        return Err("expected a map".to_owned());
    };
    let mut map = map.clone();
    change(&mut map, text(key));
    Ok(Value::Object(map))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "invalid",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Object(_) => "map",
    }
}
