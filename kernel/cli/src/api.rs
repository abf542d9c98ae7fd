//! The server's API, as the commands use it.

pub mod sse;
pub mod transport;
