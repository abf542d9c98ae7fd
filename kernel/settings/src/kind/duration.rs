//! Durations: numbers with units, such as `90s`, `1h30m`, `500ms`, `2d`.

use std::time::Duration;

const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Returns the duration as it could be written.
#[must_use]
pub fn text(time: Duration) -> String {
    let mut rest = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    if rest == 0 {
        return "0s".to_owned();
    }
    let mut text = String::new();
    for (unit, factor) in UNITS {
        if rest >= factor {
            text.push_str(&format!("{}{unit}", rest / factor));
            rest %= factor;
        }
    }
    text
}

pub(super) fn read(text: &str, min_ms: u64) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "{text:?} is not a duration; expected a number with a unit, such as 90s, 10m or 1h30m"
        )
    };
    let mut rest = text;
    let mut ms = 0_u64;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(letters);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let factor = UNITS.iter().find(|(known, _)| *known == unit).map(|(_, factor)| *factor);
        // Nothing is the same in every unit.
        let factor = factor.or((unit.is_empty() && number == 0).then_some(1)).ok_or_else(wrong)?;
        let part = number.checked_mul(factor).ok_or_else(wrong)?;
        ms = ms.checked_add(part).ok_or_else(wrong)?;
        rest = after;
    }
    if ms < min_ms {
        let least = self::text(Duration::from_millis(min_ms));
        return Err(format!("{text} is too short; the least is {least}"));
    }
    Ok(Duration::from_millis(ms))
}
