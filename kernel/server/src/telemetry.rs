//! The server's own log.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;

/// How the log looks, what is in it, and where it goes.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) format: Format,
    pub(crate) level: String,
    /// None: the standard error.
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
}

/// Sends the log where it belongs from now on.
pub(crate) fn install(config: &Config) -> anyhow::Result<()> {
    let level = &config.level;
    let filter = EnvFilter::try_new(level).with_context(|| {
        format!(
            "--log-level {level:?} makes no sense; expected error, warn, info, debug, trace, or a \
             filter such as info,kernel_host=debug"
        )
    })?;
    let colors = config.file.is_none() && io::stderr().is_terminal();
    let writer = match &config.file {
        None => BoxMakeWriter::new(io::stderr),
        Some(path) => {
            let file = File::options().append(true).create(true).open(path);
            let file = file.with_context(|| {
                format!(
                    "the log file {} cannot be written to; name another with --log-file",
                    path.display()
                )
            })?;
            BoxMakeWriter::new(Arc::new(file))
        }
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    match config.format {
        Format::Text => builder.with_writer(OneLine(writer)).with_ansi(colors).init(),
        Format::Json => builder.with_writer(writer).json().flatten_event(true).init(),
    }
    Ok(())
}

/// Writes each event as one line: what plugins and others say in it does not look like another one.
struct OneLine<W>(W);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for OneLine<M> {
    type Writer = OneLine<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLine(self.0.make_writer())
    }
}

impl<W: Write> Write for OneLine<W> {
    /// `event` is a whole one: the formatter collects them.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = event.strip_suffix(b"\n").unwrap_or(event);
        if !text.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
            self.0.write_all(event)?;
            return Ok(event.len());
        }
        let mut line = Vec::with_capacity(event.len() + 16);
        for byte in text {
            match byte {
                b'\n' => line.extend_from_slice("␤".as_bytes()),
                b'\r' => {}
                byte => line.push(*byte),
            }
        }
        line.push(b'\n');
        self.0.write_all(&line)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::OneLine;

    #[test]
    fn an_event_is_one_line_whatever_it_says() {
        let mut out = OneLine(Vec::new());
        out.write_all(b"INFO one\n").unwrap();
        out.write_all(b"WARN a\r\nERROR forged\n").unwrap();
        assert_eq!(String::from_utf8(out.0).unwrap(), "INFO one\nWARN a␤ERROR forged\n");
    }
}
