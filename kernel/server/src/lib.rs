//! kernel-server
