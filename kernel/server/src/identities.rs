//! What identity plugins are configured by: the setting `access.identities`.
//!
//! `NAME.KEY=VALUE` is the value `key` of the configuration of the plugin `identity-NAME`; a key is
//! written as in the file of settings, `client_id` for `clientId`.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::bail;
use kernel_host::Host;
use kernel_ports::plugin::{PluginKind, Plugins as _};
use kernel_settings::Settings;
use kernel_settings::table::access as table;
use serde_json::{Map, Value};

use crate::secret::configs::camel;

const KIND: &str = "identity-";

/// Configurations, by the name of the provider.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Identities(BTreeMap<String, Map<String, Value>>);

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Identities {
    /// Reads it from the settings.
    pub(crate) fn of(settings: &Settings) -> anyhow::Result<Self> {
        let mut found = BTreeMap::<String, Map<String, Value>>::new();
        for item in settings.get::<Vec<String>>(&table::IDENTITIES)? {
            let pair = item.split_once('=');
            let place = pair.and_then(|(place, value)| Some((place.rsplit_once('.')?, value)));
            // Nothing of the value is repeated: it may be a secret.
            let Some(((name, key), value)) = place else {
                let place = pair.map_or("an item", |(place, _)| place);
                bail!(
                    "{}: {place:?} is not NAME.KEY, such as oidc.client_id",
                    table::IDENTITIES.key
                );
            };
            let name = name.trim().strip_prefix(KIND).unwrap_or(name.trim());
            let config = found.entry(name.to_owned()).or_default();
            config.insert(camel(key.trim()), value.into());
        }
        Ok(Self(found))
    }

    /// Returns the configurations by plugin.
    pub(crate) fn configs(&self) -> impl Iterator<Item = (String, Value)> {
        self.0.iter().map(|(name, config)| (format!("{KIND}{name}"), config.clone().into()))
    }

    /// Refuses what no plugin is there for, and what its plugin does not take.
    pub(crate) fn check(&self, host: &Arc<Host>) -> anyhow::Result<()> {
        for name in self.0.keys() {
            let Some(problems) = host.config_problems(&format!("{KIND}{name}")) else {
                let plugins = host.plugin_list();
                let known = plugins.iter().filter(|p| p.kinds.contains(&PluginKind::Identity));
                let known = known.map(|p| p.name.strip_prefix(KIND).unwrap_or(&p.name));
                bail!(
                    "{} names the identity provider {name:?}, which is not there; there are: {}; \
                     `tenon plugin bind NAME --plugin PLUGIN` makes further ones of these",
                    table::IDENTITIES.key,
                    known.collect::<Vec<_>>().join(", ")
                );
            };
            if !problems.is_empty() {
                bail!("{}: {name} cannot be used: {}", table::IDENTITIES.key, problems.join("; "));
            }
        }
        Ok(())
    }
}

/// Returns how browsers reach the server: without a path, or with that of a callback.
pub(crate) fn callback_url(settings: &Settings) -> anyhow::Result<Option<String>> {
    let Some(url) = settings.get::<Option<String>>(&table::CALLBACK_URL)? else { return Ok(None) };
    let url = url.trim_end_matches('/');
    let host_at = url.find("://").map_or(0, |at| at + 3);
    let path = url[host_at..].find('/').map_or("", |at| &url[host_at + at..]);
    let is_callback = path.starts_with("/auth/") && path.ends_with("/callback");
    if path.is_empty()
        || (is_callback && path.matches('/').count() == 3)
        || path == "/auth/callback"
    {
        return Ok(Some(url.to_owned()));
    }
    bail!(
        "{}: {url:?} has the path {path:?}, where this server has no page; write scheme and host \
         alone, or end it with /auth/callback or /auth/PROVIDER/callback",
        table::CALLBACK_URL.key
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel_settings::{Given, Settings, resolve};
    use serde_json::json;

    use super::{Identities, callback_url};

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let environment: BTreeMap<String, String> =
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        resolve(Given { file: None, environment: &environment, flags: &[] }).unwrap().0
    }

    #[test]
    fn items_become_the_configuration_of_their_plugins() {
        let given = settings(&[(
            "TENON_IDENTITIES",
            "oidc.client_id=a\noidc.client_secret=x=y\nidentity-my-way.groups_claim=g",
        )]);
        let found: Vec<_> = Identities::of(&given).unwrap().configs().collect();
        assert_eq!(
            found,
            [
                ("identity-my-way".to_owned(), json!({ "groupsClaim": "g" })),
                ("identity-oidc".to_owned(), json!({ "clientId": "a", "clientSecret": "x=y" })),
            ]
        );
        let wrong = settings(&[("TENON_IDENTITIES", "client_secret=hunter22")]);
        let err = Identities::of(&wrong).unwrap_err().to_string();
        assert!(err.contains("client_secret") && !err.contains("hunter22"), "{err}");
    }

    #[test]
    fn a_callback_url_leads_to_a_page_that_is_there() {
        for (given, want) in [
            ("https://ci.example.com/", "https://ci.example.com"),
            ("https://ci.example.com/auth/callback", "https://ci.example.com/auth/callback"),
            ("http://localhost:7070/auth/x/callback", "http://localhost:7070/auth/x/callback"),
        ] {
            let found = callback_url(&settings(&[("TENON_CALLBACK_URL", given)])).unwrap();
            assert_eq!(found.as_deref(), Some(want));
        }
        let err = callback_url(&settings(&[("TENON_CALLBACK_URL", "https://a.example/oauth")]));
        assert!(err.unwrap_err().to_string().contains("/oauth"));
    }
}
