//! What people see in a terminal.

pub mod diagnostic;
pub mod duration;
pub mod live;
pub mod log_lines;
pub mod look;
pub mod plain;
pub mod plugin;
pub mod summary;
pub mod table;
pub mod tree;
pub mod view;
pub mod workspace;
