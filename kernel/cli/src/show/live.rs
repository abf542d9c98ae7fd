//! A tree that stands still at the bottom of the terminal while output runs above it.

use std::io::{self, Write};

use console::Term;

use crate::show::duration;
use crate::show::look::{self, Look, Tone, tone};
use crate::show::tree::{self, Draw, moving_sign};
use crate::show::view::View;

/// Rows of the terminal that always stay for output above the tree.
const ROWS_FOR_OUTPUT: usize = 6;

/// The part of the terminal that is drawn again and again.
#[derive(Debug)]
pub struct Live {
    term: Term,
    /// How many rows it has right now.
    rows: usize,
    turn: usize,
}

impl Live {
    /// Takes the end of the terminal, and hides the cursor until it is dropped.
    ///
    /// # Errors
    /// Fails when the terminal cannot be written to.
    pub fn new() -> io::Result<Self> {
        let term = Term::stdout();
        term.hide_cursor()?;
        Ok(Self { term, rows: 0, turn: 0 })
    }

    /// Returns how wide lines may be.
    #[must_use]
    pub fn width(&self) -> usize {
        look::width(&self.term)
    }

    /// Prints lines above the tree, and draws it again. One write: nothing flickers.
    ///
    /// # Errors
    /// Fails when the terminal cannot be written to.
    pub fn draw(
        &mut self,
        above: &[String],
        view: Option<&View>,
        notice: Option<&str>,
        now_ms: u64,
        look: Look,
    ) -> io::Result<()> {
        self.turn += 1;
        let rows_max = usize::from(self.term.size().0).saturating_sub(ROWS_FOR_OUTPUT).max(3);
        let look = Look { width: self.width(), ..look };
        let draw = Draw { look, now_ms, turn: Some(self.turn), rows_max };
        let mut block = Vec::new();
        if let Some(view) = view {
            block.push(String::new());
            block.extend(tree::lines(view, draw));
            block.push(head(view, draw));
        }
        if let Some(notice) = notice {
            block.push(look.paint(Tone::Late, notice));
        }
        let mut frame = self.clear_code();
        for line in above.iter().chain(&block) {
            frame.push_str(line);
            // What was there before is longer, perhaps.
            frame.push_str("\u{1b}[K\n");
        }
        self.rows = block.len();
        self.write(&frame)
    }

    /// Removes the tree.
    ///
    /// # Errors
    /// Fails when the terminal cannot be written to.
    pub fn clear(&mut self) -> io::Result<()> {
        let code = self.clear_code();
        self.rows = 0;
        self.write(&code)
    }

    fn clear_code(&self) -> String {
        if self.rows == 0 { String::new() } else { format!("\u{1b}[{}A\r\u{1b}[J", self.rows) }
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.term.write_all(text.as_bytes())?;
        self.term.flush()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = self.term.show_cursor();
    }
}

fn head(view: &View, draw: Draw) -> String {
    let look = draw.look;
    let name = look.paint(Tone::Strong, &view.title());
    let took = view.elapsed_ms(draw.now_ms).map(duration::human).unwrap_or_default();
    let waiting = view.waiting.as_ref().map(|w| format!(", waits: {w}")).unwrap_or_default();
    let word = look.paint(tone(view.mark), view.mark.word());
    format!(
        "{} {name} {word} {}",
        moving_sign(view.mark, draw),
        look.paint(Tone::Quiet, &format!("{took}{waiting}"))
    )
}
