//! Programs of the host machine: started, watched, and ended with everything that they started.
//!
//! How a whole tree is found: every process of a tree inherits `TENON_ATTEMPT` and, unless it leaves
//! it, the leader's process group. The group is killed in one system call, which no fork escapes.
//! For those that left it (`setsid`), this process is a *child subreaper*: when their parent dies,
//! they become its children, and the kernel lists those in one small file. So the end of an ordinary
//! tree costs four system calls and no scan of `/proc`; only where that file does not exist, all
//! processes are looked through. A process that both left the group and cleared its environment
//! cannot be told from a stranger, and is left alone.
//!
//! Invariants:
//! - A process number is used only while it cannot have been reused: a group while its leader has
//!   not been reaped, others by pidfd.
//! - Nothing that a program printed is lost, and nobody waits forever for a pipe that is held open.
//! - No unsafe code: what must happen between fork and exec happens in [`exec`], after a first exec.

mod supervisor;

pub mod exec;

mod account;
mod command;
mod leaders;
mod limit;
mod marked;
mod output;
mod procfs;
mod program;
mod running;
mod tree;

pub use supervisor::Supervisor;
