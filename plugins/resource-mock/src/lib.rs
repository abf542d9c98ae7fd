//! A resource that is not there: it has the versions that its source names.
//!
//! For tests of pipelines, and for examples. A check gives `force_version`, else the version that
//! it was asked about, else `initial_version`; a get writes `version` and the files of the source;
//! a put makes the version of its params.

mod mock;
mod shape;

pub use crate::mock::{Mock, Waiting};

tenon_sdk::export_resource!(Mock);
tenon_sdk::manifest!("../manifest.json");
