//! kernel-http
