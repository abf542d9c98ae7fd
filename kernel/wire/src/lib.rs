//! kernel-wire
