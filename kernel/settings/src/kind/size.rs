//! Sizes in bytes: `4096`, `512KiB`, `10MiB`, `1GiB`.

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];
/// Decimal ones are understood too, as people write them.
const DECIMAL: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000)];

/// Returns the size as it could be written, in the largest unit that leaves no rest.
#[must_use]
pub fn text(bytes: u64) -> String {
    let fits = UNITS.iter().find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor));
    fits.map_or_else(|| format!("{bytes}B"), |(unit, factor)| format!("{}{unit}", bytes / factor))
}

pub(super) fn read(text: &str, min: u64, max: u64) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a size; expected bytes, such as 4096, 512KiB or 10MiB");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let known = UNITS.iter().chain(&DECIMAL).find(|(known, _)| known.eq_ignore_ascii_case(unit));
    let factor = known.map(|(_, factor)| *factor).or(unit.is_empty().then_some(1));
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let bytes = number.checked_mul(factor.ok_or_else(wrong)?).ok_or_else(wrong)?;
    if bytes < min {
        return Err(format!("{text} is too small; the least is {}", self::text(min)));
    }
    if bytes > max {
        return Err(format!("{text} is too large; the most is {}", self::text(max)));
    }
    Ok(bytes)
}
