//! The plugins that `tenon plugin new` starts with: a table, and files beside this source.
//!
//! Each builds and passes its tests as it is; `{{name}}`, `{{kind}}` and `{{sdk}}` are replaced.

use crate::args::author::Lang;

/// A file of a new plugin.
#[derive(Debug, Clone, Copy)]
pub(super) struct TemplateFile {
    pub(super) path: &'static str,
    pub(super) text: &'static str,
}

/// The version of the SDK that templates are written for.
pub(super) const SDK: &str = "0.1";

/// The files of a kind, found by its name.
macro_rules! rust {
    ($kind:literal) => {
        (
            $kind,
            [
                TemplateFile {
                    path: "manifest.json",
                    text: include_str!(concat!(
                        "../../templates/rust/",
                        $kind,
                        "/manifest.json.in"
                    )),
                },
                TemplateFile {
                    path: "src/lib.rs",
                    text: include_str!(concat!("../../templates/rust/", $kind, "/src/lib.rs")),
                },
            ],
        )
    };
}

/// The kinds of plugins, with what a Rust plugin of each begins as.
const RUST: &[(&str, [TemplateFile; 2])] = &[
    rust!("action"),
    rust!("cache"),
    rust!("gateway"),
    rust!("identity"),
    rust!("language"),
    rust!("launcher"),
    rust!("model"),
    rust!("notifier"),
    rust!("resource"),
    rust!("secrets"),
    rust!("webhook"),
];

const RUST_ALWAYS: [TemplateFile; 3] = [
    TemplateFile { path: "Cargo.toml", text: include_str!("../../templates/rust/Cargo.toml.in") },
    TemplateFile { path: "README.md", text: include_str!("../../templates/rust/README.md.in") },
    TemplateFile { path: ".gitignore", text: "/target\n*.key\n" },
];

const JS: [TemplateFile; 5] = [
    TemplateFile { path: "package.json", text: include_str!("../../templates/js/package.json.in") },
    TemplateFile { path: "plugin.js", text: include_str!("../../templates/js/plugin.js.in") },
    TemplateFile {
        path: "plugin.test.js",
        text: include_str!("../../templates/js/plugin.test.js.in"),
    },
    TemplateFile { path: "README.md", text: include_str!("../../templates/js/README.md.in") },
    TemplateFile { path: ".gitignore", text: "/node_modules\n*.wasm\n*.key\n" },
];

const PYTHON: [TemplateFile; 5] = [
    TemplateFile {
        path: "pyproject.toml",
        text: include_str!("../../templates/python/pyproject.toml.in"),
    },
    TemplateFile { path: "plugin.py", text: include_str!("../../templates/python/plugin.py.in") },
    TemplateFile {
        path: "test_plugin.py",
        text: include_str!("../../templates/python/test_plugin.py.in"),
    },
    TemplateFile { path: "README.md", text: include_str!("../../templates/python/README.md.in") },
    TemplateFile { path: ".gitignore", text: "/.venv\n__pycache__\n*.wasm\n*.key\n" },
];

/// The kinds that scripts have a template for.
const SCRIPT_KINDS: [&str; 1] = ["action"];

/// Returns the kinds that there is a template for.
pub(super) fn kinds(lang: Lang) -> Vec<&'static str> {
    match lang {
        Lang::Rust => RUST.iter().map(|(kind, _)| *kind).collect(),
        Lang::Js | Lang::Python => SCRIPT_KINDS.to_vec(),
    }
}

/// Returns the files of a new plugin; none when there is no such template.
pub(super) fn files(lang: Lang, kind: &str) -> Option<Vec<TemplateFile>> {
    match lang {
        Lang::Rust => {
            let (_, own) = RUST.iter().find(|(known, _)| *known == kind)?;
            Some([&RUST_ALWAYS[..], own].concat())
        }
        Lang::Js => SCRIPT_KINDS.contains(&kind).then(|| JS.to_vec()),
        Lang::Python => SCRIPT_KINDS.contains(&kind).then(|| PYTHON.to_vec()),
    }
}

impl TemplateFile {
    /// Returns the text for a plugin of that name.
    pub(super) fn filled(&self, name: &str, kind: &str) -> String {
        self.text.replace("{{name}}", name).replace("{{kind}}", kind).replace("{{sdk}}", SDK)
    }
}
