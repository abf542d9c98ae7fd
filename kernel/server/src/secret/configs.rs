//! What secret backends are told of the environment of the server.
//!
//! `TENON_SECRETS_NAME_KEY`, or a file that `TENON_SECRETS_NAME_KEY_FILE` names, is the value `key`
//! of the configuration of the plugin `secrets-name`. No component has an environment, so the
//! backend that reads secrets from there is handed their values.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

/// What the names of backends begin with.
const KIND: &str = "secrets-";
/// The backend that hands out what is in the environment.
const ENV: &str = "secrets-env";
/// What its variables begin with, unless `TENON_SECRETS_ENV_PREFIX` says otherwise.
const PREFIX: &str = "TENON_SECRET_";
/// Larger files are no secrets.
const FILE_BYTES_MAX: u64 = 32 * 1024;

/// Variables of the environment, by name.
pub(crate) type Environment = BTreeMap<String, String>;

/// Returns the environment of this process, as far as it is text.
pub(crate) fn environment() -> Environment {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(text).collect()
}

/// Returns the backend to begin with, if the operator names one.
pub(crate) fn backend(environment: &Environment) -> Option<String> {
    environment.get("TENON_SECRETS_BACKEND").filter(|name| !name.is_empty()).map(|name| full(name))
}

/// Returns the full name of a backend.
pub(crate) fn full(name: &str) -> String {
    if name.starts_with(KIND) || name.contains('/') {
        return name.to_owned();
    }
    format!("{KIND}{name}")
}

/// Returns the configuration of a plugin; none if the environment has nothing for it.
pub(crate) fn of(plugin: &str, environment: &Environment) -> anyhow::Result<Option<Value>> {
    let Some(name) = plugin.strip_prefix(KIND) else { return Ok(None) };
    let prefix = format!("TENON_SECRETS_{}_", name.to_ascii_uppercase().replace('-', "_"));
    let own = environment
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?, value)))
        .filter(|(key, value)| !key.is_empty() && !value.is_empty());
    let own: BTreeMap<&str, &String> = own.collect();
    if plugin == ENV {
        return values(&own, environment).map(Some);
    }
    let mut config = Map::new();
    for (key, value) in own {
        let (key, value) = match key.strip_suffix("_FILE") {
            Some(key) => (key, read(Path::new(value))?),
            None => (key, value.clone()),
        };
        config.insert(camel(key), value.into());
    }
    Ok((!config.is_empty()).then(|| config.into()))
}

/// Returns variables by what follows the prefix, and files by their names.
fn values(own: &BTreeMap<&str, &String>, environment: &Environment) -> anyhow::Result<Value> {
    let prefix = own.get("PREFIX").map_or(PREFIX, |prefix| prefix.as_str());
    let variables = environment
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix(prefix)?.to_owned(), value.clone())))
        .filter(|(name, _)| !name.is_empty());
    let mut values: BTreeMap<String, String> = variables.collect();
    if let Some(folder) = own.get("FILES") {
        let failed = || format!("failed to read the folder of secrets {folder}");
        for entry in fs::read_dir(folder).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let about = fs::metadata(entry.path()).with_context(failed)?;
            let is_hidden = name.starts_with('.');
            if !is_hidden && about.is_file() && about.len() <= FILE_BYTES_MAX {
                values.insert(name, read(&entry.path())?);
            }
        }
    }
    Ok(json!({ "values": values }))
}

/// Reads a file, without the line break at its end.
fn read(path: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("failed to read the secret in {}", path.display()))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Writes `ACCESS_KEY_ID` as `accessKeyId`.
pub(crate) fn camel(key: &str) -> String {
    let mut words = key.split('_').map(str::to_ascii_lowercase);
    let first = words.next().unwrap_or_default();
    words.fold(first, |mut name, word| {
        let mut chars = word.chars();
        name.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        name.push_str(chars.as_str());
        name
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Environment, backend, of};

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_backend_gets_the_variables_that_have_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        std::fs::write(&file, "k3y\n").unwrap();
        let environment = environment(&[
            ("TENON_SECRETS_S3_ACCESS_KEY_ID", "id"),
            ("TENON_SECRETS_S3_SECRET_ACCESS_KEY_FILE", file.to_str().unwrap()),
            ("TENON_SECRETS_S3_PREFIX", ""),
            ("TENON_SECRETS_VAULT_URL", "https://vault"),
            ("TENON_SECRETS_BACKEND", "s3"),
        ]);
        let want = json!({ "accessKeyId": "id", "secretAccessKey": "k3y" });
        assert_eq!(of("secrets-s3", &environment).unwrap(), Some(want));
        assert_eq!(of("secrets-local", &environment).unwrap(), None);
        assert_eq!(of("launcher-process", &environment).unwrap(), None);
        assert_eq!(backend(&environment).as_deref(), Some("secrets-s3"));
    }

    #[test]
    fn the_environment_is_handed_over_by_prefix_and_by_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("db.password"), "swordfish\n").unwrap();
        std::fs::write(folder.path().join(".hidden"), "no").unwrap();
        let environment = environment(&[
            ("TENON_SECRET_TOKEN", "hunter22"),
            ("TENON_SECRETS_ENV_FILES", folder.path().to_str().unwrap()),
            ("HOME", "/root"),
        ]);
        let want = json!({ "values": { "TOKEN": "hunter22", "db.password": "swordfish" } });
        assert_eq!(of("secrets-env", &environment).unwrap(), Some(want));
    }
}
