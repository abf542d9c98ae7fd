//! `tenon login` without a name: a code that a person enters in a browser (RFC 8628).

use std::time::Duration;

use kernel_wire::device::{DeviceStart, DeviceStarted, DeviceToken};
use tokio::time::{Instant, sleep};

use crate::api::Api;
use crate::api::error::ApiError;
use crate::out::Out;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// What a server asks for each time that it was asked too early.
const SLOWER: Duration = Duration::from_secs(5);

/// Shows the code, waits for the person, and returns the token.
pub(super) async fn login(api: &Api, out: &Out) -> anyhow::Result<String> {
    let start = DeviceStart { client_id: "tenon".to_owned(), label: machine() };
    let started = api.device_start(&start).await?;
    let DeviceStarted { user_code, verification_uri, verification_uri_complete, .. } = &started;
    // Beside the result, which is for programs too.
    out.aside(&format!(
        "Open {verification_uri} in a browser and enter the code\n\n    {user_code}\n\n\
         or open {verification_uri_complete}\n\nWaiting …\n"
    ));
    let ends = Instant::now() + Duration::from_secs(started.expires_in);
    let mut pause = Duration::from_secs(started.interval.max(1));
    let ask = DeviceToken {
        grant_type: GRANT.to_owned(),
        device_code: started.device_code.clone(),
        client_id: start.client_id,
    };
    loop {
        sleep(pause).await;
        let refused = match api.device_token(&ask).await {
            Ok(made) => return Ok(made.access_token),
            Err(ApiError::Refused(refused)) => refused,
            // The server may be restarting, or the network is gone for a moment.
            Err(ApiError::Transport(_)) if Instant::now() < ends => continue,
            Err(err) => return Err(err.into()),
        };
        match refused.problem.code.as_str() {
            "authorization-pending" => {}
            "slow-down" | "rate-limited" => pause += SLOWER,
            _ => return Err(ApiError::Refused(refused).into()),
        }
    }
}

/// Returns the name of this machine, which says where a login is.
pub(super) fn machine() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}
