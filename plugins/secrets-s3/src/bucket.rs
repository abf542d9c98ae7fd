//! Requests to the server of the bucket.

use std::collections::BTreeMap;

use serde::Deserialize;
use tenon_sdk::http::{Request, Response};
use tenon_sdk::{Error, Result, config, secret};

use crate::encryption::Encryption;
use crate::signature::{Signed, Signer, encoded, now, sha256};
use crate::xml;

/// What the operator says.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    bucket: String,
    endpoint: String,
    region: String,
    prefix: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    encrypt: String,
    kms_key_id: String,
    sse_key: String,
}

/// A bucket, and the keys for it.
pub(crate) struct Bucket {
    /// Such as `https://host:9000`, without a slash at its end.
    endpoint: String,
    host: String,
    /// What paths begin with.
    root: String,
    prefix: String,
    region: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    encryption: Encryption,
}

/// A part of a list.
pub(crate) struct Page {
    pub(crate) keys: Vec<String>,
    pub(crate) next: Option<String>,
}

/// A request before it is signed.
struct Call<'a> {
    method: &'a str,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Bucket {
    pub(crate) fn open() -> Result<Self> {
        let config: Config = config()?;
        if config.bucket.is_empty() {
            return Err(Error::invalid("there is no bucket; configure `bucket`"));
        }
        let region = if config.region.is_empty() { "us-east-1".to_owned() } else { config.region };
        let encryption =
            Encryption::parse(&config.encrypt, config.kms_key_id, &revealed(&config.sse_key)?)?;
        // A server of one's own rarely has a name per bucket.
        let (endpoint, root) = match config.endpoint.trim_end_matches('/') {
            "" => (format!("https://{}.s3.{region}.amazonaws.com", config.bucket), String::new()),
            endpoint => (endpoint.to_owned(), format!("/{}", encoded(&config.bucket, false))),
        };
        let host = endpoint.split_once("://").map(|(_, host)| host.to_owned());
        let host = host.ok_or_else(|| {
            Error::invalid(format!("{endpoint:?} is no URL; configure `endpoint` as https://HOST"))
        })?;
        if encryption.needs_tls() && !endpoint.starts_with("https://") && !is_loopback(&host) {
            return Err(Error::invalid("sse-c sends its key along; `endpoint` must be https"));
        }
        Ok(Self {
            endpoint,
            host,
            root,
            prefix: config.prefix.trim_matches('/').to_owned(),
            region,
            access_key_id: revealed(&config.access_key_id)?,
            secret_access_key: revealed(&config.secret_access_key)?,
            session_token: revealed(&config.session_token)?,
            encryption,
        })
    }

    /// Returns the name of an object or, without a name, of the folder of a scope.
    pub(crate) fn key(&self, scope: &str, name: &str) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("{}{slash}{scope}/-/{name}", self.prefix)
    }

    /// Returns an object and its entity tag, if it is there.
    pub(crate) fn get(&self, key: &str) -> Result<Option<(Vec<u8>, String)>> {
        let mut headers = BTreeMap::new();
        self.encryption.add(false, &mut headers);
        let response = self.send(self.object("GET", key, headers, vec![]))?;
        match response.status() {
            200 => Ok(Some((response.bytes()?, tag(&response)))),
            404 if code(&response)? == "NoSuchBucket" => Err(self.no_bucket()),
            404 => Ok(None),
            _ => Err(self.refused(&response)),
        }
    }

    /// Stores an object, and returns its entity tag.
    pub(crate) fn put(&self, key: &str, body: Vec<u8>) -> Result<String> {
        let mut headers =
            BTreeMap::from([("content-type".to_owned(), "application/json".to_owned())]);
        self.encryption.add(true, &mut headers);
        let response = self.send(self.object("PUT", key, headers, body))?;
        match response.status() {
            200 => Ok(tag(&response)),
            404 => Err(self.no_bucket()),
            _ => Err(self.refused(&response)),
        }
    }

    /// Removes an object. What is not there is no error.
    pub(crate) fn remove(&self, key: &str) -> Result<()> {
        let response = self.send(self.object("DELETE", key, BTreeMap::new(), vec![]))?;
        match response.status() {
            200 | 204 | 404 => Ok(()),
            _ => Err(self.refused(&response)),
        }
    }

    /// Lists objects by prefix, a thousand at a time.
    pub(crate) fn list(&self, prefix: &str, after: Option<&str>) -> Result<Page> {
        let mut query = vec![("list-type", "2".to_owned()), ("prefix", encoded(prefix, false))];
        query.extend(after.map(|token| ("continuation-token", encoded(token, false))));
        query.sort();
        let query = query.iter().map(|(name, value)| format!("{name}={value}"));
        let call = Call {
            method: "GET",
            path: if self.root.is_empty() { "/".to_owned() } else { self.root.clone() },
            query: query.collect::<Vec<_>>().join("&"),
            headers: BTreeMap::new(),
            body: vec![],
        };
        let response = self.send(call)?;
        match response.status() {
            200 => {
                let text = response.text()?;
                let next = xml::texts(&text, "NextContinuationToken").pop();
                Ok(Page { keys: xml::texts(&text, "Key"), next })
            }
            404 => Err(self.no_bucket()),
            _ => Err(self.refused(&response)),
        }
    }

    fn object<'a>(
        &self,
        method: &'a str,
        key: &str,
        headers: BTreeMap<String, String>,
        body: Vec<u8>,
    ) -> Call<'a> {
        let path = format!("{}/{}", self.root, encoded(key, true));
        Call { method, path, query: String::new(), headers, body }
    }

    fn send(&self, call: Call<'_>) -> Result<Response> {
        let Call { method, path, query, mut headers, body } = call;
        let (at, body_sha256) = (now(), sha256(&body));
        headers.insert("host".to_owned(), self.host.clone());
        headers.insert("x-amz-content-sha256".to_owned(), body_sha256.clone());
        headers.insert("x-amz-date".to_owned(), at.clone());
        if !self.session_token.is_empty() {
            headers.insert("x-amz-security-token".to_owned(), self.session_token.clone());
        }
        let signer = Signer {
            access_key_id: &self.access_key_id,
            secret_access_key: &self.secret_access_key,
            region: &self.region,
        };
        let signed = Signed {
            method,
            path: &path,
            query: &query,
            headers: &headers,
            body_sha256: &body_sha256,
            at: &at,
        };
        let authorization = signer.sign(&signed);
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = Request::new(method, &format!("{}{path}{mark}{query}", self.endpoint));
        // The host of the URL is sent by itself.
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            request = request.header(name, value);
        }
        request.header("authorization", &authorization).body(body).send()
    }

    fn no_bucket(&self) -> Error {
        Error::invalid(format!("{} has no such bucket; see `bucket`", self.endpoint))
    }

    /// Says what a status means. What the server wrote is not quoted: it may hold what was sent.
    fn refused(&self, response: &Response) -> Error {
        let endpoint = &self.endpoint;
        match response.status() {
            301 | 307 => Error::invalid(format!("{endpoint} sends elsewhere; see `region`")),
            400 => Error::invalid(format!(
                "{endpoint} refuses the request; see `region`, `encrypt` and `sseKey`"
            )),
            403 => Error::new(
                "denied",
                format!("{endpoint} refuses the keys; see `accessKeyId` and `secretAccessKey`"),
            ),
            status => Error::unavailable(format!("{endpoint} answers {status}")),
        }
    }
}

/// Returns the code of an error.
fn code(response: &Response) -> Result<String> {
    Ok(xml::texts(&response.text()?, "Code").pop().unwrap_or_default())
}

fn tag(response: &Response) -> String {
    response.header("etag").unwrap_or_default().trim_matches('"').to_owned()
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name == "localhost" || name == "[::1]" || name.starts_with("127.")
}

/// Returns what a text of the configuration means: `secret:NAME`, or itself.
fn revealed(text: &str) -> Result<String> {
    match text.strip_prefix("secret:") {
        Some(name) => secret::get(name)?.reveal(),
        None => Ok(text.to_owned()),
    }
}
