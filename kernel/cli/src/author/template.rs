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

/// The kinds that the kernel does not call yet.
const UNCALLED: [&str; 4] = ["cache", "model", "notifier", "webhook"];

/// A file, and the parts of the path of its text.
macro_rules! file {
    ($path:literal, $($part:literal),+) => {
        TemplateFile {
            path: $path,
            text: include_str!(concat!("../../templates/", $($part),+)),
        }
    };
}

/// The files of one kind in all languages, found by its name.
macro_rules! kind {
    ($kind:literal) => {
        Kind {
            name: $kind,
            rust: [
                file!("manifest.json", "rust/", $kind, "/manifest.json.in"),
                file!("src/lib.rs", "rust/", $kind, "/src/lib.rs"),
            ],
            js: [
                file!("plugin.js", "js/", $kind, "/plugin.js.in"),
                file!("plugin.test.js", "js/", $kind, "/plugin.test.js.in"),
            ],
            python: [
                file!("plugin.py", "python/", $kind, "/plugin.py.in"),
                file!("test_plugin.py", "python/", $kind, "/test_plugin.py.in"),
            ],
        }
    };
}

/// What a plugin of one kind begins as.
struct Kind {
    name: &'static str,
    rust: [TemplateFile; 2],
    js: [TemplateFile; 2],
    python: [TemplateFile; 2],
}

const KINDS: &[Kind] = &[
    kind!("action"),
    kind!("cache"),
    kind!("gateway"),
    kind!("identity"),
    kind!("language"),
    kind!("launcher"),
    kind!("model"),
    kind!("notifier"),
    kind!("resource"),
    kind!("secrets"),
    kind!("webhook"),
];

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

/// Returns the kinds that there is a template for.
pub(super) fn kinds() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// Returns the files of a new plugin; none when there is no such kind.
pub(super) fn files(lang: Lang, kind: &str) -> Option<Vec<TemplateFile>> {
    let kind = KINDS.iter().find(|known| known.name == kind)?;
    Some(match lang {
        Lang::Rust => [&RUST[..], &kind.rust].concat(),
        Lang::Js => [&JS[..], &kind.js].concat(),
        Lang::Python => [&PYTHON[..], &kind.python].concat(),
    })
}

impl TemplateFile {
    /// Returns the text for a plugin of that name.
    pub(super) fn filled(&self, name: &str, kind: &str) -> String {
        let uncalled = if UNCALLED.contains(&kind) {
            "\nThis version of the kernel does not call plugins of this kind yet: it can be written, \
             installed and tested."
        } else {
            ""
        };
        let text = self.text.replace("{{name}}", name).replace("{{kind}}", kind);
        text.replace("{{sdk}}", SDK).replace("{{uncalled}}", uncalled)
    }
}

#[cfg(test)]
mod tests {
    use super::{Lang, files};

    #[test]
    fn a_readme_says_when_the_kernel_does_not_call_its_kind_yet() {
        for (kind, want) in [("cache", true), ("action", false)] {
            let files = files(Lang::Rust, kind).unwrap();
            let readme = files.iter().find(|file| file.path == "README.md").unwrap();
            let text = readme.filled("a", kind);
            assert_eq!(text.contains("does not call"), want, "{text}");
            assert!(!text.contains("{{"), "{text}");
        }
    }
}
