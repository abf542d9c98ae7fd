//! kernel-store-sqlite
