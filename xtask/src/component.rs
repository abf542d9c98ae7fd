//! What a built plugin says about itself, read without running it.

use anyhow::{Context as _, Result, ensure};
use wasmparser::{Encoding, Parser, Payload};
use wit_envelope::manifest::{Manifest, SECTION};

/// The interfaces of the contract start so.
const PACKAGE: &str = "tenon:plugin/";
/// What each plugin may use without asking, and what only carries words.
const FREE: [&str; 5] = ["types", "machine", "context", "log", "config"];

/// A plugin, seen from outside.
#[derive(Debug, Default)]
pub(crate) struct Component {
    /// Interfaces of the contract, without package and version.
    pub(crate) exports: Vec<String>,
    pub(crate) imports: Vec<String>,
    pub(crate) manifest: Manifest,
}

/// Reads a component, and checks that its manifest is that of `name` and asks for what it uses.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Component> {
    let mut component = Component::default();
    let mut manifest = None;
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding, .. } if depth == 0 => {
                ensure!(encoding == Encoding::Component, "it is a module, not a component");
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    component.imports.extend(interface(import?.name.name));
                }
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                for export in exports {
                    component.exports.extend(interface(export?.name.name));
                }
            }
            // The linker leaves it in the module inside.
            Payload::CustomSection(section) if section.name() == SECTION => {
                manifest = Some(section.data().to_vec());
            }
            _ => {}
        }
    }
    let manifest = manifest.with_context(|| {
        format!("it has no section {SECTION:?}: call tenon_sdk::manifest! in src/lib.rs")
    })?;
    component.manifest = serde_json::from_slice(&manifest).context("its manifest is broken")?;
    check(name, &component)?;
    Ok(component)
}

fn check(name: &str, component: &Component) -> Result<()> {
    let Component { exports, imports, manifest } = component;
    ensure!(manifest.name == name, "its manifest calls it {:?}", manifest.name);
    ensure!(!exports.is_empty(), "it exports no interface of the contract");
    let asked: Vec<_> = manifest.requests.iter().map(|request| &request.capability).collect();
    for import in imports.iter().filter(|import| !FREE.contains(&import.as_str())) {
        ensure!(asked.contains(&import), "it uses {import:?}, which its manifest does not request");
    }
    for asked in asked {
        ensure!(imports.contains(asked), "its manifest requests {asked:?}, which it does not use");
    }
    Ok(())
}

/// Returns `http` for `tenon:plugin/http@1.0.0`.
fn interface(name: &str) -> Option<String> {
    let (interface, _version) = name.strip_prefix(PACKAGE)?.split_once('@')?;
    Some(interface.to_owned())
}
