use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use kernel_keyring::{Ring, Source};
use kernel_ports::clock::System;
use kernel_ports::plugin::{
    CompiledSource, DriveCall, Driven, GatewayAnswer, GatewayCall, MachineCall, MachineStep,
    PluginCall, PluginError, PluginInfo, Plugins,
};
use kernel_ports::secret::{KeyRotation, SecretAt, SecretBook as _, SecretBookError};
use kernel_store_sqlite::SqliteStore;
use serde_json::{Value, json};
use wit_envelope::language::CompileRequest;
use wit_envelope::resource::ResourceDescription;

use super::*;

const RUN: RunId = RunId(7);

/// Backends in memory, by name; `secrets-broken` answers nothing, and `secrets-forgetful` another value.
#[derive(Default)]
struct Backends {
    values: Mutex<HashMap<(String, String), String>>,
    writes: Mutex<Vec<(String, String)>>,
}

#[async_trait]
impl Plugins for Backends {
    fn plugin_list(&self) -> Vec<PluginInfo> {
        vec![]
    }
    fn plugin_get(&self, _: &str) -> Option<PluginInfo> {
        None
    }
    fn resource_list(&self) -> Vec<ResourceDescription> {
        vec![]
    }
    fn language_find(&self, _: Option<&str>, _: &str) -> Result<Arc<str>, PluginError> {
        Err(said("unsupported"))
    }
    async fn compile(&self, _: &str, _: &CompileRequest) -> Result<CompiledSource, PluginError> {
        Err(said("unsupported"))
    }
    async fn drive(&self, _: DriveCall) -> Result<Driven, PluginError> {
        Err(said("unsupported"))
    }
    async fn machine_call(&self, _: MachineCall) -> Result<MachineStep, PluginError> {
        Err(said("unsupported"))
    }
    async fn gateway_call(&self, _: GatewayCall) -> Result<GatewayAnswer, PluginError> {
        Err(said("unsupported"))
    }

    async fn plugin_call(&self, call: PluginCall) -> Result<String, PluginError> {
        assert_eq!(call.run, None, "a backend never reads the secrets of a run");
        let request: Value = serde_json::from_str(&call.request).unwrap();
        let text = |field: &str| request[field].as_str().unwrap_or_default().to_owned();
        let scope = text("scope");
        let key = (call.binding.clone(), format!("{scope}:{}", text("name")));
        let mut values = self.values.lock().unwrap();
        match (call.binding.as_str(), call.function) {
            ("secrets-broken", _) => Err(said("unavailable")),
            ("secrets-read-only", "write" | "remove") => Err(said("unsupported")),
            ("secrets-forgetful", "read") => Ok(json!({ "value": "another" }).to_string()),
            (_, "read") => match values.get(&key) {
                Some(value) => Ok(json!({ "value": value, "version": "1" }).to_string()),
                None => Err(said("not-found")),
            },
            (_, "write") => {
                self.writes.lock().unwrap().push(key.clone());
                values.insert(key, text("value"));
                Ok("{}".to_owned())
            }
            (_, "remove") => {
                values.remove(&key);
                Ok("{}".to_owned())
            }
            (binding, _) => {
                let names: BTreeSet<&str> = values
                    .keys()
                    .filter(|(backend, _)| backend == binding)
                    .filter_map(|(_, key)| key.strip_prefix(&format!("{scope}:")))
                    .collect();
                Ok(json!({ "names": names }).to_string())
            }
        }
    }
}

fn said(code: &str) -> PluginError {
    let (plugin, message) = ("secrets-local".to_owned(), "it says so".to_owned());
    PluginError::Said { plugin, code: code.to_owned(), message, retry_after_ms: None }
}

/// A server's secrets, and what they stand on.
struct World {
    keeper: Keeper,
    vault: Arc<Vault>,
    /// Kept: the secrets hold them weakly.
    backends: Arc<Backends>,
}

async fn open(folder: &std::path::Path) -> World {
    let store = Arc::new(SqliteStore::open(&folder.join("project.db")).unwrap());
    let ring = Arc::new(Ring::open(folder, Source::Generated).unwrap());
    let project = ProjectName::default();
    let vault = Vault::new(Arc::clone(&store) as _, ring, Arc::new(System::default()), None);
    let vault = Arc::new(vault);
    let keeper = Keeper::open(&project, Arc::clone(&store) as _, Arc::clone(&vault)).await.unwrap();
    vault.project_add(&project, store);
    let backends = Arc::new(Backends::default());
    vault.plugins_set(&(Arc::clone(&backends) as _));
    World { keeper, vault, backends }
}

