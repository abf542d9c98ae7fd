//! An in-memory store for tests.
