//! The reference for authors in `docs/src/contract/` says what `wit/` says. `UPDATE_EXPECT=1`
//! rewrites it.

mod reference {
    pub(crate) mod page;
    pub(crate) mod schema;
    pub(crate) mod source;
}

use std::path::{Path, PathBuf};

use reference::{page, source};

/// The kinds, and what their page is called in the contents.
const KINDS: [&str; 11] = [
    "language", "launcher", "resource", "action", "secrets", "cache", "model", "identity",
    "webhook", "notifier", "gateway",
];
/// What else an author can use, each page with its interfaces.
const OTHERS: [(&str, &str, &[&str]); 3] = [
    (
        "capabilities",
        "Capabilities",
        &[
            "context",
            "log",
            "output",
            "config",
            "workspace",
            "process",
            "http",
            "kv",
            "secret-store",
            "secret-reveal",
            "keyring",
            "blob",
            "tcp",
            "kernel",
        ],
    ),
    ("lifecycle", "Life of a plugin", &["migration", "selftest"]),
    ("shared", "Shared words and the manifest", &["types", "machine"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_reference_says_what_the_contract_says() {
    let contract = root().join("wit/tenon-plugin@1.0.0");
    let interfaces = source::interfaces(&contract);
    let find = |name: &str| {
        let found = interfaces.iter().find(|interface| interface.name == name);
        found.unwrap_or_else(|| panic!("there is no interface {name:?}"))
    };
    let schemas = contract.join("schema");
    let mut pages = Vec::new();
    for kind in KINDS {
        let shown: &[&str] = match kind {
            "launcher" | "resource" | "action" => &["machine"],
            _ => &[],
        };
        let shown = [&[kind][..], shown].concat();
        let interfaces: Vec<_> = shown.into_iter().map(find).collect();
        pages.push((
            kind,
            page::render(&format!("Plugins of the kind {kind}"), &interfaces, &[], &schemas),
        ));
    }
    for (name, title, shown) in OTHERS {
        let interfaces: Vec<_> = shown.iter().map(|name| find(name)).collect();
        let more: &[&str] = if name == "shared" { &["manifest"] } else { &[] };
        pages.push((name, page::render(title, &interfaces, more, &schemas)));
    }
    let undocumented: Vec<&str> = interfaces
        .iter()
        .map(|interface| interface.name.as_str())
        .filter(|name| {
            let listed = OTHERS.iter().flat_map(|(_, _, shown)| shown.iter());
            !KINDS.contains(name) && !listed.into_iter().any(|listed| listed == name)
        })
        .collect();
    assert!(undocumented.is_empty(), "these have no page: {undocumented:?}");
    let stale: Vec<&str> = pages
        .into_iter()
        .filter(|(name, text)| is_stale(name, text))
        .map(|(name, _)| name)
        .collect();
    assert!(
        stale.is_empty(),
        "stale pages: {stale:?}; look at the change, and run with UPDATE_EXPECT=1"
    );
}

#[test]
fn each_item_of_the_contract_is_documented() {
    let mut bare = Vec::new();
    for interface in source::interfaces(&root().join("wit/tenon-plugin@1.0.0")) {
        if interface.docs.is_empty() {
            bare.push(interface.name.clone());
        }
        for item in &interface.items {
            // What belongs together is documented once.
            let is_use = item.text.starts_with("use ");
            if item.docs.is_empty() && !is_use && !source::speaks_for_itself(&item.name) {
                bare.push(format!("{}.{}", interface.name, item.name));
            }
        }
    }
    assert!(bare.is_empty(), "without a doc comment: {bare:?}");
}

fn is_stale(name: &str, text: &str) -> bool {
    let folder = root().join("docs/src/contract");
    let path = folder.join(format!("{name}.md"));
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        std::fs::write(&path, text).expect("the page can be written");
    }
    std::fs::read_to_string(&path).ok().as_deref() != Some(text)
}
