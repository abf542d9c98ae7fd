//! A registry of npm with one package: that of this repository, before it is published.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::tool::root;

/// A registry that serves until the program ends.
#[derive(Debug)]
pub(crate) struct Registry {
    url: String,
}

impl Registry {
    /// Serves a tarball on a port of this machine.
    pub(crate) fn start(tarball: &Path) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("failed to listen")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let tarball = fs::read(tarball)?;
        let package = package(&url)?.to_string();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that went away has its answer or wants none.
                let _ = answer(stream, package.as_bytes(), &tarball);
            }
        });
        Ok(Self { url })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// Returns a port that is free now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Returns what npm asks about a package.
fn package(url: &str) -> Result<Value> {
    let text = fs::read_to_string(root().join("sdk/js/package.json"))?;
    let mut version: Value = serde_json::from_str(&text)?;
    version["dist"] = json!({ "tarball": format!("{url}sdk.tgz") });
    let number = version["version"].as_str().unwrap_or_default().to_owned();
    Ok(json!({
        "name": version["name"],
        "dist-tags": { "latest": number },
        "versions": { number: version },
    }))
}

fn answer(stream: TcpStream, package: &[u8], tarball: &[u8]) -> std::io::Result<()> {
    let mut lines = BufReader::new(&stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    // The rest of the head; requests of npm for packages have no body.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let (kind, body) = if first.contains("/sdk.tgz") {
        ("application/octet-stream", tarball)
    } else {
        ("application/json", package)
    };
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    );
    (&stream).write_all(head.as_bytes())?;
    (&stream).write_all(body)
}
