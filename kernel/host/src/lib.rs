//! kernel-host
