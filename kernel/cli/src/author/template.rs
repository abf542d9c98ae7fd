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

/// A file, and the parts of the path of its text.
macro_rules! file {
    ($path:literal, $($part:literal),+) => {
        TemplateFile {
            path: $path,
            text: include_str!(concat!("../../templates/", $($part),+)),
        }
    };
}

/// What a plugin of a kind begins as in one language: two files, found by its name.
macro_rules! own {
    ($folder:literal, $one:literal $from:literal, $two:literal $then:literal: $($kind:literal)+) => {
        &[$((
            $kind,
            [file!($one, $folder, $kind, $from), file!($two, $folder, $kind, $then)],
        )),+]
    };
}

/// A kind, and its files.
type Own = (&'static str, [TemplateFile; 2]);

const RUST_OWN: &[Own] = own!(
    "rust/", "manifest.json" "/manifest.json.in", "src/lib.rs" "/src/lib.rs":
    "action" "cache" "gateway" "identity" "language" "launcher" "model" "notifier" "resource"
    "secrets" "webhook"
);

const JS_OWN: &[Own] = own!(
    "js/", "plugin.js" "/plugin.js.in", "plugin.test.js" "/plugin.test.js.in":
    "action"
);

const PYTHON_OWN: &[Own] = own!(
    "python/", "plugin.py" "/plugin.py.in", "test_plugin.py" "/test_plugin.py.in":
    "action" "cache" "gateway" "identity" "language" "launcher" "model" "notifier" "resource"
    "secrets" "webhook"
);

/// What plugins of all kinds begin with.
const RUST: [TemplateFile; 3] = [
    file!("Cargo.toml", "rust/Cargo.toml.in"),
    file!("README.md", "rust/README.md.in"),
    TemplateFile { path: ".gitignore", text: "/target\n*.key\n" },
];

const JS: [TemplateFile; 3] = [
    file!("package.json", "js/package.json.in"),
    file!("README.md", "js/README.md.in"),
    TemplateFile { path: ".gitignore", text: "/node_modules\n*.wasm\n*.key\n" },
];

const PYTHON: [TemplateFile; 3] = [
    file!("pyproject.toml", "python/pyproject.toml.in"),
    file!("README.md", "python/README.md.in"),
    TemplateFile { path: ".gitignore", text: "/.venv\n__pycache__\n*.wasm\n*.key\n" },
];

fn own(lang: Lang) -> &'static [Own] {
    match lang {
        Lang::Rust => RUST_OWN,
        Lang::Js => JS_OWN,
        Lang::Python => PYTHON_OWN,
    }
}

/// Returns the kinds that there is a template for.
pub(super) fn kinds(lang: Lang) -> Vec<&'static str> {
    own(lang).iter().map(|(kind, _)| *kind).collect()
}

/// Returns the files of a new plugin; none when there is no such template.
pub(super) fn files(lang: Lang, kind: &str) -> Option<Vec<TemplateFile>> {
    let (_, own) = own(lang).iter().find(|(known, _)| *known == kind)?;
    Some(match lang {
        Lang::Rust => [&RUST[..], own].concat(),
        Lang::Js => [&JS[..], own].concat(),
        Lang::Python => [&PYTHON[..], own].concat(),
    })
}

impl TemplateFile {
    /// Returns the text for a plugin of that name.
    pub(super) fn filled(&self, name: &str, kind: &str) -> String {
        self.text.replace("{{name}}", name).replace("{{kind}}", kind).replace("{{sdk}}", SDK)
    }
}
