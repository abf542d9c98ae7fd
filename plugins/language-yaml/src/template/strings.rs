//! Functions of texts. The text is the last argument, so that it can be piped.

use serde_json::Value;

use super::functions::arg;
use super::value::{count, int, list, show, text};

pub(super) fn call(name: &str, args: &[Value]) -> Option<Result<Value, String>> {
    let one = |apply: &dyn Fn(&str) -> String| Ok(Value::String(apply(&text(arg(args, 0)?))));
    let two = |apply: &dyn Fn(&str, &str) -> String| {
        Ok(Value::String(apply(&text(arg(args, 0)?), &text(arg(args, 1)?))))
    };
    let test = |apply: &dyn Fn(&str, &str) -> bool| {
        Ok(Value::Bool(apply(&text(arg(args, 0)?), &text(arg(args, 1)?))))
    };
    Some(match name {
        "upper" => one(&str::to_uppercase),
        "lower" => one(&str::to_lowercase),
        "title" => one(&title),
        "untitle" => one(&|text| first_letter(text, char::to_lowercase)),
        "trim" => one(&|text| text.trim().to_owned()),
        "trimAll" => two(&|cut, text| text.trim_matches(|c| cut.contains(c)).to_owned()),
        "trimSuffix" => two(&|end, text| text.strip_suffix(end).unwrap_or(text).to_owned()),
        "trimPrefix" => two(&|start, text| text.strip_prefix(start).unwrap_or(text).to_owned()),
        "replace" => (|| {
            let (old, new, text) = (text(arg(args, 0)?), text(arg(args, 1)?), text(arg(args, 2)?));
            Ok(Value::String(text.replace(&old, &new)))
        })(),
        "repeat" => (|| {
            let (times, text) = (count(arg(args, 0)?)?, text(arg(args, 1)?));
            if times.saturating_mul(text.len()) > crate::document::SOURCE_BYTES_MAX {
                return Err("the text becomes too long".to_owned());
            }
            Ok(Value::String(text.repeat(times)))
        })(),
        "trunc" => (|| {
            let (length, text) = (int(arg(args, 0)?)?, text(arg(args, 1)?));
            let chars: Vec<char> = text.chars().collect();
            let wanted = usize::try_from(length.unsigned_abs()).unwrap_or(usize::MAX);
            let kept = wanted.min(chars.len());
            let part = if length < 0 { &chars[chars.len() - kept..] } else { &chars[..kept] };
            Ok(Value::String(part.iter().collect()))
        })(),
        "contains" => test(&|part, text| text.contains(part)),
        "hasPrefix" => test(&|start, text| text.starts_with(start)),
        "hasSuffix" => test(&|end, text| text.ends_with(end)),
        "quote" => Ok(Value::String(quoted(args, |text| format!("{text:?}")))),
        "squote" => Ok(Value::String(quoted(args, |text| format!("'{text}'")))),
        "cat" => {
            let texts: Vec<String> = args.iter().map(text).filter(|it| !it.is_empty()).collect();
            Ok(Value::String(texts.join(" ")))
        }
        "nospace" => one(&|text| text.split_whitespace().collect()),
        "indent" => indent(args).map(Value::String),
        "nindent" => indent(args).map(|text| Value::String(format!("\n{text}"))),
        "snakecase" => one(&|text| cased(text, '_')),
        "kebabcase" => one(&|text| cased(text, '-')),
        "join" => (|| {
            let texts: Vec<String> = list(arg(args, 1)?)?.iter().map(text).collect();
            Ok(Value::String(texts.join(&text(&args[0]))))
        })(),
        // Sprig gives a map of `_0`, `_1`, …, of which `splitList` is the list.
        "split" => (|| {
            let (by, whole) = (text(arg(args, 0)?), text(arg(args, 1)?));
            let parts = whole.split(&by).enumerate();
            Ok(parts.map(|(i, part)| (format!("_{i}"), Value::from(part))).collect())
        })(),
        "splitList" => (|| {
            let (by, whole) = (text(arg(args, 0)?), text(arg(args, 1)?));
            Ok(whole.split(&by).map(Value::from).collect())
        })(),
        _ => return None,
    })
}

/// Formats as Go's `printf`, with the verbs that texts need.
pub(super) fn printf(args: &[Value]) -> Result<String, String> {
    let format = text(arg(args, 0)?);
    let mut values = args[1..].iter();
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut flags = String::new();
        let verb = loop {
            match chars.next() {
                Some(c) if c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | ' ' | '#') => {
                    flags.push(c);
                }
                Some(c) => break c,
                None => return Err("the format ends in the middle of a verb".to_owned()),
            }
        };
        if verb == '%' {
            out.push('%');
            continue;
        }
        let value = values.next().ok_or_else(|| format!("%{verb} has no value"))?;
        out.push_str(&verb_text(verb, &flags, value)?);
    }
    Ok(out)
}

fn verb_text(verb: char, flags: &str, value: &Value) -> Result<String, String> {
    let (width, precision) = flags.split_once('.').unwrap_or((flags, ""));
    let body = match verb {
        's' | 'v' => show(value),
        'q' => format!("{:?}", show(value)),
        'd' => int(value)?.to_string(),
        'x' => format!("{:x}", int(value)?),
        't' => value.to_string(),
        'f' => {
            let digits = precision.parse().unwrap_or(6).min(40);
            let number = value.as_f64().ok_or_else(|| format!("{} is no number", show(value)))?;
            format!("{number:.digits$}")
        }
        other => return Err(format!("%{other} is not known, use %s, %q, %v, %d, %x, %t or %f")),
    };
    let digits = width.trim_start_matches(['-', '+', ' ', '#']);
    let columns: usize = digits.parse().unwrap_or(0);
    let columns = columns.min(1_000);
    Ok(if width.starts_with('-') {
        format!("{body:<columns$}")
    } else if digits.starts_with('0') && matches!(verb, 'd' | 'x' | 'f') {
        format!("{body:0>columns$}")
    } else {
        format!("{body:>columns$}")
    })
}

fn indent(args: &[Value]) -> Result<String, String> {
    let (columns, text) = (count(arg(args, 0)?)?.min(1_000), text(arg(args, 1)?));
    let pad = " ".repeat(columns);
    Ok(format!("{pad}{}", text.replace('\n', &format!("\n{pad}"))))
}

fn quoted(args: &[Value], quote: impl Fn(String) -> String) -> String {
    let texts: Vec<String> =
        args.iter().filter(|it| !it.is_null()).map(|it| quote(text(it))).collect();
    texts.join(" ")
}

fn title(text: &str) -> String {
    let words: Vec<String> =
        text.split(' ').map(|word| first_letter(word, char::to_uppercase)).collect();
    words.join(" ")
}

fn first_letter<I: Iterator<Item = char>>(text: &str, change: impl Fn(char) -> I) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => change(first).chain(chars).collect(),
        None => String::new(),
    }
}

fn cased(text: &str, by: char) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in text.chars() {
        if matches!(c, ' ' | '-' | '_') {
            out.push(by);
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                out.push(by);
            }
            out.extend(c.to_lowercase());
        }
        before = c;
    }
    out
}