async fn world() -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let world = open(folder.path()).await;
    (folder, world)
}

fn at(scope: &str, name: &str) -> SecretAt {
    SecretAt { scope: scope.parse().unwrap(), name: name.to_owned() }
}

async fn set(world: &World, scope: &str, value: &str) {
    world.vault.secret_set(&at(scope, "TOKEN"), value, "ann").await.unwrap();
}

fn admit(world: &World, pipeline: &str, declared: &[&str]) {
    let declared = declared.iter().map(|name| (*name).to_owned()).collect();
    let pipeline = Name::new(pipeline).unwrap();
    world.keeper.secret_admit(RUN, SecretUse { pipeline, declared: Arc::new(declared) });
}

async fn get(world: &World, name: &str) -> Result<String, String> {
    world.keeper.secret_get(RUN, name).await.map_err(|err| err.to_string())
}

fn lend(name: &str, value: &str) -> Vec<(String, String)> {
    vec![(name.to_owned(), value.to_owned())]
}

#[tokio::test]
async fn what_is_nearer_to_the_run_counts() {
    let (_folder, world) = world().await;
    admit(&world, "ci", &["TOKEN"]);
    let missing = get(&world, "TOKEN").await.unwrap_err();
    assert!(missing.starts_with("there is no secret \"TOKEN\""), "{missing}");
    set(&world, "server", "of-the-server").await;
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "of-the-server");
    set(&world, "project/default", "of-the-project").await;
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "of-the-project");
    set(&world, "project/default/pipeline/other", "of-another").await;
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "of-the-project");
    set(&world, "project/default/pipeline/ci", "of-the-pipeline").await;
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "of-the-pipeline");
    world.keeper.secret_lend(RUN, lend("TOKEN", "lent-to-the-run")).await.unwrap();
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "lent-to-the-run");
}

#[tokio::test]
async fn a_name_from_outside_of_the_pipeline_learns_nothing() {
    let (_folder, world) = world().await;
    set(&world, "server", "hunter22").await;
    admit(&world, "ci", &["OTHER"]);
    let err = world.keeper.secret_get(RUN, "TOKEN").await.unwrap_err();
    assert!(matches!(err, SecretError::Undeclared { .. }), "{err}");
    let granted = world.keeper.secret_get_granted(RUN, "TOKEN").await.unwrap();
    assert_eq!(granted, "hunter22");
    admit(&world, "ci", &["backend/s3"]);
    let err = world.keeper.secret_get_granted(RUN, "backend/s3").await.unwrap_err();
    assert!(matches!(err, SecretError::Undeclared { .. }), "{err}");
}

#[tokio::test]
async fn a_value_is_masked_once_the_run_has_it() {
    let (_folder, world) = world().await;
    set(&world, "server", "hunter22").await;
    admit(&world, "ci", &["TOKEN"]);
    assert_eq!(world.keeper.secret_mask(RUN, "hunter22"), None);
    get(&world, "TOKEN").await.unwrap();
    assert_eq!(world.keeper.secret_mask(RUN, "it is hunter22").unwrap(), "it is ***");
    set(&world, "server", "swordfish").await;
    get(&world, "TOKEN").await.unwrap();
    assert_eq!(world.keeper.secret_mask(RUN, "hunter22 swordfish").unwrap(), "*** ***");
    assert_eq!(world.keeper.secret_mask(RunId(8), "hunter22"), None);
}

#[tokio::test]
async fn a_backend_that_does_not_answer_gives_no_value_and_is_named() {
    let (_folder, world) = world().await;
    admit(&world, "ci", &["TOKEN"]);
    world.vault.backends.current_set("secrets-broken").await.unwrap();
    let err = world.keeper.secret_get(RUN, "TOKEN").await.unwrap_err();
    assert_eq!(err.to_string(), "failed to read the secret \"TOKEN\" from secrets-broken");
    assert!(err.is_retryable());
}

