//! Ctrl-C and its relatives.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Signals that ask this process to stop. While this exists they do not end it.
#[derive(Debug)]
pub struct Interrupts {
    int: Signal,
    term: Signal,
}

impl Interrupts {
    /// Begins to listen.
    ///
    /// # Errors
    /// Fails when the system refuses a signal handler.
    pub fn listen() -> io::Result<Self> {
        Ok(Self { int: signal(SignalKind::interrupt())?, term: signal(SignalKind::terminate())? })
    }

    /// Waits for the next signal, and returns its name.
    pub async fn next(&mut self) -> String {
        tokio::select! {
            _ = self.int.recv() => "Ctrl-C".to_owned(),
            _ = self.term.recv() => "SIGTERM".to_owned(),
        }
    }
}
