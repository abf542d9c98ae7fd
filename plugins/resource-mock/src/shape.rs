//! What pipelines write.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tenon_sdk::envelope::resource::Metadata;
use tenon_sdk::{Error, Result};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) initial_version: Option<String>,
    pub(crate) no_initial_version: bool,
    pub(crate) force_version: Option<String>,
    pub(crate) create_files: BTreeMap<String, String>,
    pub(crate) metadata: Vec<Metadata>,
    pub(crate) check_delay: Option<String>,
    pub(crate) check_failure: Option<String>,
    pub(crate) log: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GetParams {
    pub(crate) create_files_via_params: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PutParams {
    pub(crate) version: Option<String>,
    pub(crate) file: Option<String>,
    pub(crate) print_env: bool,
}

/// Reads a part of a request; null is the default.
pub(crate) fn read<T: Default + DeserializeOwned>(what: &str, value: &Value) -> Result<T> {
    if value.is_null() {
        return Ok(T::default());
    }
    T::deserialize(value)
        .map_err(|err| Error::invalid(format!("the {what} of the mock resource: {err}")))
}
