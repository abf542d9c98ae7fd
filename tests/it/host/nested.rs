//! Calls within calls: a secret whose backend is a plugin, where one call may run at a time.

use std::sync::{Arc, OnceLock, Weak};

use async_trait::async_trait;
use kernel_host::{CallLimits, Host, Ports};
use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_ports::plugin::{Machine, MachineCall, MachineInput, PluginError, Plugins as _};
use kernel_ports::secret::{SecretError, Secrets};

use super::capability::mirror;
use super::fixture;
use super::world::{RUN, limits, ports};

/// Asks a plugin for each value.
#[derive(Default)]
struct Asking {
    host: OnceLock<Weak<Host>>,
}

#[async_trait]
impl Secrets for Asking {
    async fn secret_get(&self, _: RunId, name: &str) -> Result<String, SecretError> {
        let host = self.host.get().and_then(Weak::upgrade).unwrap();
        let answer = call(&host, "echo", "\"from within\"".to_owned()).await;
        let missing = SecretError::Missing { name: name.to_owned() };
        answer.map_err(|_| missing)
    }
}

async fn call(host: &Host, name: &str, input: String) -> Result<String, PluginError> {
    let call = MachineCall {
        machine: Machine::Action("hostile".into()),
        input: MachineInput::Action { name: name.to_owned(), input },
        made_by: "".into(),
        run: Some(RUN),
        step: None,
        attempt: 1,
        at: Time(1),
        log: None,
    };
    let step = host.machine_call(call).await?;
    let output = step.done.unwrap().output;
    Ok(output.as_str().map_or_else(|| output.to_string(), str::to_owned))
}

#[tokio::test]
async fn a_call_within_a_call_does_not_wait_for_the_place_of_who_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let secrets = Arc::new(Asking::default());
    let ports = Ports { secrets: secrets.clone(), ..ports(&dir) };
    let host = Host::builder(fixture::compiled(), ports)
        .limits(CallLimits { calls_at_once: 1, call_ms: 10_000, ..limits() })
        .built_in("hostile", fixture::hostile())
        .build()
        .unwrap();
    secrets.host.set(Arc::downgrade(&host)).unwrap();
    let answer = call(&host, "http-secret", mirror().await).await.unwrap();
    assert!(answer.contains("authorization: Bearer from within"), "{answer}");
    call(&host, "echo", "1".to_owned()).await.unwrap();
}
