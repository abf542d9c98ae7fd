//! The server's own log.

use std::fs::File;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use tracing_subscriber::EnvFilter;
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
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    match config.format {
        Format::Text => builder.with_ansi(colors).init(),
        Format::Json => builder.json().flatten_event(true).init(),
    }
    Ok(())
}
