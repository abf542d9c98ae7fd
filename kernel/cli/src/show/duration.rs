//! Durations as people read them, and as they write them.

/// Returns a duration in at most two units: `84ms`, `2.4s`, `1m 05s`, `3h 10m`, `2d 4h`.
#[must_use]
pub fn human(ms: u64) -> String {
    let seconds = ms / 1000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 => format!("{seconds}.{}s", ms % 1000 / 100),
        60_000..3_600_000 => format!("{minutes}m {:02}s", seconds % 60),
        3_600_000..86_400_000 => format!("{hours}h {:02}m", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

/// Reads a duration: numbers with units, such as `90s`, `1h30m`, `500ms`, `2d`.
///
/// # Errors
/// Says what was expected when the text is anything else.
pub fn parse(text: &str) -> Result<std::time::Duration, String> {
    let wrong = || {
        format!(
            "{text:?} is not a duration; expected a number with a unit, such as 90s, 10m or 1h30m"
        )
    };
    let mut rest = text.trim();
    let mut ms = 0_u64;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let (number, after) = rest.split_at(digits);
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, after) = after.split_at(letters);
        let factor = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = number.checked_mul(factor).ok_or_else(wrong)?;
        ms = ms.checked_add(part).ok_or_else(wrong)?;
        rest = after;
    }
    Ok(std::time::Duration::from_millis(ms))
}

#[cfg(test)]
mod tests;
