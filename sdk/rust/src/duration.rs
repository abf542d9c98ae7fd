//! Durations as people write them in pipelines.

use std::time::Duration;

use crate::error::{Error, Result};

/// Reads a duration such as `90s`, `1h30m`, `1.5h`, `500ms` or `7d`.
pub fn parse(text: &str) -> Result<Duration> {
    let refused = || {
        Error::invalid(format!("{text:?} is no duration: write one such as `90s`, `1h30m` or `7d`"))
    };
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(refused());
    }
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(refused)?;
        let (number, tail) = rest.split_at(end);
        let end = tail.find(|c: char| !c.is_alphabetic()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let seconds = match unit {
            "us" | "µs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86400.0,
            _ => return Err(refused()),
        };
        let number: f64 = number.parse().map_err(|_| refused())?;
        let part = Duration::try_from_secs_f64(number * seconds).map_err(|_| refused())?;
        sum = sum.checked_add(part).ok_or_else(refused)?;
        rest = tail;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
