//! Colours and signs, and whether there are any.

use console::Term;

use crate::show::view::Mark;

/// How output looks here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub colors: bool,
    /// In columns. Output that is not a terminal is never cut.
    pub width: usize,
}

/// Returns how wide lines of a terminal may be.
#[must_use]
pub fn width(term: &Term) -> usize {
    // The last column stays free: some terminals wrap as soon as it is used.
    usize::from(term.size().1).saturating_sub(1).max(20)
}

/// Returns `text` with its control characters escaped, since plugins and logs may say anything, and
/// a terminal obeys it. Of what `look` has painted, the colours stay.
#[must_use]
pub fn harmless(text: &str, look: Look) -> String {
    if !text.contains(char::is_control) {
        return text.to_owned();
    }
    let mut harmless = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let color = if look.colors { color_len(rest) } else { 0 };
        let len = color.max(c.len_utf8());
        if color == 0 && c.is_control() {
            harmless.extend(c.escape_debug());
        } else {
            harmless.push_str(&rest[..len]);
        }
        rest = &rest[len..];
    }
    harmless
}

/// Returns how long a sequence for a colour at the beginning of a text is: one of those that
/// [`Look::paint`] writes. Others could hide what follows.
fn color_len(text: &str) -> usize {
    let ours = ["0", "1", "2", "31", "32", "33", "35", "36"];
    let end = text.find('m').filter(|_| text.starts_with("\u{1b}["));
    let code = end.and_then(|end| text.get(2..end));
    let is_ours = code.is_some_and(|code| ours.contains(&code) || LABELS.contains(&code));
    end.filter(|_| is_ours).map_or(0, |end| end + 1)
}

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Bad,
    Broken,
    Late,
    Quiet,
    Active,
    Strong,
    /// One of the colours for prefixes.
    Label(usize),
}

/// Colours for prefixes: none of those that say something about a result.
const LABELS: [&str; 6] = ["36", "34", "96", "94", "38;5;109", "38;5;139"];

impl Look {
    /// Without colours, as wide as it gets.
    pub const PLAIN: Self = Self { colors: false, width: usize::MAX };

    /// Returns `text` in the colour of `tone`.
    #[must_use]
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colors || text.is_empty() {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => "32",
            Tone::Bad => "31",
            Tone::Broken => "35",
            Tone::Late => "33",
            Tone::Quiet => "2",
            Tone::Active => "36",
            Tone::Strong => "1",
            Tone::Label(n) => LABELS[n % LABELS.len()],
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Returns the sign of a state.
    #[must_use]
    pub fn sign(self, mark: Mark) -> String {
        self.paint(tone(mark), sign(mark))
    }
}

/// Returns the colour of a state.
#[must_use]
pub fn tone(mark: Mark) -> Tone {
    match mark {
        Mark::Succeeded => Tone::Good,
        Mark::Failed => Tone::Bad,
        Mark::Errored => Tone::Broken,
        Mark::TimedOut => Tone::Late,
        Mark::Cancelled | Mark::Skipped | Mark::Pending => Tone::Quiet,
        Mark::Running => Tone::Active,
    }
}

/// Returns the sign of a state, without colour.
#[must_use]
pub fn sign(mark: Mark) -> &'static str {
    match mark {
        Mark::Succeeded => "✓",
        Mark::Failed => "✗",
        Mark::Errored => "!",
        Mark::TimedOut => "⧖",
        Mark::Cancelled => "⊘",
        Mark::Skipped => "-",
        Mark::Running => "▸",
        Mark::Pending => "·",
    }
}

/// Returns a number for a label that stays the same, to choose its colour by.
#[must_use]
pub fn label_number(label: &str) -> usize {
    label.bytes().fold(7_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)))
}

#[cfg(test)]
mod tests;
