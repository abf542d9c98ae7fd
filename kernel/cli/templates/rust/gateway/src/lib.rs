//! A protocol on a path: here, one that says hello.

use serde_json::json;
use tenon_sdk::envelope::gateway::GatewayRequest;
use tenon_sdk::gateway::Answer;
use tenon_sdk::{Gateway, Result};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

impl Gateway for Plugin {
    fn handle(request: GatewayRequest, body: Vec<u8>) -> Result<Answer> {
        match request.method.as_str() {
            "GET" => Answer::json(200, &json!({ "hello": request.path })),
            "POST" => Answer::json(200, &json!({ "bytes": body.len() })),
            _ => {
                Ok(Answer::new(405, "text/plain", "only GET and POST\n")
                    .header("allow", "GET, POST"))
            }
        }
    }
}

tenon_sdk::export_gateway!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::Gateway as _;
    use tenon_sdk::envelope::gateway::GatewayRequest;

    use super::Plugin;

    fn status(method: &str) -> u16 {
        let method = method.to_owned();
        let request = GatewayRequest {
            method,
            ..GatewayRequest::default()
        };
        Plugin::handle(request, Vec::new()).unwrap().head.status
    }

    #[test]
    fn other_methods_are_refused() {
        assert_eq!(
            (status("GET"), status("POST"), status("DELETE")),
            (200, 200, 405)
        );
    }
}
