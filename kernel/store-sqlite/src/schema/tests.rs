use std::path::Path;
use std::sync::Arc;

use expect_test::expect_file;

use super::{MIGRATIONS, Settings, Statements, open};

fn open_at(path: &Path) -> Statements {
    open(path, Settings::default(), Arc::default()).unwrap()
}

fn schema(db: &Statements) -> String {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let all: Vec<String> = db.all(sql, [], |row| Ok(row.get(0)?)).unwrap();
    all.iter().map(|sql| format!("{sql};\n\n")).collect()
}

#[test]
fn all_steps_lead_to_the_committed_schema() {
    let folder = tempfile::tempdir().unwrap();
    let db = open_at(&folder.path().join("store.db"));
    expect_file!["../../schema.sql"].assert_eq(&schema(&db));
}

#[test]
fn the_newest_step_twice_is_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let first = schema(&open_at(&path));
    assert_eq!(schema(&open_at(&path)), first);
}

#[test]
fn each_file_of_a_step_is_taken_and_their_numbers_rise() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let known: Vec<&str> = MIGRATIONS.iter().map(|(name, _)| *name).collect();
    assert_eq!(files, known);
    for (i, name) in known.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}-", i + 1)), "{name} is not number {}", i + 1);
    }
}
