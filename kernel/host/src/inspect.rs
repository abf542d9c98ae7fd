//! Reads from a binary what a plugin is: its exports, imports and manifest. Nothing is compiled.

use std::fmt::Write as _;

use kernel_ports::plugin::{PluginInfo, PluginKind};
use sha2::{Digest as _, Sha256};
use wasmparser::{Encoding, Parser, Payload};
use wit_envelope::manifest::{Manifest, SECTION};

use crate::grant::{Grants, check_parameter};
use crate::policy::{ALWAYS, GRANTABLE, Policy};
use crate::wish::{has_parts, part_of};

/// The package of the contract, and the version of it that this host speaks.
const PACKAGE: &str = "tenon:plugin/";
const MAJOR: &str = "1.";
const CONTRACT: (u64, u64) = (1, 0);
/// Interfaces with types only: no plugin is one, and none asks for one.
const TYPES: [&str; 2] = ["types", "machine"];
/// What a plugin can do besides, probed when it is loaded.
const OPTIONAL: [&str; 2] = ["migration", "selftest"];
/// The packages of WASI that the standard libraries of languages need, each answered by an empty
/// world.
const WASI: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];
/// What the kernel does for plugins by their grants: it sends the requests that they describe, and
/// moves archives from and to the buckets that they name.
const DONE_FOR: [(PluginKind, &str); 3] =
    [(PluginKind::Model, "http"), (PluginKind::Cache, "http"), (PluginKind::Cache, "blob")];
/// Versions are shown in tables and said in commands.
const VERSION_BYTES: usize = 64;
/// Names of files are no longer.
const PATTERN_BYTES: usize = 255;
const PATTERNS: usize = 32;
/// A manifest has schemas in it, but no data.
const MANIFEST_BYTES: usize = 1024 * 1024;

/// Why a file is no plugin that can be used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    #[error("this is not WebAssembly; build the plugin for the target wasm32-wasip2")]
    NotWasm,
    #[error("this is a core module, not a component; build the plugin for wasm32-wasip2")]
    CoreModule,
    #[error("the component is damaged: {reason}; build or fetch it again")]
    Damaged { reason: String },
    #[error(
        "it has no manifest: put its JSON into the custom section {SECTION:?}, as the SDK does"
    )]
    NoManifest,
    #[error("its manifest cannot be read: {reason}")]
    Manifest { reason: String },
    #[error(
        "it exports nothing that a plugin can be; export one of {kinds} of {PACKAGE}NAME@1",
        kinds = PluginKind::ALL.map(PluginKind::word).join(", ")
    )]
    NoKind,
    #[error("it exports {name:?}, which is no extension point of this version of Tenon")]
    UnknownExport { name: String },
    #[error("it needs {needs}, which is newer than this version of Tenon knows; update the server")]
    Newer { needs: String },
    #[error("it imports {name:?}, which is no capability that Tenon offers; remove its use")]
    UnknownImport { name: String },
    #[error("its manifest asks for {capability:?}, which is no capability; known are {known}")]
    UnknownRequest { capability: String, known: String },
    #[error(
        "its manifest asks for {wish:?} of `{capability}`, which is everything; name what it needs"
    )]
    Everything { capability: String, wish: String },
    #[error(
        "its manifest asks for `{capability}` without saying of what; name what it needs, such as \
         {example}"
    )]
    Unnamed { capability: String, example: String },
}

/// What a binary says about itself.
#[derive(Debug, Clone)]
pub(crate) struct Inspected {
    pub(crate) digest: String,
    pub(crate) size: u64,
    pub(crate) kinds: Vec<PluginKind>,
    pub(crate) exports: Vec<String>,
    pub(crate) imports: Vec<String>,
    pub(crate) manifest: Manifest,
}

impl Inspected {
    /// Returns what can be granted to it: the contract's interfaces that it imports, and what the
    /// kernel does for it by its grants.
    pub(crate) fn capabilities(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.imports.iter().filter_map(|name| interface(name)).collect();
        let requests = &self.manifest.requests;
        for (kind, capability) in DONE_FOR {
            let asks = requests.iter().any(|request| request.capability == capability);
            if asks && self.kinds.contains(&kind) && !all.contains(&capability) {
                all.push(capability);
            }
        }
        all
    }

    /// Returns the full name of the export of `kind`.
    pub(crate) fn export(&self, kind: PluginKind) -> Option<&str> {
        let is_it = |name: &&String| interface(name).and_then(kind_of) == Some(kind);
        self.exports.iter().find(is_it).map(String::as_str)
    }

    /// Returns the full name of an optional export.
    pub(crate) fn optional(&self, wanted: &str) -> Option<&str> {
        self.exports.iter().find(|name| interface(name) == Some(wanted)).map(String::as_str)
    }

