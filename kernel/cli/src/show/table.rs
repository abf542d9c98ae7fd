//! Lists with aligned columns.

use console::{measure_text_width, truncate_str};

use crate::show::look::{self, Look, Tone};

/// What stands between columns.
const GAP: usize = 2;

/// No column is cut below this.
const WIDTH_MIN: usize = 8;

/// Returns a head and a row per item, each column as wide as its widest cell. Where the terminal is
/// narrower, cells are cut.
#[must_use]
pub fn lines<const N: usize>(head: [&str; N], rows: &[[String; N]], look: Look) -> Vec<String> {
    let head = head.map(|title| look.paint(Tone::Quiet, title));
    let harmless = |row: &[String; N]| row.each_ref().map(|cell| look::harmless(cell, look));
    let all: Vec<[String; N]> = std::iter::once(&head).chain(rows).map(harmless).collect();
    let mut widths: [usize; N] = std::array::from_fn(|column| {
        all.iter().map(|row| measure_text_width(&row[column])).max().unwrap_or(0)
    });
    fit(&mut widths, look.width);
    all.iter()
        .map(|row| {
            let mut line = String::new();
            for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
                let cell = cut(cell, width, column + 1 == N);
                let gap = width.saturating_sub(measure_text_width(&cell)) + GAP;
                line.push_str(&cell);
                line.push_str(&" ".repeat(gap));
            }
            line.trim_end().to_owned()
        })
        .collect()
}

/// Makes columns narrower until they fit: first the last one, then the widest of the middle. The
/// first one says what a row is about.
fn fit(widths: &mut [usize], width: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    let over = |widths: &[usize]| (widths.iter().sum::<usize>() + gaps).saturating_sub(width);
    let narrow = |column: &mut usize, over: usize| {
        *column = column.saturating_sub(over).max(WIDTH_MIN.min(*column));
    };
    let too_wide = over(widths);
    if let [_, .., last] = widths {
        narrow(last, too_wide);
    }
    loop {
        let too_wide = over(widths);
        let [_, middle @ .., _] = &mut *widths else { return };
        match middle.iter_mut().max() {
            Some(widest) if too_wide > 0 && *widest > WIDTH_MIN => narrow(widest, too_wide),
            _ => return,
        }
    }
}

/// Cuts a cell at its end, or in its middle: the ends of addresses and names tell them apart.
fn cut(cell: &str, width: usize, at_end: bool) -> String {
    if measure_text_width(cell) <= width {
        return cell.to_owned();
    }
    // A cell that is painted says a state, and its beginning matters.
    if at_end || cell.contains('\u{1b}') {
        return truncate_str(cell, width, "…").into_owned();
    }
    let kept = width.saturating_sub(1);
    let begin = truncate_str(cell, kept.div_ceil(2), "");
    let mut end = cell;
    while measure_text_width(end) > kept / 2 {
        let first = end.chars().next().map_or(0, char::len_utf8);
        end = &end[first..];
    }
    format!("{begin}…{end}")
}

#[cfg(test)]
mod tests;
