//! Functions of lists.

use serde_json::Value;

use super::exec::ITEMS_MAX;
use super::functions::arg;
use super::value::{int, is_true, list, text};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value, String>> {
    let items = || arg(args, 0).and_then(list);
    Some(match name {
        "list" | "tuple" => Ok(Value::Array(args.to_vec())),
        "first" => items().map(|items| items.first().cloned().unwrap_or_default()),
        "last" => items().map(|items| items.last().cloned().unwrap_or_default()),
        "rest" => items().map(|items| items.iter().skip(1).cloned().collect()),
        "initial" => {
            items().map(|items| items.iter().take(items.len().saturating_sub(1)).cloned().collect())
        }
        "reverse" => items().map(|items| items.iter().rev().cloned().collect()),
        "uniq" => items().map(|items| {
            let mut seen: Vec<Value> = Vec::new();
            for item in items {
                if !seen.contains(item) {
                    seen.push(item.clone());
                }
            }
            Value::Array(seen)
        }),
        "compact" => items().map(|items| items.iter().filter(|it| is_true(it)).cloned().collect()),
        "sortAlpha" => items().map(|items| {
            let mut texts: Vec<String> = items.iter().map(text).collect();
            texts.sort();
            texts.into_iter().map(Value::String).collect()
        }),
        "append" | "push" => with(args, |items, item| items.push(item)),
        "prepend" => with(args, |items, item| items.insert(0, item)),
        "without" => items()
            .map(|items| items.iter().filter(|item| !args[1..].contains(item)).cloned().collect()),
        "concat" => args.iter().map(list).collect::<Result<Vec<_>, _>>().and_then(|lists| {
            if lists.iter().map(|list| list.len()).sum::<usize>() > ITEMS_MAX {
                return Err("the list becomes too long".to_owned());
            }
            Ok(lists.into_iter().flatten().cloned().collect())
        }),
        "has" => arg(args, 1).and_then(list).map(|items| Value::Bool(items.contains(&args[0]))),
        "until" => {
            arg(args, 0).and_then(int).and_then(|end| steps(0, end, if end < 0 { -1 } else { 1 }))
        }
        "untilStep" => (|| steps(int(arg(args, 0)?)?, int(arg(args, 1)?)?, int(arg(args, 2)?)?))(),
        "seq" => (|| {
            let end = int(arg(args, args.len().saturating_sub(1))?)?;
            let start = if args.len() > 1 { int(&args[0])? } else { 1 };
            let numbers = match steps(start, end + 1, 1)? {
                Value::Array(numbers) => numbers,
                _ => Vec::new(),
            };
            let texts: Vec<String> = numbers.iter().map(text).collect();
            Ok(Value::String(texts.join(" ")))
        })(),
        _ => return None,
    })
}

fn with(args: &[Value], change: impl Fn(&mut Vec<Value>, Value)) -> Result<Value, String> {
    let (items, item) = (list(arg(args, 0)?)?, arg(args, 1)?);
    let mut items = items.to_vec();
    change(&mut items, item.clone());
    Ok(Value::Array(items))
}

fn steps(start: i64, end: i64, step: i64) -> Result<Value, String> {
    if step == 0 {
        return Ok(Value::Array(Vec::new()));
    }
    let mut numbers = Vec::new();
    let mut at = start;
    while (step > 0 && at < end) || (step < 0 && at > end) {
        if numbers.len() >= ITEMS_MAX {
            return Err(format!("the list has more than {ITEMS_MAX} numbers"));
        }
        numbers.push(Value::from(at));
        at = at.saturating_add(step);
    }
    Ok(Value::Array(numbers))
}
