//! Recorded HTTP: requests are kept, and answered with what the test has recorded.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use kernel_ports::egress::{Egress, EgressError, EgressRequest, EgressResponse};

/// A request that the plugin has sent, with the values of secrets in place.
pub type Sent = EgressRequest;

/// An answer to requests of a method and a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    method: String,
    url: String,
    answer: Result<EgressResponse, EgressError>,
}

/// Answers requests from what was recorded.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Those that were not used, in order. The last that fits stays.
    recorded: Mutex<Vec<Recorded>>,
    sent: Mutex<Vec<Sent>>,
}

impl Recorded {
    /// Answers `method` (`*`: any) on what begins with `url` (empty: anything) with 200 and no body.
    #[must_use]
    pub fn new(method: &str, url: &str) -> Self {
        let answer = Ok(EgressResponse { status: 200, ..EgressResponse::default() });
        Self { method: method.to_owned(), url: url.to_owned(), answer }
    }

    /// Sets the status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        if let Ok(answer) = &mut self.answer {
            answer.status = status;
        }
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(answer) = &mut self.answer {
            answer.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        if let Ok(answer) = &mut self.answer {
            answer.body = body.into();
        }
        self
    }

    /// Lets the request run out of time instead.
    #[must_use]
    pub fn timeout(mut self) -> Self {
        self.answer = Err(EgressError::Timeout { host: self.url.clone() });
        self
    }

    fn fits(&self, request: &Sent) -> bool {
        let method = self.method == "*" || self.method.eq_ignore_ascii_case(&request.method);
        method && request.url.starts_with(&self.url)
    }
}

impl Network {
    pub(crate) fn record(&self, recorded: Recorded) {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner).push(recorded);
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Egress for Network {
    async fn send(&self, request: EgressRequest) -> Result<EgressResponse, EgressError> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let fitting: Vec<usize> =
            (0..recorded.len()).filter(|index| recorded[*index].fits(&request)).collect();
        match fitting[..] {
            [] => {
                let reason = format!("nothing is recorded for {} {}", request.method, request.url);
                Err(EgressError::Unavailable { reason })
            }
            [only] => recorded[only].answer.clone(),
            [first, ..] => recorded.remove(first).answer,
        }
    }
}
