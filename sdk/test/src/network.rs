//! Recorded HTTP and connections: what is sent is kept, and answered with what the test has recorded.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use kernel_ports::egress::{Egress, EgressError, EgressRequest, EgressResponse, Wire};

/// A request that the plugin has sent, with the values of secrets in place.
pub type SentRequest = EgressRequest;

/// An answer to requests of a method and a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    method: String,
    url: String,
    answer: Result<EgressResponse, EgressError>,
}

/// A connection that the plugin has made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialled {
    /// Such as `db.example.com:5432`.
    pub place: String,
    pub tls: bool,
    pub written: Vec<u8>,
}

/// Answers requests and connections from what was recorded.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Those that were not used, in order. The last that fits stays.
    recorded: Mutex<Vec<Recorded>>,
    sent: Mutex<Vec<SentRequest>>,
    /// What is read of connections to a place, each once, in order.
    streams: Mutex<Vec<(String, Vec<u8>)>>,
    dialled: Mutex<Vec<Arc<Mutex<Dialled>>>>,
}

/// A recorded connection.
struct Played {
    dialled: Arc<Mutex<Dialled>>,
    rest: Vec<u8>,
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
        // The host is that of the request.
        self.answer = Err(EgressError::Timeout { host: String::new() });
        self
    }

    fn fits(&self, request: &SentRequest) -> bool {
        let method = self.method == "*" || self.method.eq_ignore_ascii_case(&request.method);
        method && request.url.starts_with(&self.url)
    }
}

impl Network {
    pub(crate) fn record(&self, recorded: Recorded) {
        locked(&self.recorded).push(recorded);
    }

    pub(crate) fn stream(&self, place: String, read: Vec<u8>) {
        locked(&self.streams).push((place, read));
    }

    pub(crate) fn sent(&self) -> Vec<SentRequest> {
        locked(&self.sent).clone()
    }

    pub(crate) fn dialled(&self) -> Vec<Dialled> {
        locked(&self.dialled).iter().map(|dialled| locked(dialled).clone()).collect()
    }
}

impl Wire for Played {
    fn read(&mut self, max: usize) -> Vec<u8> {
        let length = self.rest.len().min(max);
        self.rest.drain(..length).collect()
    }

    fn write(&mut self, bytes: &[u8]) {
        locked(&self.dialled).written.extend_from_slice(bytes);
    }
}

/// Returns the host of a URL, without its port, as the host of plugins names it.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let place = place.rsplit('@').next().unwrap_or_default();
    match place.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host.to_owned(),
        _ => place.to_owned(),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Egress for Network {
    async fn send(&self, request: EgressRequest) -> Result<EgressResponse, EgressError> {
        locked(&self.sent).push(request.clone());
        let mut recorded = locked(&self.recorded);
        let fitting: Vec<usize> =
            (0..recorded.len()).filter(|index| recorded[*index].fits(&request)).collect();
        let answer = match fitting[..] {
            [] => {
                let reason = format!("nothing is recorded for {} {}", request.method, request.url);
                Err(EgressError::Unavailable { reason })
            }
            [only] => recorded[only].answer.clone(),
            [first, ..] => recorded.remove(first).answer,
        };
        answer.map_err(|err| match err {
            EgressError::Timeout { .. } => EgressError::Timeout { host: host(&request.url) },
            err @ EgressError::Unavailable { .. } => err,
        })
    }

    async fn dial(&self, place: &str, tls: bool) -> Result<Box<dyn Wire>, EgressError> {
        let mut streams = locked(&self.streams);
        let Some(at) = streams.iter().position(|(to, _)| to == place) else {
            let reason = format!("nothing is recorded for a connection to {place}");
            return Err(EgressError::Unavailable { reason });
        };
        let (place, rest) = streams.remove(at);
        let dialled = Arc::new(Mutex::new(Dialled { place, tls, written: Vec::new() }));
        locked(&self.dialled).push(Arc::clone(&dialled));
        Ok(Box::new(Played { dialled, rest }))
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_of_a_request_is_named_without_its_port() {
        assert_eq!(host("https://chat.example.com/hook?a=b"), "chat.example.com");
        assert_eq!(host("http://me:pw@example.com:8080"), "example.com");
        assert_eq!(host("http://[::1]:80/a"), "[::1]");
    }
}