#[tokio::test]
async fn a_restart_keeps_what_runs_in_progress_were_lent() {
    let folder = tempfile::tempdir().unwrap();
    let (ring, key) = (Source::Generated, RUN.to_string());
    {
        let world = open(folder.path()).await;
        world.keeper.secret_lend(RUN, lend("TOKEN", "hunter22")).await.unwrap();
    }
    let store: Arc<dyn Store> =
        Arc::new(SqliteStore::open(&folder.path().join("project.db")).unwrap());
    let ring = Arc::new(Ring::open(folder.path(), ring).unwrap());
    let records = Records::new(Arc::clone(&store), ring as _);
    // No run of that id goes on, so the record of a dead server is swept away.
    assert!(records.load().await.unwrap().is_empty());
    assert_eq!(store.kv_get("kernel:run-secrets", &key).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_lent_is_sealed_in_the_store_and_gone_at_the_end() {
    let (_folder, world) = world().await;
    world.keeper.secret_lend(RUN, lend("TOKEN", "hunter22")).await.unwrap();
    let kept = || async {
        world.vault.store.kv_get("kernel:run-secrets", &RUN.to_string()).await.unwrap()
    };
    let sealed = kept().await.unwrap().value;
    assert!(!sealed.windows(8).any(|part| part == b"hunter22"));
    world.keeper.secret_forget(RUN);
    world.keeper.settle().await;
    assert_eq!(kept().await, None);
    assert!(get(&world, "TOKEN").await.is_err());
    assert_eq!(world.keeper.secret_mask(RUN, "hunter22"), None);
}

#[tokio::test]
async fn a_list_has_names_and_notes_and_a_removed_secret_is_gone() {
    let (_folder, world) = world().await;
    set(&world, "project/default", "hunter22").await;
    let scope = "project/default".parse().unwrap();
    let list = world.vault.secret_list(&scope).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((&*list[0].at.name, list[0].updated_by.as_deref()), ("TOKEN", Some("ann")));
    world.vault.secret_remove(&at("project/default", "TOKEN")).await.unwrap();
    assert!(world.vault.secret_list(&scope).await.unwrap().is_empty());
    let err = world.vault.secret_remove(&at("project/default", "TOKEN")).await.unwrap_err();
    assert!(matches!(err, SecretBookError::Unknown { .. }), "{err}");
}

#[tokio::test]
async fn values_and_names_that_cannot_be_kept_are_refused_without_saying_them() {
    let (_folder, world) = world().await;
    for (name, value) in
        [("TOKEN", "abc"), ("TOKEN", ""), ("no space", "hunter22"), ("", "hunter22")]
    {
        let err = world.vault.secret_set(&at("server", name), value, "ann").await.unwrap_err();
        let text = err.to_string();
        assert!(value.is_empty() || !text.contains(value), "{text}");
    }
    let long = "x".repeat(33 * 1024);
    assert!(world.vault.secret_set(&at("server", "TOKEN"), &long, "ann").await.is_err());
}

#[tokio::test]
async fn a_migration_compares_before_it_switches() {
    let (_folder, world) = world().await;
    set(&world, "server", "hunter22").await;
    set(&world, "project/default", "swordfish").await;
    world.vault.secret_set(&at("server", "backend/key"), "of-the-backend", "ann").await.unwrap();
    let migrate = |from: &'static str, to: &'static str| world.vault.secret_migrate(from, to);
    let err = migrate("secrets-local", "secrets-forgetful").await.unwrap_err();
    assert!(matches!(err, SecretBookError::Differs { .. }), "{err}");
    let err = migrate("secrets-local", "secrets-read-only").await.unwrap_err();
    assert!(matches!(err, SecretBookError::ReadOnly { .. }), "{err}");
    let err = migrate("secrets-local", "secrets-local").await.unwrap_err();
    assert!(matches!(err, SecretBookError::SameBackend { .. }), "{err}");
    assert_eq!(world.vault.secret_backend().await.unwrap(), "secrets-local");
    let moved = migrate("secrets-local", "secrets-other").await.unwrap();
    assert_eq!((moved.secrets, moved.backend.as_str()), (2, "secrets-other"));
    assert_eq!(world.vault.secret_backend().await.unwrap(), "secrets-other");
    admit(&world, "ci", &["TOKEN"]);
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "swordfish");
    // What the backends need themselves stays, and no migration moves it.
    let own = world.vault.secret_get_of_server("backend/key").await.unwrap();
    assert_eq!(own, "of-the-backend");
}

#[tokio::test]
async fn a_rotation_seals_what_is_kept_again() {
    let (_folder, world) = world().await;
    set(&world, "server", "hunter22").await;
    set(&world, "project/default", "swordfish").await;
    world.vault.secret_set(&at("server", "backend/key"), "of-the-backend", "ann").await.unwrap();
    world.backends.writes.lock().unwrap().clear();
    let rotated = world.vault.secret_key_rotate(None).await.unwrap();
    assert_eq!((rotated.state, rotated.secrets), (KeyRotation::Done, 3));
    let written = world.backends.writes.lock().unwrap().clone();
    let keys: Vec<&str> = written.iter().map(|(_, key)| key.as_str()).collect();
    assert_eq!(keys, ["server:TOKEN", "server:backend/key", "project/default:TOKEN"]);
    admit(&world, "ci", &["TOKEN"]);
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "swordfish");
}

