//! Fetches texts from public addresses, for steps that read one.

use kernel_ports::fetch::FetchError;
use reqwest::Url;
use reqwest::header::LOCATION;

use crate::egress::{Egress, EgressError, denied, describe};

/// So many are followed for steps.
pub(crate) const REDIRECTS: usize = 5;

/// Fetches one text. Each redirect is checked like the first address.
pub(crate) async fn fetch(
    egress: &Egress,
    url: &str,
    bytes_max: usize,
    redirects: usize,
) -> Result<String, FetchError> {
    let timeout = egress.policy.fetch_timeout;
    let work = follow(egress, url, bytes_max.min(egress.policy.fetch_bytes_max), redirects);
    tokio::time::timeout(timeout, work).await.unwrap_or_else(|_| {
        let reason = format!("no complete answer within {} ms", timeout.as_millis());
        Err(io(url, reason))
    })
}

async fn follow(
    egress: &Egress,
    url: &str,
    bytes_max: usize,
    redirects: usize,
) -> Result<String, FetchError> {
    let refused = |reason: String| FetchError::Denied { url: url.to_owned(), reason };
    let mut target = Url::parse(url).map_err(|err| refused(err.to_string()))?;
    for _ in 0..=redirects {
        if !matches!(target.scheme(), "http" | "https") {
            return Err(refused("only http and https are fetched".to_owned()));
        }
        let client = egress.client(&target, false).map_err(|err| match err {
            EgressError::Denied(err) => refused(err.to_string()),
            EgressError::Client(reason) => io(url, reason),
        })?;
        let mut response =
            client.get(target.clone()).send().await.map_err(|err| {
                match denied(&err).map(ToString::to_string) {
                    Some(reason) => refused(reason),
                    None => io(url, describe(err)),
                }
            })?;
        let status = response.status();
        if redirects > 0
            && status.is_redirection()
            && let Some(next) = response.headers().get(LOCATION).and_then(|l| l.to_str().ok())
        {
            target = target.join(next).map_err(|err| refused(err.to_string()))?;
            continue;
        }
        if !status.is_success() {
            return Err(FetchError::Status { url: url.to_owned(), status: status.as_u16() });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|err| io(url, describe(err)))? {
            if body.len() + chunk.len() > bytes_max {
                return Err(FetchError::TooLarge { url: url.to_owned(), limit: bytes_max });
            }
            body.extend_from_slice(&chunk);
        }
        return String::from_utf8(body).map_err(|_| io(url, "it is not UTF-8 text".to_owned()));
    }
    Err(refused(format!("it redirects more than {redirects} times")))
}

fn io(url: &str, reason: String) -> FetchError {
    FetchError::Io { url: url.to_owned(), err: reason.into() }
}
