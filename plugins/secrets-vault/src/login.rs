//! Logging in with an AppRole, and the token that it gives.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenon_sdk::{Error, Result, keyring, kv};

use crate::vault::{Config, refused, request, revealed};

const KEY: &str = "token";
/// A token that ends within a call would be refused: it is left alone a little earlier.
const EARLY_S: u64 = 30;

#[derive(Serialize, Deserialize)]
struct Token {
    token: String,
    /// In seconds since the Unix epoch.
    ends_at: u64,
}

/// Returns the token of an earlier call, if it still counts.
pub(crate) fn kept() -> Result<Option<String>> {
    let Some(item) = kv::get(KEY)? else { return Ok(None) };
    // What does not open was sealed with a key that is gone; a login brings another.
    let Ok(plain) = keyring::open(KEY.as_bytes(), &item.value) else { return Ok(None) };
    let Ok(token) = serde_json::from_slice::<Token>(&plain) else { return Ok(None) };
    Ok((token.ends_at > now()).then_some(token.token))
}

/// Logs in, and keeps the token.
pub(crate) fn login(config: &Config) -> Result<String> {
    let body = json!({ "role_id": config.role_id, "secret_id": revealed(&config.secret_id)? });
    let url = format!("{}/v1/auth/approle/login", config.url);
    let response = request(config, "POST", &url).json(&body)?.send()?;
    match response.status() {
        200 => {}
        400 | 403 => {
            return Err(Error::new(
                "denied",
                "the vault refuses the AppRole; see `roleId` and `secretId`",
            ));
        }
        status => return Err(refused(status, &config.url)),
    }
    let answer: Value = response.json()?;
    let missing = || Error::unavailable("the vault gave no token for the AppRole");
    let token = answer["auth"]["client_token"].as_str().ok_or_else(missing)?.to_owned();
    let lives_s = answer["auth"]["lease_duration"].as_u64().unwrap_or_default();
    let kept = Token { token: token.clone(), ends_at: (now() + lives_s).saturating_sub(EARLY_S) };
    let plain = serde_json::to_vec(&kept).map_err(|err| Error::internal(err.to_string()))?;
    kv::set(KEY, &keyring::seal(KEY.as_bytes(), &plain)?)?;
    Ok(token)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
