//! Where secret values are kept: here, in the plugin's own map, sealed with the server's key.

use tenon_sdk::envelope::secrets::{
    SecretAt, SecretNames, SecretScope, SecretValue, SecretWrite, SecretWritten,
};
use tenon_sdk::{Error, Result, Secrets, keyring, kv};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

impl Secrets for Plugin {
    fn read(at: SecretAt) -> Result<SecretValue> {
        let key = key(&at.scope, &at.name);
        let item = kv::get(&key)?;
        let item = item.ok_or_else(|| Error::not_found(format!("there is no {:?}", at.name)))?;
        let value = String::from_utf8(keyring::open(key.as_bytes(), &item.value)?)
            .map_err(|_| Error::internal(format!("{:?} is no text", at.name)))?;
        Ok(SecretValue {
            value,
            version: item.version.to_string(),
        })
    }

    fn write(write: SecretWrite) -> Result<SecretWritten> {
        let key = key(&write.scope, &write.name);
        // Scope and name are sealed in, so that no value can be put in another's place.
        let sealed = keyring::seal(key.as_bytes(), write.value.as_bytes())?;
        let version = kv::set(&key, &sealed)?;
        Ok(SecretWritten {
            version: version.to_string(),
        })
    }

    fn remove(at: SecretAt) -> Result<()> {
        kv::remove(&key(&at.scope, &at.name))
    }

    fn list(scope: SecretScope) -> Result<SecretNames> {
        let prefix = key(&scope.scope, "");
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let keys = kv::list(&prefix, after.as_deref())?;
            let Some(last) = keys.last() else { break };
            names.extend(
                keys.iter()
                    .filter_map(|key| key.strip_prefix(&prefix))
                    .map(str::to_owned),
            );
            after = Some(last.clone());
        }
        Ok(SecretNames { names })
    }
}

/// Names hold no `:`, so that no scope reaches into another.
fn key(scope: &str, name: &str) -> String {
    format!("{scope}:{name}")
}

tenon_sdk::export_secrets!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::Secrets as _;
    use tenon_sdk::envelope::secrets::{SecretAt, SecretScope, SecretWrite};

    use super::Plugin;

    fn at(scope: &str) -> SecretAt {
        SecretAt {
            scope: scope.to_owned(),
            name: "token".to_owned(),
        }
    }

    #[test]
    fn a_value_is_found_in_its_own_scope_only() {
        let (scope, name) = ("server".to_owned(), "token".to_owned());
        Plugin::write(SecretWrite {
            scope,
            name,
            value: "hunter2".to_owned(),
        })
        .unwrap();
        assert_eq!(Plugin::read(at("server")).unwrap().value, "hunter2");
        assert!(Plugin::read(at("project/a")).is_err());
        let names = Plugin::list(SecretScope {
            scope: "server".to_owned(),
        })
        .unwrap()
        .names;
        assert_eq!(names, ["token"]);
        Plugin::remove(at("server")).unwrap();
        assert!(Plugin::read(at("server")).is_err());
    }
}
