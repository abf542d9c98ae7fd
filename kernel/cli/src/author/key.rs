//! `tenon plugin keygen` and `tenon plugin sign`.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use kernel_package::key::PublicKey;
use kernel_package::signing::{KeyKind, NewKey, SecretKey};
use serde_json::json;

use super::{Inspect, password};
use crate::args::author::{self, KeyArgs, KeygenArgs, SignArgs};
use crate::exit::Exit;
use crate::out::Out;

pub(super) fn make(args: &KeygenArgs, out: &Out) -> anyhow::Result<Exit> {
    let kind = match args.kind {
        author::KeyKind::Cosign => KeyKind::Cosign,
        author::KeyKind::Ed25519 => KeyKind::Ed25519,
        author::KeyKind::Minisign => KeyKind::Minisign,
    };
    ensure!(
        args.password_file.is_none() || kind == KeyKind::Minisign,
        "only keys of minisign are protected by a password; use --kind minisign, or keep the file \
         where nobody else reads it"
    );
    let password = args.password_file.as_deref().map(password).transpose()?;
    let new = NewKey::generate(kind, password)?;
    let (secret, public) = (ending(&args.name, "key"), ending(&args.name, "pub"));
    // The public one first: should it be there already, no secret is left lying about.
    write_new(&public, &new.public, 0o644)?;
    write_new(&secret, &new.secret, 0o600).inspect_err(|_| {
        // One that belongs to no secret would be given out as if it did.
        let _ = fs::remove_file(&public);
    })?;
    let fingerprint = PublicKey::parse(&new.public)?.fingerprint().to_owned();
    let result = json!({ "secret": secret, "public": public, "fingerprint": fingerprint });
    out.result(&result, |_| {
        vec![
            format!("{}  signs; keep it secret", secret.display()),
            format!("{}  is for everybody ({fingerprint})", public.display()),
        ]
    });
    Ok(Exit::Succeeded)
}

pub(super) fn sign(args: &SignArgs, inspect: Inspect, out: &Out) -> anyhow::Result<Exit> {
    let key = read(&args.key)?.context("nothing to sign with; name the secret key by --key")?;
    let shown = args.file.display();
    let bytes = fs::read(&args.file).with_context(|| format!("failed to read {shown}"))?;
    // A signature says that this plugin is good, and this is none.
    inspect(&shown.to_string(), &bytes).with_context(|| format!("{shown} is no plugin to sign"))?;
    let (ending, text) = key.file_sign(&bytes)?;
    let mut place = args.file.as_os_str().to_owned();
    place.push(ending);
    let place = PathBuf::from(place);
    fs::write(&place, text).with_context(|| format!("failed to write {}", place.display()))?;
    out.result(&json!({ "signature": place }), |_| vec![format!("signed: {}", place.display())]);
    Ok(Exit::Succeeded)
}

/// Reads the key that was named, if one was.
pub(super) fn read(args: &KeyArgs) -> anyhow::Result<Option<SecretKey>> {
    let Some(file) = &args.key else { return Ok(None) };
    let shown = file.display();
    let text = fs::read_to_string(file).with_context(|| format!("failed to read {shown}"))?;
    let password = args.key_password_file.as_deref().map(password).transpose()?;
    let key = SecretKey::parse(&text, password);
    key.map(Some).with_context(|| format!("{shown} cannot sign"))
}

fn ending(name: &Path, ending: &str) -> PathBuf {
    let mut place = name.as_os_str().to_owned();
    place.push(".");
    place.push(ending);
    place.into()
}

/// Writes a file that was not there: a key that is overwritten is lost.
fn write_new(place: &Path, text: &str, mode: u32) -> anyhow::Result<()> {
    let shown = place.display();
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(place);
    let mut file = file.with_context(|| {
        format!("failed to make {shown}; if it is there, take another name, or move it away")
    })?;
    file.write_all(text.as_bytes()).with_context(|| format!("failed to write {shown}"))
}
