//! Reads the interfaces of the contract, with their comments, as they are written.

use std::path::{Path, PathBuf};

/// An interface and what is in it.
#[derive(Debug)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) docs: String,
    pub(crate) items: Vec<Item>,
}

/// A function or a type.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) docs: String,
    /// Without its comment, at the margin.
    pub(crate) text: String,
}

/// Functions that every step machine has, and whose pair says it.
pub(crate) fn speaks_for_itself(name: &str) -> bool {
    matches!(name, "resume" | "cancel" | "stderr" | "level" | "get" | "remove")
}

/// Returns the interfaces of all files of a folder.
pub(crate) fn interfaces(folder: &Path) -> Vec<Interface> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> =
        entries.map(|entry| entry.expect("it is readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "wit"));
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(file).expect("it is readable");
        found.extend(read(&text));
    }
    found
}

fn read(text: &str) -> Vec<Interface> {
    let mut found: Vec<Interface> = Vec::new();
    let mut docs = Vec::new();
    let mut item: Vec<&str> = Vec::new();
    let mut depth = 0_usize;
    let mut is_interface = false;
    for line in text.lines() {
        let plain = line.trim();
        if depth <= 1 && item.is_empty() {
            if let Some(doc) = plain.strip_prefix("///") {
                docs.push(doc.strip_prefix(' ').unwrap_or(doc).to_owned());
                continue;
            }
            if plain.is_empty() || plain.starts_with('@') || plain.starts_with("package ") {
                if plain.starts_with("package ") {
                    docs.clear();
                }
                continue;
            }
            if depth == 0 {
                is_interface = plain.starts_with("interface ");
                if is_interface {
                    let name = word(plain.trim_start_matches("interface "));
                    found.push(Interface { name, docs: docs.join("\n"), items: Vec::new() });
                }
                docs.clear();
                depth = usize::from(!plain.ends_with('}'));
                continue;
            }
            if plain == "}" {
                depth = 0;
                docs.clear();
                continue;
            }
        }
        item.push(line.strip_prefix("  ").unwrap_or(line));
        let code = plain.split("///").next().unwrap_or_default();
        depth += code.matches('{').count();
        depth -= code.matches('}').count();
        let is_done = depth == 1 && (code.ends_with(';') || code.ends_with('}'));
        if is_done {
            let text = item.join("\n");
            if let Some(interface) = found.last_mut().filter(|_| is_interface) {
                let name = name(&text);
                interface.items.push(Item { name, docs: docs.join("\n"), text });
            }
            item.clear();
            docs.clear();
        }
    }
    found
}

/// Returns what an item is called: `read` of `read: func…`, `error` of `record error {`.
fn name(text: &str) -> String {
    let first = text.lines().next().unwrap_or_default();
    match first.split_once(':') {
        Some((name, _)) if !name.contains(' ') => word(name),
        _ => word(first.split(' ').nth(1).unwrap_or_default()),
    }
}

fn word(text: &str) -> String {
    let text = text.trim_start_matches('%');
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '-').collect()
}
