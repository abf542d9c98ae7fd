//! Times of the day, as people write them in pipelines.

use jiff::civil::Time;
use jiff::tz::Offset;

/// Reads `20:00`, `2000`, `8 PM`, `8:00PM`, each with an offset such as ` -0700` or ` +01:00`, or
/// without.
pub(crate) fn read(text: &str) -> Option<(Time, Option<Offset>)> {
    let text = text.trim();
    let (clock, offset) = match text.rfind(['+', '-']) {
        Some(at) => (text[..at].trim_end(), Some(offset(&text[at..])?)),
        None => {
            (text.strip_suffix('Z').unwrap_or(text), text.ends_with('Z').then_some(Offset::UTC))
        }
    };
    let upper = clock.to_ascii_uppercase();
    let (clock, half) = match (upper.strip_suffix("AM"), upper.strip_suffix("PM")) {
        (Some(clock), _) => (clock.trim_end(), Some(0)),
        (_, Some(clock)) => (clock.trim_end(), Some(12)),
        (None, None) => (upper.as_str(), None),
    };
    let (hour, minute) = match clock.split_once(':') {
        Some(parts) => parts,
        None if clock.len() > 2 && clock.is_ascii() => clock.split_at(clock.len() - 2),
        // An hour alone needs its half of the day.
        None if half.is_some() => (clock, "0"),
        None => return None,
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let hour = match half {
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
        None => hour,
    };
    Some((Time::new(hour, minute, 0, 0).ok()?, offset))
}

fn offset(text: &str) -> Option<Offset> {
    let (sign, digits) = text.split_at(1);
    let digits = digits.replace(':', "");
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.is_ascii().then(|| digits.split_at(2))?,
        _ => return None,
    };
    let seconds = i32::from(number(hours)?) * 3600 + i32::from(number(minutes)?) * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

fn number(text: &str) -> Option<i8> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
