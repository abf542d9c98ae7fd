//! kernel-server
mod masked_logs;
mod redact;
mod secret;
mod standard;
