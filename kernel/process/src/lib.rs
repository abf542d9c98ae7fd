//! kernel-process