    pub(crate) fn info(&self, origin: &str, grants: &Grants) -> PluginInfo {
        PluginInfo {
            name: self.manifest.name.clone(),
            version: self.manifest.version.clone(),
            digest: self.digest.clone(),
            size: self.size,
            kinds: self.kinds.clone(),
            exports: self.exports.clone(),
            imports: self.imports.clone(),
            grants: grants.infos.clone(),
            summary: self.manifest.summary.clone(),
            origin: origin.to_owned(),
        }
    }
}

/// Reads a plugin's file. Its grants say what it would have without any rule of the operator.
pub fn inspect(bytes: &[u8]) -> Result<PluginInfo, InspectError> {
    let inspected = read(bytes)?;
    let grants = Grants::decide(
        &inspected.manifest.name,
        false,
        &inspected.capabilities(),
        &inspected.manifest.requests,
        &Policy::new(),
    );
    Ok(inspected.info("file", &grants))
}

/// Reads the manifest of a plugin that can be used here.
pub fn manifest(bytes: &[u8]) -> Result<Manifest, InspectError> {
    Ok(read(bytes)?.manifest)
}

/// Reads the manifest as it stands in the binary, with the keys that this host does not know.
pub fn manifest_text(bytes: &[u8]) -> Result<Vec<u8>, InspectError> {
    sections(bytes)?.manifest.ok_or(InspectError::NoManifest)
}

/// Reads what a binary says about itself, and checks it.
pub(crate) fn read(bytes: &[u8]) -> Result<Inspected, InspectError> {
    if !bytes.starts_with(b"\0asm") {
        return Err(InspectError::NotWasm);
    }
    if Parser::is_core_wasm(bytes) {
        return Err(InspectError::CoreModule);
    }
    let raw = sections(bytes)?;
    let manifest = raw.manifest.ok_or(InspectError::NoManifest)?;
    let manifest: Manifest = serde_json::from_slice(&manifest)
        .map_err(|err| InspectError::Manifest { reason: err.to_string() })?;
    kernel_model::name::Name::new(&manifest.name)
        .map_err(|err| InspectError::Manifest { reason: err.to_string() })?;
    check_contract(&manifest.contract)?;
    check_tenon(&manifest.tenon, env!("CARGO_PKG_VERSION"))?;
    check_texts(&manifest).map_err(|reason| InspectError::Manifest { reason })?;
    let mut kinds = Vec::new();
    for name in &raw.exports {
        match known(name)?.map(|interface| (interface, kind_of(interface))) {
            Some((_, Some(kind))) => kinds.push(kind),
            Some((interface, None))
                if TYPES.contains(&interface) || OPTIONAL.contains(&interface) => {}
            Some(_) => return Err(InspectError::UnknownExport { name: name.clone() }),
            // Other exports harm nobody: nothing calls them.
            None => {}
        }
    }
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        return Err(InspectError::NoKind);
    }
    check_requests(&manifest, &kinds)?;
    for name in &raw.imports {
        let offered = match known(name)? {
            Some(interface) => {
                [&ALWAYS[..], &GRANTABLE[..], &TYPES[..]].iter().any(|l| l.contains(&interface))
            }
            None => WASI.iter().any(|package| name.starts_with(package)),
        };
        if !offered {
            return Err(if name.starts_with(PACKAGE) {
                InspectError::Newer { needs: name.clone() }
            } else {
                InspectError::UnknownImport { name: name.clone() }
            });
        }
    }
    let size = bytes.len() as u64;
    let (digest, exports, imports) = (digest(bytes), raw.exports, raw.imports);
    Ok(Inspected { digest, size, kinds, exports, imports, manifest })
}

/// Returns the SHA-256 of `bytes` in hex.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[derive(Default)]
struct Raw {
    exports: Vec<String>,
    imports: Vec<String>,
    manifest: Option<Vec<u8>>,
}

fn sections(bytes: &[u8]) -> Result<Raw, InspectError> {
    let damaged = |err: wasmparser::BinaryReaderError| InspectError::Damaged {
        reason: err.message().to_owned(),
    };
    let mut raw = Raw::default();
    // Exports and imports count at the outermost level only; the manifest may have been put into
    // the core module by the linker.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err(InspectError::CoreModule);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    raw.imports.push(import.map_err(damaged)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    raw.exports.push(export.map_err(damaged)?.name.name.to_owned());
                }
            }
            // The linker leaves it in the module inside; what is put around that wins.
            Payload::CustomSection(section)
                if section.name() == SECTION && (raw.manifest.is_none() || depth == 0) =>
            {
                if section.data().len() > MANIFEST_BYTES {
                    let reason = format!("it is larger than {MANIFEST_BYTES} bytes");
                    return Err(InspectError::Manifest { reason });
                }
                raw.manifest = Some(section.data().to_vec());
            }
            _ => {}
        }
    }
    Ok(raw)
}

