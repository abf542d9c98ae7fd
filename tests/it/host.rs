//! Plugins in the real host: what they may do, and how little harm they do.

mod capability;
pub(crate) mod fixture;
mod install;
mod language;
mod life;
mod life_claim;
mod life_fault;
mod life_grant;
mod limit;
mod machine;
mod nested;
mod optimize;
mod outward;
mod selftest;
mod warm;
mod world;
