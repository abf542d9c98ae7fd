//! Streams of server-sent events that follow a run until its end.
//!
//! Invariants:
//! - A stream reads on only when its client has taken what it was given: a slow client costs one
//!   page of events, or one page of each log that is open at the time it has come to.
//! - Everything sent has an id to resume from, and a resumed stream neither repeats nor skips.
//! - Streams end when the server stops.

mod carry;
mod cursor;
mod events;
mod logs;
mod reader;
mod source;
mod stopping;
mod wake;

use std::convert::Infallible;
use std::time::Duration;

use axum::response::IntoResponse;
use axum::response::Response;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{self, Stream};
use serde::Serialize;

pub(crate) use cursor::Cursor;
pub(crate) use events::EventFeed;
pub(crate) use logs::{LogFeed, LogWish};
pub(crate) use stopping::Stopping;

use crate::error::ApiError;

/// The name of an SSE event that says why a stream breaks off; its data is a problem.
const PROBLEM: &str = "problem";
/// Proxies close connections that are silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Something that gives one event after the other.
pub(crate) trait Feed: Send + 'static {
    /// Returns the next event; `None` at the end.
    fn next(&mut self) -> impl Future<Output = Result<Option<Event>, ApiError>> + Send;
}

/// Returns a feed as an answer.
pub(crate) fn answer<F: Feed>(feed: F) -> Response {
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    let mut response = Sse::new(events(feed)).keep_alive(keep_alive).into_response();
    // Proxies that collect answers would hold the stream back.
    response.headers_mut().insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response
}

fn events<F: Feed>(feed: F) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(Some(feed), async |feed| {
        let mut feed = feed?;
        match feed.next().await {
            Ok(Some(event)) => Some((Ok(event), Some(feed))),
            Ok(None) => None,
            Err(err) => {
                let problem = sse(PROBLEM, None, &err.problem()).unwrap_or_default();
                Some((Ok(problem), None))
            }
        }
    })
}

fn sse<T: Serialize>(name: &str, id: Option<&str>, data: &T) -> Result<Event, ApiError> {
    let data = serde_json::to_string(data).map_err(|err| ApiError::internal(&err))?;
    let event = Event::default().event(name).data(data);
    Ok(match id {
        Some(id) => event.id(id),
        None => event,
    })
}
