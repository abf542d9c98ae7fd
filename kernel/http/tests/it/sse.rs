//! Reads server-sent events, piece by piece, as a client does.

use axum::body::BodyDataStream;
use axum::response::Response;
use futures::StreamExt;
use serde_json::Value;

use crate::api::PATIENCE;

/// An event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sse {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
}

/// A stream that is being read.
pub(crate) struct Stream {
    body: BodyDataStream,
    text: Vec<u8>,
}

impl Stream {
    #[track_caller]
    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body().into_data_stream(), text: vec![] }
    }

    /// Returns the next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Sse> {
        loop {
            if let Some(end) = self.text.windows(2).position(|two| two == b"\n\n") {
                let block: Vec<u8> = self.text.drain(..end + 2).collect();
                let block = String::from_utf8(block).unwrap();
                if let Some(event) = parse(&block) {
                    return Some(event);
                }
                continue;
            }
            let piece = tokio::time::timeout(PATIENCE, self.body.next()).await.unwrap()?;
            self.text.extend_from_slice(&piece.unwrap());
        }
    }

    pub(crate) async fn all(mut self) -> Vec<Sse> {
        let mut all = vec![];
        while let Some(event) = self.next().await {
            all.push(event);
        }
        all
    }
}

fn parse(block: &str) -> Option<Sse> {
    let field = |name: &str| {
        block.lines().find_map(|line| Some(line.strip_prefix(name)?.trim_start().to_owned()))
    };
    let data = serde_json::from_str(&field("data:")?).unwrap();
    Some(Sse { name: field("event:").unwrap(), id: field("id:"), data })
}
