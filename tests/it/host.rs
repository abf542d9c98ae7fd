//! Plugins in the real host: what they may do, and how little harm they do.

mod capability;
mod fixture;
mod install;
mod language;
mod limit;
mod machine;
mod world;
