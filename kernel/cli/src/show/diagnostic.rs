//! Remarks about a source, with the line that they are about.

use crate::show::look::{Look, Tone};

/// A remark about a source. Lines and columns count from 1; 0: the source as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remark {
    pub is_error: bool,
    pub code: String,
    pub message: String,
    pub line: u32,
    pub column: u32,
    pub hint: Option<String>,
}

/// Returns all remarks as text, each with its place, its line and a hint.
#[must_use]
pub fn text(file: &str, source: &str, remarks: &[Remark], look: Look) -> String {
    let mut text = String::new();
    for remark in remarks {
        one(file, source, remark, look, &mut text);
        text.push('\n');
    }
    let errors = remarks.iter().filter(|remark| remark.is_error).count();
    let warnings = remarks.len() - errors;
    let mut counts = Vec::new();
    if errors > 0 {
        counts.push(look.paint(Tone::Bad, &counted(errors, "error")));
    }
    if warnings > 0 {
        counts.push(look.paint(Tone::Late, &counted(warnings, "warning")));
    }
    if !counts.is_empty() {
        text.push_str(&format!("{} in {file}\n", counts.join(" and ")));
    }
    text
}

fn counted(n: usize, word: &str) -> String {
    if n == 1 { format!("1 {word}") } else { format!("{n} {word}s") }
}

fn one(file: &str, source: &str, remark: &Remark, look: Look, text: &mut String) {
    let (word, tone) = if remark.is_error { ("error", Tone::Bad) } else { ("warning", Tone::Late) };
    let head = look.paint(tone, &format!("{word}[{}]", remark.code));
    text.push_str(&format!("{head}: {}\n", look.paint(Tone::Strong, &remark.message)));
    let arrow = look.paint(Tone::Active, "-->");
    if remark.line == 0 {
        text.push_str(&format!(" {arrow} {file}\n"));
        if let Some(hint) = &remark.hint {
            text.push_str(&format!("   {} hint: {hint}\n", look.paint(Tone::Active, "=")));
        }
        return;
    }
    let number = remark.line.to_string();
    let gap = " ".repeat(number.len());
    let bar = look.paint(Tone::Active, "|");
    text.push_str(&format!("{gap}{arrow} {file}:{}:{}\n", remark.line, remark.column.max(1)));
    if let Some(line) = source.lines().nth(remark.line as usize - 1) {
        let number = look.paint(Tone::Active, &number);
        let (before, under) = caret(line, remark.column);
        text.push_str(&format!("{gap} {bar}\n{number} {bar} {line}\n"));
        text.push_str(&format!("{gap} {bar} {before}{}\n", look.paint(tone, &under)));
    }
    if let Some(hint) = &remark.hint {
        text.push_str(&format!("{gap} {} hint: {hint}\n", look.paint(Tone::Active, "=")));
    }
}

/// Returns the space before the place that is meant, and what marks it: the word that starts there.
fn caret(line: &str, column: u32) -> (String, String) {
    let before = (column.max(1) - 1) as usize;
    let space: String = line
        .chars()
        .take(before)
        .map(|c| if c == '\t' { "\t".to_owned() } else { " ".repeat(width(c)) })
        .collect();
    let word: usize = line
        .chars()
        .skip(before)
        .take_while(|c| !c.is_whitespace() && !matches!(c, ':' | ',' | ']' | '}'))
        .map(width)
        .sum();
    (space, "^".repeat(word.max(1)))
}

fn width(c: char) -> usize {
    console::measure_text_width(c.encode_utf8(&mut [0; 4]))
}

#[cfg(test)]
mod tests;
