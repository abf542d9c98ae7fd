//! A few connections that read beside the writer.

use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use crate::fault::Fault;
use crate::schema;
use crate::statements::Statements;

/// Connections, each opened when it is first needed.
#[derive(Debug)]
pub(crate) struct Readers {
    path: Arc<PathBuf>,
    count: Arc<AtomicU64>,
    places: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Statements>>>,
}

impl Readers {
    pub(crate) fn new(path: Arc<PathBuf>, size: u32, count: Arc<AtomicU64>) -> Self {
        let places = Arc::new(Semaphore::new(size.max(1) as usize));
        Self { path, count, places, idle: Arc::default() }
    }

    /// Runs `work` in one read transaction, on a thread that may block.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Statements) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let place =
            Arc::clone(&self.places).acquire_owned().await.map_err(|_closed| Fault::Gone)?;
        let (path, count, idle) =
            (Arc::clone(&self.path), Arc::clone(&self.count), Arc::clone(&self.idle));
        let reading = tokio::task::spawn_blocking(move || {
            let _place = place;
            let known = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let db = match known {
                Some(db) => db,
                None => schema::open_reader(&path, count)?,
            };
            db.execute("BEGIN", [])?;
            let result = work(&db);
            // A connection that cannot end its transaction is not used again.
            if db.execute("COMMIT", []).is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(db);
            }
            result
        });
        reading.await.unwrap_or(Err(Fault::Gone))
    }
}
