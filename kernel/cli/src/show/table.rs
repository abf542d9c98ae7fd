//! Lists with aligned columns.

use console::measure_text_width;

use crate::show::look::{Look, Tone};

/// Returns a head and a row per item, each column as wide as its widest cell.
#[must_use]
pub fn lines<const N: usize>(head: [&str; N], rows: &[[String; N]], look: Look) -> Vec<String> {
    let head = head.map(|title| look.paint(Tone::Quiet, title));
    let all: Vec<&[String; N]> = std::iter::once(&head).chain(rows).collect();
    let widths: Vec<usize> = (0..N)
        .map(|column| all.iter().map(|row| measure_text_width(&row[column])).max().unwrap_or(0))
        .collect();
    all.iter()
        .map(|row| {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                let gap = width - measure_text_width(cell) + 2;
                line.push_str(cell);
                line.push_str(&" ".repeat(gap));
            }
            line.trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests;
