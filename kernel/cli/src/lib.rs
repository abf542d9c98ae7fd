//! kernel-cli
