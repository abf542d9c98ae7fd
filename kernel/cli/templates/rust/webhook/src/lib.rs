//! Whether a delivery is genuine, and what it says: here, it carries one of the secrets.

use tenon_sdk::envelope::webhook::{Delivery, Receipt};
use tenon_sdk::{Error, Result, Webhook, webhook};

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

/// Where the sender puts the secret.
const HEADER: &str = "x-token";

impl Webhook for Plugin {
    fn receive(delivery: Delivery) -> Result<Receipt> {
        let named = |name: &str| {
            let mut headers = delivery.headers.iter();
            let header = headers.find(|header| header.name.eq_ignore_ascii_case(name));
            header.map(|header| header.value.as_str())
        };
        let refused = |code: &str| Receipt {
            code: code.to_owned(),
            ..Receipt::default()
        };
        if delivery.secrets.is_empty() {
            return Ok(refused("no-secret"));
        }
        let Some(token) = named(HEADER) else {
            return Ok(refused("unsigned"));
        };
        // All are compared, whole, so that the time says nothing.
        let fits = |secret: &String| same(secret.as_bytes(), token.as_bytes());
        if delivery
            .secrets
            .iter()
            .filter(|secret| fits(secret))
            .count()
            == 0
        {
            return Ok(refused("forged"));
        }
        let body = webhook::body(&delivery)?;
        let payload = serde_json::from_slice(&body)
            .map_err(|err| Error::invalid(format!("the body of the delivery is no JSON: {err}")))?;
        Ok(Receipt {
            genuine: true,
            delivery_id: named("x-delivery").unwrap_or_default().to_owned(),
            event: named("x-event").unwrap_or_default().to_owned(),
            payload,
            starts: true,
            ..Receipt::default()
        })
    }
}

fn same(one: &[u8], other: &[u8]) -> bool {
    let differ = one
        .iter()
        .zip(other)
        .fold(0, |differ, (a, b)| differ | (a ^ b));
    one.len() == other.len() && differ == 0
}

tenon_sdk::export_webhook!(Plugin);
tenon_sdk::manifest!("../manifest.json");

#[cfg(test)]
mod tests {
    use tenon_sdk::Webhook as _;
    use tenon_sdk::envelope::http::Header;
    use tenon_sdk::envelope::webhook::Delivery;

    use super::Plugin;

    fn code(secrets: &[&str], token: Option<&str>) -> String {
        let headers = token
            .map(|token| Header::new("X-Token", token))
            .into_iter()
            .collect();
        let secrets = secrets.iter().map(|&secret| secret.to_owned()).collect();
        // `{}` in base64.
        let body = "e30=".to_owned();
        let delivery = Delivery {
            headers,
            secrets,
            body,
            ..Delivery::default()
        };
        let receipt = Plugin::receive(delivery).unwrap();
        if receipt.genuine {
            "genuine".to_owned()
        } else {
            receipt.code
        }
    }

    #[test]
    fn only_who_knows_a_secret_is_believed() {
        assert_eq!(code(&["new", "old"], Some("old")), "genuine");
        assert_eq!(code(&["new"], Some("old")), "forged");
        assert_eq!(code(&["new"], Some("")), "forged");
        assert_eq!(code(&["new"], None), "unsigned");
        assert_eq!(code(&[], Some("")), "no-secret");
    }
}
