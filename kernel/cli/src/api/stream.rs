//! Streams of events that go on after a break where they were.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;

use crate::api::Api;
use crate::api::error::ApiError;
use crate::api::sse::{Event, Reader};
use crate::api::transport::TransportError;

/// How often a broken stream is taken up again without an event in between.
const TRIES_MAX: u32 = 8;
/// The wait before the second try; doubled for each further one.
const WAIT_MIN: Duration = Duration::from_millis(200);

type Body = BoxStream<'static, Result<Bytes, TransportError>>;

/// Where a stream stands.
struct State {
    api: Api,
    path: String,
    last_id: Option<String>,
    body: Option<Body>,
    reader: Reader,
    ready: VecDeque<Event>,
    tries: u32,
    done: bool,
}

/// Returns the events of `path`. After the event of the kind `end`, or an error, comes nothing.
pub(crate) fn events(api: &Api, path: String) -> BoxStream<'static, Result<Event, ApiError>> {
    let state = State {
        api: api.clone(),
        path,
        last_id: None,
        body: None,
        reader: Reader::default(),
        ready: VecDeque::new(),
        tries: 0,
        done: false,
    };
    futures::stream::unfold(state, |mut state| async move {
        if state.done {
            return None;
        }
        let next = state.next().await;
        state.done = next.as_ref().map_or(true, |event| event.event == kernel_wire::event::END);
        Some((next, state))
    })
    .boxed()
}

impl State {
    async fn next(&mut self) -> Result<Event, ApiError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                self.tries = 0;
                if event.id.is_some() {
                    self.last_id.clone_from(&event.id);
                }
                return Ok(event);
            }
            let Some(body) = &mut self.body else {
                self.connect().await?;
                continue;
            };
            match body.next().await {
                Some(Ok(piece)) => self.ready.extend(self.reader.push(&piece)),
                Some(Err(err)) => self.broke(ApiError::Transport(err)).await?,
                None => self.broke(ApiError::Cut { what: self.path.clone() }).await?,
            }
        }
    }

    async fn connect(&mut self) -> Result<(), ApiError> {
        match self.api.stream_open(&self.path, self.last_id.as_deref()).await {
            Ok(body) => {
                self.body = Some(body);
                self.reader = Reader::default();
                Ok(())
            }
            // A server that restarts is back soon; one that was never there is not waited for.
            Err(ApiError::Transport(err)) if self.tries > 0 => {
                self.broke(ApiError::Transport(err)).await
            }
            Err(err) => Err(err),
        }
    }

    async fn broke(&mut self, err: ApiError) -> Result<(), ApiError> {
        self.body = None;
        self.tries += 1;
        if self.tries > TRIES_MAX {
            return Err(err);
        }
        tokio::time::sleep(WAIT_MIN * 2_u32.pow(self.tries.min(5) - 1)).await;
        Ok(())
    }
}
