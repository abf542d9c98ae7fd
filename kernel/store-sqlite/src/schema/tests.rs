use std::path::Path;
use std::sync::Arc;

use expect_test::expect_file;

use super::{CONTROL, PROJECT, Schema, Settings, Statements, open};

fn open_at(path: &Path, schema: &Schema) -> Statements {
    open(path, schema, Settings::default(), Arc::default()).unwrap()
}

fn schema(db: &Statements) -> String {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name";
    let all: Vec<String> = db.all(sql, [], |row| Ok(row.get(0)?)).unwrap();
    all.iter().map(|sql| format!("{sql};\n\n")).collect()
}

#[test]
fn all_steps_lead_to_the_committed_schema() {
    let folder = tempfile::tempdir().unwrap();
    let of = |kind| schema(&open_at(&folder.path().join("store.db"), kind));
    expect_file!["../../schema.sql"].assert_eq(&of(&PROJECT));
    let folder = tempfile::tempdir().unwrap();
    let of = |kind| schema(&open_at(&folder.path().join("store.db"), kind));
    expect_file!["../../schema-control.sql"].assert_eq(&of(&CONTROL));
}

#[test]
fn the_newest_step_twice_is_harmless() {
    for kind in [&PROJECT, &CONTROL] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let first = schema(&open_at(&path, kind));
        assert_eq!(schema(&open_at(&path, kind)), first);
    }
}

#[test]
fn what_was_there_before_workspaces_is_in_the_default_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let first = Schema {
        application_id: PROJECT.application_id,
        migrations: PROJECT.migrations.get(..1).unwrap(),
    };
    let db = open_at(&path, &first);
    db.script(
        "INSERT INTO pipeline VALUES (zeroblob(16), 'ci', 1, 0, 1, 5, 5);
         INSERT INTO fact VALUES (zeroblob(16), 'poll/repo', '1');
         INSERT INTO run (id, pipeline, pipeline_name, version, number, status, trigger_kind,
                          created_at, seq)
           VALUES (zeroblob(16), zeroblob(16), 'ci', 1, 1, 3, 'manual', 5, 0);
         INSERT INTO result VALUES ('key', '2', zeroblob(16), 5);",
    )
    .unwrap();
    drop(db);
    let db = open_at(&path, &PROJECT);
    for sql in [
        "SELECT 1 FROM run WHERE workspace = zeroblob(16) AND workspace_name = 'default'",
        "SELECT 1 FROM fact WHERE workspace = zeroblob(16) AND key = 'poll/repo' AND value = '1'",
        "SELECT 1 FROM result WHERE workspace = zeroblob(16) AND key = 'key' AND value = '2'",
    ] {
        assert_eq!(db.first(sql, [], |_| Ok(())).unwrap(), Some(()), "{sql}");
    }
}

#[test]
fn a_database_of_the_other_kind_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    drop(open_at(&path, &PROJECT));
    let err = open(&path, &CONTROL, Settings::default(), Arc::default()).unwrap_err();
    assert!(err.to_string().contains("another kind"), "{err}");
}

#[test]
fn each_file_of_a_step_is_taken_and_their_numbers_rise() {
    for (folder, kind) in [("migrations", &PROJECT), ("migrations/control", &CONTROL)] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let files = entries.filter(|entry| entry.file_type().unwrap().is_file());
        let mut files: Vec<String> =
            files.map(|entry| entry.file_name().into_string().unwrap()).collect();
        files.sort();
        let known: Vec<&str> = kind.migrations.iter().map(|(name, _)| *name).collect();
        assert_eq!(files, known);
        for (i, name) in known.iter().enumerate() {
            assert!(name.starts_with(&format!("{:04}-", i + 1)), "{name} is not number {}", i + 1);
        }
    }
}
