//! `tenon plugin new`: a folder that builds and passes at once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use serde_json::json;

use super::template;
use crate::args::author::{Lang, NewArgs};
use crate::exit::Exit;
use crate::out::Out;

const NAME_MAX: usize = 64;
/// No crate is called so: words of Rust, and crates that are always there.
const TAKEN_IN_RUST: [&str; 57] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "tenon-sdk",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "use",
    "where",
    "while",
];

pub(super) fn execute(args: &NewArgs, out: &Out) -> anyhow::Result<Exit> {
    let NewArgs { name, kind, lang, .. } = args;
    ensure!(
        is_name(name),
        "{name:?} cannot be a plugin's name; it begins with a lower-case letter, and goes on with \
         lower-case letters, digits and `-`"
    );
    ensure!(
        *lang != Lang::Rust || !TAKEN_IN_RUST.contains(&name.as_str()),
        "{name:?} cannot be the name of a crate, as it means something to Rust or cargo; take \
         another, such as my-{name}"
    );
    let Some(files) = template::files(*lang, kind) else {
        bail!("{kind:?} is no kind of plugin; the kinds are {}", template::kinds().join(", "));
    };
    let sdk = args.sdk.as_deref().map(|folder| Sdk::find(folder, *lang)).transpose()?;
    let folder = args.into.join(name);
    let shown = folder.display();
    fs::create_dir_all(&args.into)
        .with_context(|| format!("failed to make {}", args.into.display()))?;
    fs::create_dir(&folder).with_context(|| {
        format!("failed to make {shown}; if it is there, take another name, or remove it")
    })?;
    for file in files {
        let mut text = file.filled(name, kind);
        if let Some(sdk) = &sdk {
            text = sdk.put_into(text);
        }
        write(&folder.join(file.path), &text)?;
    }
    if let Some(text) = sdk.as_ref().and_then(Sdk::cargo_config) {
        write(&folder.join(".cargo/config.toml"), &text)?;
    }
    out.result(&json!({ "folder": folder }), |_| {
        let mut lines = vec![format!("made {shown}; go on with")];
        lines.extend(sdk.as_ref().and_then(Sdk::to_build));
        match lang {
            Lang::Rust => {}
            Lang::Js => lines.push(format!("  cd {shown} && npm install && cd -")),
            Lang::Python => lines.push(format!(
                "  cd {shown} && python3 -m venv .venv && .venv/bin/pip install . && cd -"
            )),
        }
        lines.push(format!("  tenon plugin test {shown}"));
        lines.push(format!("  tenon plugin build {shown}"));
        if sdk.is_none() {
            lines.push(
                "the SDK is in no package registry yet: unless yours has it, remove the folder, \
                 and start again with `--sdk DIR`, a checkout of Tenon"
                    .to_owned(),
            );
        }
        lines
    });
    Ok(Exit::Succeeded)
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    let shown = file.display();
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("failed to make {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("failed to write {shown}"))
}

fn is_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.len() <= NAME_MAX
        && name.bytes().next().is_some_and(|b| b.is_ascii_lowercase())
        && name.bytes().all(fits)
        && !name.ends_with('-')
}

/// An SDK that does not come from a package registry.
struct Sdk {
    lang: Lang,
    folder: PathBuf,
    /// rust: the crates that packaged ones depend on, by name.
    others: Vec<(String, PathBuf)>,
}

impl Sdk {
    /// Looks at a folder: a checkout of Tenon, or what the packages of the SDK were unpacked into.
    fn find(place: &Path, lang: Lang) -> anyhow::Result<Self> {
        let shown = place.display();
        let place = place.canonicalize().with_context(|| format!("failed to find {shown}"))?;
        let (checkout, mark) = match lang {
            Lang::Rust => ("sdk/rust", "Cargo.toml"),
            Lang::Js => ("sdk/js", "package.json"),
            Lang::Python => ("sdk/python", "pyproject.toml"),
        };
        for folder in [place.join(checkout), place.clone()] {
            if folder.join(mark).is_file() && folder.join("src").is_dir() {
                return Ok(Self { lang, folder, others: Vec::new() });
            }
        }
        let mut crates = Vec::new();
        if lang == Lang::Rust {
            let entries =
                fs::read_dir(&place).with_context(|| format!("failed to list {shown}"))?;
            let folders = entries.filter_map(|entry| Some(entry.ok()?.path()));
            for folder in folders.filter(|folder| folder.join(mark).is_file()) {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if let Some((name, _version)) = name.rsplit_once('-') {
                    crates.push((name.to_owned(), folder));
                }
            }
        }
        let ours = crates.iter().position(|(name, _)| name == "tenon-sdk");
        let ours = ours.with_context(|| {
            format!("{shown} holds no SDK; name a checkout of Tenon, or its unpacked packages")
        })?;
        let (_, folder) = crates.swap_remove(ours);
        Ok(Self { lang, folder, others: crates })
    }

    /// Returns a file of a script's template with the SDK's place in it.
    fn put_into(&self, text: String) -> String {
        let place = self.folder.display();
        match self.lang {
            Lang::Rust => text,
            Lang::Js => text.replace(
                &format!("\"@tenon/sdk\": \"^{}\"", template::SDK),
                &format!("\"@tenon/sdk\": \"file:{place}\""),
            ),
            Lang::Python => text.replace(
                &format!("\"tenon-sdk>={}\"", template::SDK),
                &format!("\"tenon-sdk @ file://{place}\""),
            ),
        }
    }

    /// Returns the line that builds the SDK itself, where it must be: the package has it built.
    fn to_build(&self) -> Option<String> {
        let is_unbuilt = self.lang == Lang::Js && !self.folder.join("dist").is_dir();
        let shown = self.folder.display();
        is_unbuilt.then(|| format!("  cd {shown} && npm install && npm run build && cd -"))
    }

    /// Returns the file by which cargo takes the SDK from its place, so that Cargo.toml stays as it
    /// is for everybody else.
    fn cargo_config(&self) -> Option<String> {
        if self.lang != Lang::Rust {
            return None;
        }
        let mut text = "[patch.crates-io]\n".to_owned();
        let ours = ("tenon-sdk".to_owned(), self.folder.clone());
        for (name, folder) in std::iter::once(&ours).chain(&self.others) {
            text += &format!("{name} = {{ path = {:?} }}\n", folder.display().to_string());
        }
        Some(text)
    }
}