/// Returns the interface of the contract that `name` is, or why it cannot be served.
fn known(name: &str) -> Result<Option<&str>, InspectError> {
    if !name.starts_with(PACKAGE) {
        return Ok(None);
    }
    match interface(name) {
        Some(interface) => Ok(Some(interface)),
        None => Err(InspectError::Newer { needs: name.to_owned() }),
    }
}

/// Returns `http` for `tenon:plugin/http@1.0.0`.
fn interface(name: &str) -> Option<&str> {
    let (interface, version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    version.starts_with(MAJOR).then_some(interface)
}

fn kind_of(interface: &str) -> Option<PluginKind> {
    PluginKind::parse(interface)
}

fn check_contract(version: &str) -> Result<(), InspectError> {
    let mut numbers = version.split('.').map(str::parse::<u64>);
    match (numbers.next(), numbers.next()) {
        _ if version.is_empty() => Ok(()),
        (Some(Ok(major)), Some(Ok(minor))) => {
            if (major, minor) > CONTRACT {
                return Err(InspectError::Newer { needs: format!("contract {version}") });
            }
            Ok(())
        }
        _ => Err(InspectError::Manifest {
            reason: format!("its contract {version:?} is no version such as \"1.0.0\""),
        }),
    }
}

/// Refuses a plugin that says itself that it is too new for this server.
fn check_tenon(needs: &str, have: &str) -> Result<(), InspectError> {
    if needs.is_empty() {
        return Ok(());
    }
    let Some(wanted) = numbers(needs) else {
        let reason = format!("its `tenon` {needs:?} is no version such as \"0.3.0\"");
        return Err(InspectError::Manifest { reason });
    };
    if numbers(have).is_some_and(|have| have < wanted) {
        return Err(InspectError::Newer { needs: format!("Tenon {needs} (this is {have})") });
    }
    Ok(())
}

/// Returns the numbers of `1.2.3`, without what may follow them.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let core = version.split(['-', '+']).next()?;
    let parts: Vec<u64> = core.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    parts.try_into().ok()
}

/// Refuses what could not be shown to people as it is, or not be named in a command.
fn check_texts(manifest: &Manifest) -> Result<(), String> {
    let version = &manifest.version;
    let is_plain = |c: char| !c.is_control() && !c.is_whitespace();
    if version.is_empty() || version.len() > VERSION_BYTES || !version.chars().all(is_plain) {
        return Err(format!(
            "its version {:?} is none such as \"1.0.0\"",
            version.chars().take(VERSION_BYTES).collect::<String>()
        ));
    }
    let patterns = &manifest.patterns;
    if patterns.len() > PATTERNS || patterns.iter().any(|it| it.len() > PATTERN_BYTES) {
        return Err(format!(
            "its `patterns` are more than {PATTERNS}, or one has more than {PATTERN_BYTES} bytes"
        ));
    }
    let reasons = manifest.requests.iter().map(|request| &request.reason);
    let mut texts = reasons.chain([&manifest.summary]);
    match texts.find(|text| text.contains(char::is_control)) {
        Some(text) => Err(format!("{text:?} has a line break or another control character in it")),
        None => Ok(()),
    }
}

/// Refuses wishes that say nothing to who decides on them.
fn check_requests(manifest: &Manifest, kinds: &[PluginKind]) -> Result<(), InspectError> {
    for request in &manifest.requests {
        let capability = request.capability.as_str();
        if !GRANTABLE.contains(&capability) && !ALWAYS.contains(&capability) {
            return Err(InspectError::UnknownRequest {
                capability: capability.to_owned(),
                known: GRANTABLE.join(", "),
            });
        }
        for parameter in &request.parameters {
            check_parameter(capability, parameter).map_err(|reason| InspectError::Manifest {
                reason: format!("it asks for `{capability}`, but {reason}"),
            })?;
        }
        if has_parts(capability) && !ALWAYS.contains(&capability) && request.parameters.is_empty() {
            let (capability, example) = (capability.to_owned(), part_of(capability));
            return Err(InspectError::Unnamed { capability, example });
        }
        // Pipelines name the programs that a launcher starts.
        let any_program = capability == "process" && kinds.contains(&PluginKind::Launcher);
        let is_everything =
            |wish: &&String| wish.contains('*') && !wish.contains(char::is_alphanumeric);
        if let Some(wish) = request.parameters.iter().find(is_everything).filter(|_| !any_program) {
            let (capability, wish) = (capability.to_owned(), wish.clone());
            return Err(InspectError::Everything { capability, wish });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
