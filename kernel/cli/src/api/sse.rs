//! Reads server-sent events out of a body that arrives in pieces.

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// The kind; empty when the server names none.
    pub event: String,
    pub data: String,
    /// Where to go on after a break.
    pub id: Option<String>,
}

/// The state between two pieces.
#[derive(Debug, Default)]
pub struct Reader {
    line: Vec<u8>,
    open: Event,
    has_data: bool,
}

impl Reader {
    /// Takes a piece, and returns the events that it completes.
    pub fn push(&mut self, piece: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for byte in piece {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                events.extend(self.take(line.trim_end_matches('\r')));
            } else {
                self.line.push(*byte);
            }
        }
        events
    }

    /// Takes one line, and returns the event if that ends it.
    fn take(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.open);
            return std::mem::take(&mut self.has_data).then_some(event);
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => value.clone_into(&mut self.open.event),
            "id" => self.open.id = Some(value.to_owned()),
            "data" => {
                if self.has_data {
                    self.open.data.push('\n');
                }
                self.has_data = true;
                self.open.data.push_str(value);
            }
            // Comments keep the connection alive; other fields are not ours.
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests;
