//! Pipelines and their versions.

use std::sync::Arc;

use async_trait::async_trait;
use kernel_model::id::{PipelineId, WorkspaceId};
use kernel_model::name::Name;
use kernel_model::time::Time;
use kernel_ports::pipeline::{Pipeline, PipelineDraft, PipelineStore, PipelineVersion};
use kernel_ports::store::StoreError;
use rusqlite::Row;

use crate::column::{name_at, pipeline_bytes, pipeline_id, time, time_at, u32_at};
use crate::fault::Fault;
use crate::statements::Statements;
use crate::{SqliteStore, fact};

const BY_NAME: &str =
    "SELECT id, name, version, paused, created_at, updated_at FROM pipeline WHERE name = ?1";

#[async_trait]
impl PipelineStore for SqliteStore {
    async fn pipeline_put(&self, draft: PipelineDraft) -> Result<Pipeline, StoreError> {
        self.database.write("keep a pipeline", move |db| put(db, &draft)).await
    }

    async fn pipeline_get(&self, name: &Name) -> Result<Option<Pipeline>, StoreError> {
        let name = name.clone();
        self.database
            .read("read a pipeline", move |db| db.first(BY_NAME, (name.as_str(),), pipeline_of))
            .await
    }

    async fn pipeline_list(
        &self,
        after: Option<&Name>,
        limit: u32,
    ) -> Result<Vec<Pipeline>, StoreError> {
        // No name is empty.
        let after = after.map(|name| name.as_str().to_owned()).unwrap_or_default();
        self.database
            .read("list pipelines", move |db| {
                db.all(
                    "SELECT id, name, version, paused, created_at, updated_at FROM pipeline
                 WHERE name > ?1 ORDER BY name LIMIT ?2",
                    (after, limit),
                    pipeline_of,
                )
            })
            .await
    }

    async fn pipeline_version_get(
        &self,
        pipeline: PipelineId,
        version: u32,
    ) -> Result<Option<PipelineVersion>, StoreError> {
        self.database
            .read("read a version of a pipeline", move |db| version_get(db, pipeline, version))
            .await
    }

