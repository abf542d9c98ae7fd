//! Typed functions: JSON in, JSON out. Their names and schemas stand in the manifest.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_sdk::config::config;
use tenon_sdk::{Action, Error, Result, Step};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

/// What an operator configures; the kernel has checked it against the manifest's schema.
#[derive(Debug, Deserialize)]
struct Config {
    #[serde(default = "hello")]
    greeting: String,
}

fn hello() -> String {
    "hello".to_owned()
}

#[derive(Debug, Deserialize)]
struct Input {
    name: String,
}

#[derive(Debug, Serialize)]
struct Output {
    text: String,
}

impl Action for Plugin {
    /// Nothing lives between two calls, as everything is answered at once.
    type State = ();

    fn start(name: &str, input: Value) -> Result<Step<()>> {
        match name {
            "greet" => {
                let Input { name } = serde_json::from_value(input)
                    .map_err(|err| Error::invalid(format!("failed to read the input: {err}")))?;
                let Config { greeting } = config()?;
                tenon_sdk::info!("greeting {name}");
                Step::succeeded(&Output {
                    text: format!("{greeting}, {name}"),
                })
            }
            _ => Err(Error::not_found(format!(
                "there is no function {name:?}; call `greet`"
            ))),
        }
    }
}

tenon_sdk::export_action!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tenon_sdk::{Action as _, Step, testing};

    use super::Plugin;

    #[test]
    fn somebody_is_greeted() {
        testing::with(|host| host.config = json!({ "greeting": "good morning" }));
        let step = Plugin::start("greet", json!({ "name": "Ada" })).unwrap();
        assert_eq!(
            step,
            Step::succeeded(&json!({ "text": "good morning, Ada" })).unwrap()
        );
    }

    #[test]
    fn a_wrong_input_is_refused() {
        let err = Plugin::start("greet", json!({})).unwrap_err();
        assert!(err.message.contains("name"), "{}", err.message);
        assert!(Plugin::start("other", json!({})).is_err());
    }
}
