use std::path::Path;
use std::sync::Arc;

use kernel_ports::store::StoreError;

use super::{Fault, Job, Statements, Task, Undo, commit, oneshot};
use crate::{Settings, schema};

type Answer = oneshot::Receiver<Result<(), Fault>>;

fn db(folder: &Path) -> Statements {
    schema::open(&folder.join("store.db"), &schema::PROJECT, Settings::default(), Arc::default())
        .unwrap()
}

/// Work that keeps `key`, and then ends as `end` says.
fn job(
    undo: Undo,
    key: &'static str,
    end: impl FnOnce(&Statements) -> Result<(), Fault> + Send + 'static,
) -> (Box<dyn Job>, Answer) {
    let (reply, answer) = oneshot::channel();
    let work = move |db: &Statements| {
        if !key.is_empty() {
            db.execute("INSERT INTO trigger_kind (word) VALUES (?1)", (key,))?;
        }
        end(db)
    };
    (Box::new(Task { undo, work: Some(work), result: Err(Fault::Gone), reply }), answer)
}

fn refuse(_db: &Statements) -> Result<(), Fault> {
    Err(StoreError::NotFound { what: "it".to_owned() }.into())
}

/// Commits the jobs; returns what each was answered, and what is kept.
fn run(jobs: Vec<(Box<dyn Job>, Answer)>) -> (Vec<bool>, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let db = db(folder.path());
    let (mut group, answers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
    let broken = commit(&db, &mut group).err();
    group.into_iter().for_each(|job| job.answer(broken.as_ref()));
    let answers = answers.into_iter().map(|mut answer| answer.try_recv().unwrap().is_ok());
    assert!(db.is_autocommit());
    let kept = db.all("SELECT word FROM trigger_kind", [], |row| Ok(row.get(0)?)).unwrap();
    (answers.collect(), kept)
}

#[test]
fn work_that_fails_is_undone_alone() {
    let (answers, kept) = run(vec![
        job(Undo::Savepoint, "a", |_| Ok(())),
        job(Undo::Savepoint, "b", refuse),
        job(Undo::Needless, "", refuse),
        job(Undo::Needless, "c", |_| Ok(())),
    ]);
    assert_eq!((answers, kept), (vec![true, false, false, true], vec!["a".into(), "c".into()]));
}

#[test]
fn work_that_panics_is_undone_alone() {
    let (answers, kept) = run(vec![
        job(Undo::Savepoint, "a", |_| panic!("a bug, as planned")),
        job(Undo::Savepoint, "b", |_| Ok(())),
    ]);
    assert_eq!((answers, kept), (vec![false, true], vec!["b".into()]));
}

#[test]
fn work_that_cannot_be_undone_fails_its_group() {
    let (answers, kept) = run(vec![
        job(Undo::Savepoint, "a", |_| Ok(())),
        job(Undo::Needless, "b", refuse),
        job(Undo::Savepoint, "c", |_| Ok(())),
    ]);
    assert_eq!((answers, kept), (vec![false, false, false], vec![]));
}

#[test]
fn a_transaction_that_sqlite_undid_fails_its_group() {
    let (answers, kept) = run(vec![
        job(Undo::Savepoint, "a", |_| Ok(())),
        job(Undo::Savepoint, "b", |db| {
            db.execute("ROLLBACK", [])?;
            refuse(db)
        }),
        job(Undo::Needless, "c", |_| Ok(())),
    ]);
    assert_eq!((answers, kept), (vec![false, false, false], vec![]));
}