/// Returns an audit, and what it is part of.
async fn audited(world: &World) -> kernel_auth::Access {
    let system = Arc::new(System::default());
    let parts = kernel_auth::Parts {
        store: Arc::new(kernel_store_memory::MemoryControl::new()),
        clock: Arc::clone(&system) as _,
        entropy: system,
        keyring: Arc::clone(&world.vault.ring) as _,
        folder: None,
    };
    let access = kernel_auth::Access::open(parts, kernel_auth::Settings::default()).await.unwrap();
    world.vault.audit_set(access.audit());
    access
}

#[tokio::test]
async fn who_reads_a_secret_is_written_down_once_by_name_and_never_by_value() {
    let (_folder, world) = world().await;
    let access = audited(&world).await;
    set(&world, "project/default", "swordfish").await;
    admit(&world, "ci", &["TOKEN", "GONE"]);
    for _ in 0..3 {
        get(&world, "TOKEN").await.unwrap();
    }
    get(&world, "GONE").await.unwrap_err();
    get(&world, "OTHER").await.unwrap_err();
    let filter =
        kernel_ports::audit::AuditFilter { action: "secret.read".to_owned(), ..Default::default() };
    let mut rows = access.audit().list(&filter, None, 10).await.unwrap();
    rows.reverse();
    let told: Vec<_> = rows.iter().map(|row| (row.target.as_str(), row.outcome.as_str())).collect();
    assert_eq!(
        told,
        [
            ("project/default/secret/TOKEN", "done"),
            ("secret/GONE", "failed"),
            ("secret/OTHER", "denied"),
        ]
    );
    assert!(rows.iter().all(|row| row.actor == format!("run/{RUN}")));
    assert_eq!(rows[0].after.as_deref(), Some(r#"{"pipeline":"ci"}"#));
    assert!(!format!("{rows:?}").contains("swordfish"));
}

#[tokio::test]
async fn a_pipeline_that_is_removed_takes_its_secrets_along() {
    let (_folder, world) = world().await;
    set(&world, "project/default/pipeline/ci", "hunter22").await;
    world.vault.secret_scope_remove(&"project/default/pipeline/ci".parse().unwrap()).await.unwrap();
    admit(&world, "ci", &["TOKEN"]);
    assert!(get(&world, "TOKEN").await.is_err());
}

#[tokio::test]
async fn nothing_is_shown() {
    let (_folder, world) = world().await;
    world.keeper.secret_lend(RUN, lend("TOKEN", "hunter22")).await.unwrap();
    assert!(!format!("{:?}", world.keeper).contains("hunter22"));
}

#[tokio::test]
async fn a_run_has_no_secret_of_another_project() {
    let (_folder, world) = world().await;
    let web = ProjectName::new("web").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(&folder.path().join("project.db")).unwrap());
    let other =
        Keeper::open(&web, Arc::clone(&store) as _, Arc::clone(&world.vault)).await.unwrap();
    world.vault.project_add(&web, store);
    let by = || SecretUse {
        pipeline: Name::new("ci").unwrap(),
        declared: Arc::new(["TOKEN".to_owned()].into()),
    };
    world.keeper.secret_admit(RUN, by());
    other.secret_admit(RUN, by());
    set(&world, "project/web", "of-the-web").await;
    set(&world, "project/web/pipeline/ci", "of-its-pipeline").await;
    assert!(get(&world, "TOKEN").await.is_err());
    assert_eq!(other.secret_get(RUN, "TOKEN").await.unwrap(), "of-its-pipeline");
    // What is the server's counts everywhere.
    set(&world, "server", "of-the-server").await;
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "of-the-server");
    // A move to another backend takes those of all projects along.
    let at = at("project/web/pipeline/ci", "TOKEN");
    world.vault.secret_remove(&at).await.unwrap();
    assert_eq!(world.vault.secret_migrate("local", "other").await.unwrap().secrets, 2);
    assert_eq!(other.secret_get(RUN, "TOKEN").await.unwrap(), "of-the-web");
    // Nor what is lent to a run, or masked in it.
    other.secret_lend(RUN, lend("TOKEN", "lent-to-the-other")).await.unwrap();
    assert_eq!(get(&world, "TOKEN").await.unwrap(), "of-the-server");
    assert_eq!(world.keeper.secret_mask(RUN, "of-its-pipeline lent-to-the-other"), None);
}
