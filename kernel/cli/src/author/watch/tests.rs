use std::fs;
use std::path::Path;

use super::Source;

fn write(folder: &Path, file: &str, text: &str) {
    let path = folder.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn what_is_made_from_the_source_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    write(here, "src/lib.rs", "1");
    let source = Source::look(here, &[]);
    for made in [
        "target/a.rs",
        "node_modules/a/index.js",
        "__pycache__/a.pyc",
        ".venv/lib/a.py",
        "hello.egg-info/PKG-INFO",
        "hello.wasm",
        "Cargo.lock",
        "src/.lib.rs.swp",
        "src/lib.rs~",
    ] {
        write(here, made, "2");
        assert_eq!(Source::look(here, &[]), source, "{made}");
    }
    for part in
        ["src/other.rs", "src/target/mod.rs", "manifest.json", "wit/deps/a.wit", "src/lib.rs"]
    {
        let before = Source::look(here, &[]);
        write(here, part, "22");
        assert_ne!(Source::look(here, &[]), before, "{part}");
    }
}

#[test]
fn a_file_elsewhere_is_watched_if_it_is_named() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = [elsewhere.path().join("config.json")];
    let before = Source::look(folder.path(), &config);
    write(elsewhere.path(), "config.json", "{}");
    assert_ne!(Source::look(folder.path(), &config), before);
}

#[tokio::test]
async fn a_change_counts_once_it_has_settled() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "plugin.py", "1");
    let source = Source::look(folder.path(), &[]);
    let here = folder.path().to_owned();
    let writer = tokio::spawn(async move {
        for text in ["22", "333", "4444"] {
            tokio::time::sleep(super::LOOK / 3).await;
            write(&here, "plugin.py", text);
        }
    });
    let changed = source.changed(folder.path(), &[]).await;
    writer.await.unwrap();
    assert_eq!(changed, Source::look(folder.path(), &[]), "it was the last of the changes");
}