    async fn pipeline_version_list(
        &self,
        pipeline: PipelineId,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<PipelineVersion>, StoreError> {
        let before = before.map_or(i64::MAX, i64::from);
        self.database
            .read("list versions of a pipeline", move |db| {
                db.all(
                    "SELECT pipeline, version, language, file_name, source, vars, compiled,
                        compiled_by, created_at
                 FROM pipeline_version WHERE pipeline = ?1 AND version < ?2
                 ORDER BY version DESC LIMIT ?3",
                    (pipeline_bytes(pipeline), before, limit),
                    version_of,
                )
            })
            .await
    }

    async fn pipeline_pause(
        &self,
        name: &Name,
        paused: bool,
        at: Time,
    ) -> Result<Pipeline, StoreError> {
        let name = name.clone();
        self.database
            .write("pause a pipeline", move |db| {
                let changed = db.first(
                    "UPDATE pipeline SET paused = ?2, updated_at = ?3 WHERE name = ?1
                 RETURNING id, name, version, paused, created_at, updated_at",
                    (name.as_str(), paused, time(at)),
                    pipeline_of,
                )?;
                changed.ok_or_else(|| not_found(&name).into())
            })
            .await
    }

    async fn pipeline_remove(&self, name: &Name) -> Result<(), StoreError> {
        let name = name.clone();
        self.database
            .write("remove a pipeline", move |db| {
                let found = db.first(BY_NAME, (name.as_str(),), pipeline_of)?;
                let id = pipeline_bytes(found.ok_or_else(|| not_found(&name))?.id);
                db.execute("DELETE FROM fact WHERE pipeline = ?1", (id,))?;
                db.execute("UPDATE pipeline SET name = NULL WHERE id = ?1", (id,))?;
                Ok(())
            })
            .await
    }

    async fn fact_get(
        &self,
        pipeline: PipelineId,
        workspaces: &[WorkspaceId],
        keys: &[String],
    ) -> Result<Vec<(String, Arc<str>)>, StoreError> {
        let (workspaces, keys) = (workspaces.to_owned(), keys.to_owned());
        self.database
            .read("read what a pipeline remembers", move |db| {
                let mut found = Vec::new();
                for key in keys {
                    let value = fact::get(db, pipeline, &workspaces, &key)?;
                    found.extend(value.map(|value| (key, value)));
                }
                Ok(found)
            })
            .await
    }

    async fn fact_set(
        &self,
        pipeline: PipelineId,
        key: &str,
        value: Option<&str>,
    ) -> Result<(), StoreError> {
        let (key, value) = (key.to_owned(), value.map(str::to_owned));
        self.database
            .write("remember a value of a pipeline", move |db| {
                let place = (pipeline, WorkspaceId::DEFAULT);
                match fact::set(db, place, &key, value.as_deref())? {
                    true => Ok(()),
                    false => Err(StoreError::NotFound { what: pipeline.to_string() }.into()),
                }
            })
            .await
    }
}

fn put(db: &Statements, draft: &PipelineDraft) -> Result<Pipeline, Fault> {
    let before = db.first(BY_NAME, (draft.name.as_str(),), pipeline_of)?;
    let found = before.as_ref().map_or(0, |pipeline| pipeline.version);
    if let Some(seen) = draft.seen.filter(|seen| *seen != found) {
        let what = format!("pipeline {:?}", draft.name.as_str());
        return Err(StoreError::Conflict { what, seen: seen.into(), found: found.into() }.into());
    }
    let pipeline = match before {
        None => insert(db, draft)?,
        Some(before) => {
            if is_same(db, &before, draft)? {
                return Ok(before);
            }
            let pipeline = Pipeline { version: before.version + 1, updated_at: draft.at, ..before };
            db.execute(
                "UPDATE pipeline SET version = ?2, updated_at = ?3 WHERE id = ?1",
                (pipeline_bytes(pipeline.id), pipeline.version, time(draft.at)),
            )?;
            pipeline
        }
    };
    db.execute(
        "INSERT INTO pipeline_version (pipeline, version, language, file_name, source, vars,
                                       compiled, compiled_by, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        (
            pipeline_bytes(pipeline.id),
            pipeline.version,
            &draft.language,
            &draft.file_name,
            &draft.source,
            &draft.vars,
            &draft.compiled,
            &draft.compiled_by,
            time(draft.at),
        ),
    )?;
    Ok(pipeline)
}

fn insert(db: &Statements, draft: &PipelineDraft) -> Result<Pipeline, Fault> {
    db.execute(
        "INSERT INTO pipeline (id, name, version, paused, runs, created_at, updated_at)
         VALUES (?1, ?2, 1, 0, 0, ?3, ?3)",
        (pipeline_bytes(draft.id), draft.name.as_str(), time(draft.at)),
    )?;
    Ok(Pipeline {
        id: draft.id,
        name: draft.name.clone(),
        version: 1,
        paused: false,
        created_at: draft.at,
        updated_at: draft.at,
    })
}

fn is_same(db: &Statements, before: &Pipeline, draft: &PipelineDraft) -> Result<bool, Fault> {
    let newest = version_get(db, before.id, before.version)?;
    Ok(newest.is_some_and(|newest| {
        newest.source == draft.source
            && newest.vars == draft.vars
            && newest.language == draft.language
            && newest.compiled_by == draft.compiled_by
    }))
}

fn version_get(
    db: &Statements,
    pipeline: PipelineId,
    version: u32,
) -> Result<Option<PipelineVersion>, Fault> {
    db.first(
        "SELECT pipeline, version, language, file_name, source, vars, compiled, compiled_by,
                created_at
         FROM pipeline_version WHERE pipeline = ?1 AND version = ?2",
        (pipeline_bytes(pipeline), version),
        version_of,
    )
}

fn pipeline_of(row: &Row<'_>) -> Result<Pipeline, Fault> {
    Ok(Pipeline {
        id: pipeline_id(row.get(0)?),
        name: name_at(row, 1)?,
        version: u32_at(row, 2)?,
        paused: row.get(3)?,
        created_at: time_at(row, 4)?,
        updated_at: time_at(row, 5)?,
    })
}

fn version_of(row: &Row<'_>) -> Result<PipelineVersion, Fault> {
    Ok(PipelineVersion {
        pipeline: pipeline_id(row.get(0)?),
        version: u32_at(row, 1)?,
        language: row.get(2)?,
        file_name: row.get(3)?,
        source: row.get(4)?,
        vars: row.get(5)?,
        compiled: row.get(6)?,
        compiled_by: row.get(7)?,
        created_at: time_at(row, 8)?,
    })
}

fn not_found(name: &Name) -> StoreError {
    StoreError::NotFound { what: format!("pipeline {:?}", name.as_str()) }
}
