use std::sync::Mutex;

use async_trait::async_trait;
use kernel_model::time::Time;
use kernel_ports::fetch::{Fetch, FetchError};
use serde_json::{Value, json};

use super::{AGE_MS, Documents, address};

const ID: &str = "https://app.example/client.json";

/// Has one document, and counts who asks for it.
struct Shelf {
    text: String,
    fetched: Mutex<Vec<String>>,
}

impl Shelf {
    fn of(document: &Value) -> Self {
        Self { text: document.to_string(), fetched: Mutex::default() }
    }

    fn count(&self) -> usize {
        self.fetched.lock().unwrap().len()
    }
}

#[async_trait]
impl Fetch for Shelf {
    async fn fetch(&self, url: &str, _: usize) -> Result<String, FetchError> {
        panic!("{url} is fetched wherever it leads")
    }

    async fn fetch_here(&self, url: &str, limit: usize) -> Result<String, FetchError> {
        self.fetched.lock().unwrap().push(url.to_owned());
        match self.text.len() > limit {
            true => Err(FetchError::TooLarge { url: url.to_owned(), limit }),
            false => Ok(self.text.clone()),
        }
    }
}

fn good() -> Value {
    json!({
        "client_id": ID,
        "client_name": "Example",
        "redirect_uris": ["http://127.0.0.1/cb"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
    })
}

#[tokio::test]
async fn a_description_is_believed_for_some_minutes() {
    let (documents, shelf) = (Documents::default(), Shelf::of(&good()));
    let client = documents.get(ID, &shelf, "", Time(0)).await.unwrap();
    assert_eq!((client.id.as_str(), client.name.as_str()), (ID, "Example"));
    assert_eq!(client.host.as_deref(), Some("app.example"));
    documents.get(ID, &shelf, "", Time(AGE_MS - 1)).await.unwrap();
    assert_eq!(shelf.count(), 1);
    documents.get(ID, &shelf, "", Time(AGE_MS)).await.unwrap();
    assert_eq!(shelf.count(), 2);
}

#[tokio::test]
async fn a_description_of_another_program_is_none() {
    let with = |key: &str, value: Value| {
        let mut document = good();
        document[key] = value;
        document
    };
    for (document, says) in [
        (with("client_id", json!("https://app.example/other.json")), "it describes"),
        (with("client_secret", json!("x")), "a secret"),
        (with("token_endpoint_auth_method", json!("private_key_jwt")), "private_key_jwt"),
        (with("redirect_uris", json!([])), "redirect_uris has 0"),
        (with("redirect_uris", json!(["javascript:alert(1)"])), "javascript"),
        (with("client_name", json!("x".repeat(20_000))), "larger than 16384 bytes"),
        (json!([]), "invalid"),
        (json!({ "client_id": ID }), "redirect_uris"),
    ] {
        let (documents, shelf) = (Documents::default(), Shelf::of(&document));
        let err = documents.get(ID, &shelf, "", Time(0)).await.unwrap_err().to_string();
        assert!(err.contains(ID) && err.contains(says), "{err}");
        // What was refused is asked for again.
        documents.get(ID, &shelf, "", Time(0)).await.unwrap_err();
        assert_eq!(shelf.count(), 2);
    }
}

#[tokio::test]
async fn whoever_names_many_addresses_has_to_wait() {
    let (documents, shelf) = (Documents::default(), Shelf::of(&good()));
    for i in 0..super::PER_HOUR {
        let id = format!("https://app.example/{i}.json");
        documents.get(&id, &shelf, "a", Time(0)).await.unwrap_err();
    }
    let err = documents.get(ID, &shelf, "a", Time(0)).await.unwrap_err().to_string();
    assert!(err.contains("too many"), "{err}");
    documents.get(ID, &shelf, "b", Time(0)).await.unwrap();
}

#[test]
fn an_address_has_one_plain_form() {
    for id in [ID, "https://app.example/a/", "http://127.0.0.1:80801/x", "https://app.example:8/x"]
    {
        let is_good = !id.contains("80801");
        assert_eq!(address(id).is_ok(), is_good, "{id}");
    }
    for id in [
        "http://app.example/client.json",
        "https://app.example",
        "https://app.example/",
        "https://app.example:443/x",
        "https://APP.example/x",
        "https://app.example/a/../x",
        "https://app.example/x#y",
        "https://user@app.example/x",
        "https://user:pass@app.example/x",
        "ftp://app.example/x",
        &format!("https://app.example/{}", "x".repeat(500)),
    ] {
        assert!(address(id).is_err(), "{id}");
    }
}
