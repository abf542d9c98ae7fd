//! The dialect, tested as users meet it: a source, what happens, and what is commanded.
#![expect(clippy::unwrap_used, reason = "tests say by panicking what is wrong")]

mod across;
mod artifact;
mod assertion;
mod cancel;
mod diagnostics;
mod flow;
mod hooks;
mod jobs;
mod kernel;
mod launch;
mod property;
mod resources;
mod template;
mod vars;
