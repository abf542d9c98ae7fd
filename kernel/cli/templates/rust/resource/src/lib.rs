//! Versions of an outside thing: here, of a number that the plugin itself remembers.

use serde::{Deserialize, Serialize};
use serde_json::json;
use tenon_sdk::envelope::resource::{Checked, Got, ResourceRequest};
use tenon_sdk::{Error, Resource, Result, Step, Volume, kv};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

/// What pipelines see; its shape stands in the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Version {
    number: u64,
}

const KEY: &str = "number";

impl Resource for Plugin {
    /// Nothing lives between two calls, as everything is answered at once.
    type State = ();

    fn check(request: ResourceRequest) -> Result<Step<()>> {
        let now = number()?;
        // The last known version comes first, then those that are newer.
        let first = known(&request)?.map_or(now, |version| version.number.min(now));
        let versions = (first.max(1)..=now)
            .map(|number| json!(Version { number }))
            .collect();
        Step::succeeded(&Checked { versions })
    }

    fn get(request: ResourceRequest) -> Result<Step<()>> {
        let version = known(&request)?.ok_or_else(|| Error::invalid("there is no version yet"))?;
        let volume = request.volume.as_deref();
        let volume = volume.ok_or_else(|| Error::invalid("the get names no volume to fill"))?;
        Volume::open(volume)?.write("number", format!("{}\n", version.number))?;
        Step::succeeded(&Got {
            version: json!(version),
            metadata: Vec::new(),
        })
    }

    fn put(_request: ResourceRequest) -> Result<Step<()>> {
        let seen = kv::get(KEY)?;
        let number = number()? + 1;
        // Nobody may have counted meanwhile: the version of what was read is compared.
        kv::set_if(
            KEY,
            number.to_string().as_bytes(),
            seen.map_or(0, |item| item.version),
        )?;
        Step::succeeded(&Got {
            version: json!(Version { number }),
            metadata: Vec::new(),
        })
    }
}

fn number() -> Result<u64> {
    let Some(item) = kv::get(KEY)? else {
        return Ok(0);
    };
    let text = String::from_utf8_lossy(&item.value).into_owned();
    text.parse()
        .map_err(|_| Error::internal(format!("{text:?} is no number")))
}

fn known(request: &ResourceRequest) -> Result<Option<Version>> {
    let version = request.version.clone().filter(|version| !version.is_null());
    let version = version.map(serde_json::from_value).transpose();
    version.map_err(|err| Error::invalid(format!("failed to read the version: {err}")))
}

tenon_sdk::export_resource!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenon_sdk::envelope::resource::ResourceRequest;
    use tenon_sdk::{Resource as _, Step};

    use super::Plugin;

    #[test]
    fn each_put_makes_a_version() {
        let versions = || Plugin::check(ResourceRequest::default()).unwrap();
        assert_eq!(
            versions(),
            Step::succeeded(&json!({ "versions": [] })).unwrap()
        );
        Plugin::put(ResourceRequest::default()).unwrap();
        Plugin::put(ResourceRequest::default()).unwrap();
        let newest = json!({ "versions": [{ "number": 2 }] });
        assert_eq!(versions(), Step::succeeded(&newest).unwrap());
        let request = ResourceRequest {
            version: Some(json!({ "number": 1 })),
            ..Default::default()
        };
        let all = json!({ "versions": [{ "number": 1 }, { "number": 2 }] });
        assert_eq!(
            Plugin::check(request).unwrap(),
            Step::succeeded(&all).unwrap()
        );
    }
}
