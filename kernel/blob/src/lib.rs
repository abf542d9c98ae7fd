//! kernel-blob
