//! kernel-scheduler
