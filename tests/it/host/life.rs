//! Plugins that are installed, granted, bound and swapped while the host serves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kernel_host::{Host, InstalledPlugins, Ports};
use kernel_model::id::RunId;
use kernel_model::time::Time;
use kernel_ports::package::Package;
use kernel_ports::plugin::{
    DriveCall, Machine, MachineCall, MachineInput, MachineStep, PluginError, Plugins as _,
};
use kernel_ports::plugin_admin::{
    BindingDraft, InstallFrom, InstallOptions, InstallOutcome, Installed, PluginAdmin as _,
    PluginAdminError, PluginSource, PluginStatus, Stage,
};
use kernel_ports::plugin_store::{PluginStore as _, Signature};
use kernel_store_memory::MemoryControl;
use tempfile::TempDir;
use wit_envelope::language::RunEvent;

use super::fixture;
use super::world::{limits, ports};

/// What the fixture may do at most in these tests: all but start any program and reach any host.
pub(super) const RULES: [&str; 3] = ["http:GET 127.0.0.1:*", "kv", "workspace"];

/// A host and what it keeps, so that it can be started anew.
pub(super) struct Life {
    pub(super) host: Arc<Host>,
    store: Arc<MemoryControl>,
    ports: Ports,
    pub(super) dir: TempDir,
    is_built_in: bool,
}

impl Life {
    pub(super) async fn new() -> Self {
        Self::begin(false).await
    }

    /// With the fixture built in.
    pub(super) async fn over_built_in() -> Self {
        Self::begin(true).await
    }

    async fn begin(is_built_in: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (store, ports) = (Arc::new(MemoryControl::new()), ports(&dir));
        let host = start(&dir, &store, &ports, is_built_in).await;
        Self { host, store, ports, dir, is_built_in }
    }

    /// What a restart of the server does.
    pub(super) async fn restart(&mut self) {
        self.host = start(&self.dir, &self.store, &self.ports, self.is_built_in).await;
    }

    pub(super) async fn install(&self, bytes: &[u8]) -> Result<Installed, PluginAdminError> {
        self.host.install(given(bytes), options()).await
    }

    pub(super) async fn upgrade(&self, bytes: &[u8]) -> Result<Installed, PluginAdminError> {
        self.host.upgrade("hostile", Some(given(bytes)), options()).await
    }

    pub(super) async fn start(&self, name: &str, input: &str) -> Result<MachineStep, PluginError> {
        self.bound("hostile", name, input).await
    }

    pub(super) async fn bound(
        &self,
        binding: &str,
        name: &str,
        input: &str,
    ) -> Result<MachineStep, PluginError> {
        let (name, input) = (name.to_owned(), input.to_owned());
        self.send(binding, MachineInput::Action { name, input }, "").await
    }

    pub(super) async fn send(
        &self,
        binding: &str,
        input: MachineInput,
        made_by: &str,
    ) -> Result<MachineStep, PluginError> {
        let machine = Machine::Action(binding.to_owned());
        let made_by = made_by.into();
        let call = MachineCall {
            machine,
            input,
            made_by,
            run: None,
            step: None,
            attempt: 1,
            at: Time(1),
            log: None,
        };
        self.host.machine_call(call).await
    }

    /// Which version serves.
    pub(super) fn version(&self) -> String {
        self.host.state_get("hostile").unwrap().info.version
    }

    pub(super) fn files(&self) -> BTreeSet<String> {
        let entries = std::fs::read_dir(self.dir.path().join("plugins")).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

async fn start(
    dir: &TempDir,
    store: &Arc<MemoryControl>,
    ports: &Ports,
    is_built_in: bool,
) -> Arc<Host> {
    let facts = store.plugin_facts().await.unwrap();
    let (store, packages) = (Arc::clone(store) as _, None);
    let installed = InstalledPlugins { store, facts, packages, allow_unsigned: false };
    let mut builder = Host::builder(fixture::compiled(), ports.clone())
        .limits(limits())
        .installed(installed, dir.path().join("plugins"));
    if is_built_in {
        builder = builder.built_in("hostile", fixture::hostile());
    }
    builder.build().unwrap()
}

pub(super) fn given(bytes: &[u8]) -> InstallFrom {
    let bytes = bytes.to_vec().into();
    InstallFrom::Given(Package { bytes, origin: "hostile.wasm".to_owned(), proof: None })
}

pub(super) fn options() -> InstallOptions {
    let rules = RULES.iter().map(|rule| (*rule).to_owned()).collect();
    InstallOptions { rules, allow_unsigned: true, ..InstallOptions::default() }
}

/// The fixture in another version.
pub(super) fn next(version: &str) -> Vec<u8> {
    fixture::hostile_with(&[("\"0.1.0\"", &format!("\"{version}\""))])
}

fn resume(step: &MachineStep, kind: &str) -> MachineInput {
    let (state, data) = (Arc::clone(&step.state), "{}".to_owned());
    MachineInput::Resume { state, kind: kind.into(), handle: None, data }
}

#[tokio::test]
async fn an_installed_plugin_serves_at_once_and_after_a_restart() {
    let mut life = Life::new().await;
    assert!(life.start("echo", "1").await.is_err());
    let installed = life.install(fixture::hostile()).await.unwrap();
    assert_eq!(installed.outcome, InstallOutcome::Active);
    for _ in 0..2 {
        let step = life.start("echo", "1").await.unwrap();
        assert_eq!(*step.made_by, *installed.digest);
        let state = life.host.state_get("hostile").unwrap();
        assert_eq!((state.source, &state.status), (PluginSource::Installed, &PluginStatus::Active));
        assert_eq!(state.versions[0].signature, Signature::Unsigned);
        assert_eq!(life.files(), BTreeSet::from([format!("{}.wasm", installed.digest)]));
        let verified = life.host.verify("hostile").await.unwrap();
        assert_eq!((verified.len(), &verified[0].signature), (1, &Signature::Unsigned));
        assert_eq!((verified[0].is_active, verified[0].problems.len()), (true, 0));
        life.restart().await;
    }
    let again = life.host.install(
        given(fixture::hostile()),
        InstallOptions { allow_unsigned: true, ..InstallOptions::default() },
    );
    assert_eq!(again.await.unwrap().outcome, InstallOutcome::Unchanged);
}

#[tokio::test]
async fn each_stage_refuses_by_name_and_what_serves_serves_on() {
    let life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    let before = life.files();
    let other = next("0.2.0");
    let module = wat::parse_str("(module)").unwrap();
    let set = |change: &dyn Fn(&mut InstallOptions)| {
        let mut options = options();
        change(&mut options);
        options
    };
    for (bytes, options, stage, part) in [
        (&b"no"[..], options(), Stage::Inspect, "not WebAssembly"),
        (&module, options(), Stage::Inspect, "core module"),
        (&other, set(&|o| o.allow_unsigned = false), Stage::Verify, "--allow-unsigned"),
        (&other, set(&|o| o.digest = Some("abc".into())), Stage::Verify, "not abc"),
        (&other, set(&|o| o.rules.push("proces".into())), Stage::Grant, "there is no capability"),
        (&other, set(&|o| o.rules.push("process:sh".into())), Stage::Grant, "does not ask for it"),
        (&other, set(&|o| o.config = Some("{".into())), Stage::Configure, "no JSON"),
        (&other, set(&|o| o.config = Some(r#"{"a":1}"#.into())), Stage::Configure, "takes no"),
    ] {
        let err = life.host.upgrade("hostile", Some(given(bytes)), options).await.unwrap_err();
        let PluginAdminError::Stage { stage: found, reason, .. } = &err else { panic!("{err}") };
        assert_eq!(*found, stage, "{err}");
        assert!(reason.contains(part), "{err}");
    }
    assert_eq!((life.version().as_str(), life.files()), ("0.1.0", before));
    life.start("echo", "1").await.unwrap();
    let exists = life.install(&other).await.unwrap_err();
    assert!(matches!(exists, PluginAdminError::Exists { .. }), "{exists}");
}

#[tokio::test]
async fn an_upgrade_waits_only_if_it_asks_for_more() {
    let mut life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    assert_eq!(life.upgrade(&next("0.2.0")).await.unwrap().outcome, InstallOutcome::Active);
    let more = fixture::hostile_with(&[("\"0.1.0\"", "\"0.3.0\""), ("\"git\"", "\"gi*\"")]);
    let waiting = InstallOutcome::Waiting { asks_more: vec!["process:gi*".to_owned()] };
    // What is decided along with it would be forgotten until it is approved.
    let refused = life.upgrade(&more).await.unwrap_err().to_string();
    assert!(refused.contains("process:gi*") && refused.contains("say --approve with"), "{refused}");
    let plain = InstallOptions { allow_unsigned: true, ..InstallOptions::default() };
    let upgraded = life.host.upgrade("hostile", Some(given(&more)), plain).await;
    assert_eq!(upgraded.unwrap().outcome, waiting);
    life.restart().await;
    assert_eq!(life.version(), "0.2.0");
    let shown = life.host.state_get("hostile").unwrap();
    assert_eq!(shown.versions[0].asks_more.as_deref(), Some(&["process:gi*".to_owned()][..]));
    let swapped = life.host.swap("hostile", "0.3.0", None).await.unwrap_err().to_string();
    assert!(swapped.contains("waits for approval"), "{swapped}");
    let approve = |approve| InstallOptions { approve, ..InstallOptions::default() };
    let err = life.host.upgrade("hostile", None, approve(false)).await.unwrap_err().to_string();
    assert!(err.contains("process:gi*") && err.contains("--approve"), "{err}");
    let other = InstallOptions { digest: Some("ab".repeat(32)), ..approve(true) };
    let err = life.host.upgrade("hostile", None, other).await.unwrap_err().to_string();
    assert!(err.contains("look at it again"), "{err}");
    life.host.upgrade("hostile", None, approve(true)).await.unwrap();
    assert_eq!(life.version(), "0.3.0");
    life.start("process", "gimp").await.unwrap();
}

#[tokio::test]
async fn a_version_that_waited_is_gone_when_another_one_waits() {
    let life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    for (version, program) in [("0.3.0", "gi*"), ("0.4.0", "g*t")] {
        let parts =
            [("\"0.1.0\"", &*format!("\"{version}\"")), ("\"git\"", &*format!("\"{program}\""))];
        let more = fixture::hostile_with(&parts);
        let plain = InstallOptions { allow_unsigned: true, ..InstallOptions::default() };
        life.host.upgrade("hostile", Some(given(&more)), plain).await.unwrap();
    }
    let shown = life.host.state_get("hostile").unwrap();
    let kept: Vec<&str> = shown.versions.iter().map(|version| &*version.version).collect();
    assert_eq!(kept, ["0.4.0", "0.1.0"], "nobody has decided on 0.3.0");
    assert!(life.host.swap("hostile", "0.3.0", None).await.is_err());
}

#[tokio::test]
async fn there_is_nothing_to_approve_of_a_plugin_that_is_new() {
    let life = Life::new().await;
    let options = InstallOptions {
        approve: true,
        allow_unsigned: true,
        rules: vec![RULES[0].to_owned()],
        ..InstallOptions::default()
    };
    life.host.install(given(fixture::hostile()), options).await.unwrap();
    assert!(matches!(life.start("kv", "").await, Err(PluginError::Denied { .. })));
}

#[tokio::test]
async fn a_language_that_is_disabled_drives_no_run_on() {
    let life = Life::new().await;
    let plain = InstallOptions { allow_unsigned: true, ..InstallOptions::default() };
    let digest = life.host.install(given(fixture::language()), plain).await.unwrap().digest;
    let drive = || {
        life.host.drive(DriveCall {
            language: "language-lines".into(),
            digest: digest.as_str().into(),
            run: RunId(1),
            at: Time(0),
            program: "p".into(),
            state: [].into(),
            events: vec![RunEvent::Timer { name: "t".into() }],
        })
    };
    drive().await.unwrap();
    life.host.enable("language-lines", false).await.unwrap();
    let err = drive().await.unwrap_err();
    assert!(matches!(err, PluginError::Stopped { .. }), "{err}");
    life.host.enable("language-lines", true).await.unwrap();
    drive().await.unwrap();
}

#[tokio::test]
async fn a_plugin_does_not_take_over_what_a_binding_has_by_its_name() {
    let life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    let draft = BindingDraft {
        name: "hostila".to_owned(),
        plugin: Some("hostile".to_owned()),
        rules: Some(vec!["kv".to_owned()]),
        config: None,
        default_for: None,
    };
    life.host.bind(draft).await.unwrap();
    let same_name = fixture::hostile_with(&[("\"hostile\"", "\"hostila\"")]);
    let err = life.install(&same_name).await.unwrap_err().to_string();
    assert!(err.contains("is a binding of hostile") && err.contains("unbind hostila"), "{err}");
    assert_eq!(life.host.state_list().len(), 1);
}

#[tokio::test]
async fn a_swap_is_seen_by_the_next_call_and_undone_by_a_rollback() {
    let life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    life.upgrade(&next("0.2.0")).await.unwrap();
    assert_eq!(life.version(), "0.2.0");
    assert_eq!(life.host.rollback("hostile", None).await.unwrap().info.version, "0.1.0");
    assert_eq!(life.host.swap("hostile", "0.2.0", None).await.unwrap().info.version, "0.2.0");
    let err = life.host.swap("hostile", "0.9.0", None).await.unwrap_err().to_string();
    assert!(err.contains("0.1.0") && err.contains("0.2.0"), "{err}");
    let digest = life.host.state_get("hostile").unwrap().versions[1].digest.clone();
    assert_eq!(life.host.swap("hostile", &digest[..8], None).await.unwrap().info.version, "0.1.0");
}

#[tokio::test]
async fn a_machine_goes_on_with_the_version_that_knows_its_state() {
    let life = Life::new().await;
    life.install(fixture::hostile()).await.unwrap();
    let first = life.start("count", "null").await.unwrap();
    life.upgrade(&next("0.2.0")).await.unwrap();
    let second = life.send("hostile", resume(&first, "wake"), &first.made_by).await.unwrap();
    assert_eq!(second.made_by, first.made_by, "an undeclared state is for its own version");
    let fresh = life.start("count", "null").await.unwrap();
    assert_ne!(fresh.made_by, first.made_by);
    life.host.remove("hostile").await.unwrap();
    assert!(life.send("hostile", resume(&second, "end"), &first.made_by).await.is_err());
}

#[tokio::test]
async fn a_declared_state_of_the_same_form_goes_on_with_the_new_version() {
    let life = Life::new().await;
    let form = ("\"contract\": \"1.0.0\"", "\"stateVersion\":   3");
    life.install(&fixture::hostile_with(&[form])).await.unwrap();
    let first = life.start("count", "null").await.unwrap();
    life.upgrade(&fixture::hostile_with(&[form, ("\"0.1.0\"", "\"0.2.0\"")])).await.unwrap();
    let second = life.send("hostile", resume(&first, "wake"), &first.made_by).await.unwrap();
    assert_ne!(second.made_by, first.made_by);
    let end = life.send("hostile", resume(&second, "end"), &second.made_by).await.unwrap();
    assert_eq!(end.done.unwrap().output, 2);
}

#[tokio::test]
async fn a_plugin_is_bound_under_several_names() {
    let schema =
        ("\"Does good and bad things on request\"", "\"x\", \"config\": {\"type\": \"object\"}");
    let pad = schema.0.len() - schema.1.len();
    let schema = (schema.0, format!("{}{}", schema.1, " ".repeat(pad)));
    let life = Life::new().await;
    life.install(&fixture::hostile_with(&[(schema.0, &schema.1)])).await.unwrap();
    for (name, colour) in [("tools/work", "blue"), ("tools/cheap", "red")] {
        let config = Some(format!("{{\"colour\":\"{colour}\"}}"));
        let draft = BindingDraft { name: name.into(), config, ..BindingDraft::default() };
        let err = life.host.bind(draft.clone()).await.unwrap_err().to_string();
        assert!(err.contains("--plugin"), "{err}");
        let plugin = Some("hostile".to_owned());
        life.host.bind(BindingDraft { plugin, ..draft }).await.unwrap();
        let facts = life.bound(name, "facts", "").await.unwrap().done.unwrap().output;
        assert_eq!((&facts[3], &facts[6]["colour"]), (&name.into(), &colour.into()));
        // Grants are of the binding, not of the plugin.
        assert!(matches!(life.bound(name, "kv", "").await, Err(PluginError::Denied { .. })));
    }
    let changed = BindingDraft {
        name: "tools/work".into(),
        config: Some("{\"colour\":\"green\"}".into()),
        rules: Some(vec!["kv".into()]),
        ..BindingDraft::default()
    };
    life.host.bind(changed.clone()).await.unwrap();
    let facts = life.bound("tools/work", "facts", "").await.unwrap().done.unwrap().output;
    assert_eq!(facts[6]["colour"], "green");
    life.bound("tools/work", "kv", "").await.unwrap();
    let wrong = BindingDraft { config: Some("[]".into()), ..changed };
    assert!(matches!(life.host.bind(wrong).await, Err(PluginAdminError::Config { .. })));
    let err = life.host.remove("hostile").await.unwrap_err().to_string();
    assert!(err.contains("tools/cheap, tools/work"), "{err}");
    life.host.unbind("tools/work").await.unwrap();
    assert!(life.bound("tools/work", "echo", "1").await.is_err());
    let err = life.host.unbind("tools/chaep").await.unwrap_err();
    let PluginAdminError::BindingUnknown { near, .. } = &err else { panic!("{err}") };
    assert_eq!(near.as_deref(), Some("tools/cheap"));
}

#[tokio::test]
async fn what_is_removed_gives_the_built_in_one_back() {
    let mut life = Life::over_built_in().await;
    let built_in = |life: &Life| life.host.state_get("hostile").unwrap().source;
    assert_eq!(built_in(&life), PluginSource::BuiltIn);
    life.install(&next("0.2.0")).await.unwrap();
    assert_eq!((built_in(&life), life.version().as_str()), (PluginSource::Installed, "0.2.0"));
    life.restart().await;
    assert_eq!(life.version(), "0.2.0");
    life.host.remove("hostile").await.unwrap();
    assert_eq!((built_in(&life), life.version().as_str()), (PluginSource::BuiltIn, "0.1.0"));
    life.start("kv", "").await.unwrap();
    assert!(life.files().is_empty());
    for result in [
        life.host.remove("hostile").await.map(drop),
        life.host.enable("hostile", false).await.map(drop),
    ] {
        let text = result.unwrap_err().to_string();
        assert!(text.contains("built in"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_while_versions_are_swapped() {
    let life = Arc::new(Life::new().await);
    life.install(fixture::hostile()).await.unwrap();
    life.upgrade(&next("0.2.0")).await.unwrap();
    let (ended, calls) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let call = async |life: Arc<Life>, ended: Arc<AtomicBool>, calls: Arc<AtomicU64>| {
        while !ended.load(Ordering::Relaxed) {
            let mut step = life.start("count", "null").await.unwrap();
            step = life.send("hostile", resume(&step, "wake"), &step.made_by).await.unwrap();
            let end = life.send("hostile", resume(&step, "end"), &step.made_by).await.unwrap();
            assert_eq!(end.done.unwrap().output, 2);
            calls.fetch_add(3, Ordering::Relaxed);
        }
    };
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let work = call(Arc::clone(&life), Arc::clone(&ended), Arc::clone(&calls));
            tokio::spawn(work)
        })
        .collect();
    for number in 0..200 {
        let to = if number % 2 == 0 { "0.1.0" } else { "0.2.0" };
        life.host.swap("hostile", to, None).await.unwrap();
    }
    ended.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    assert!(calls.load(Ordering::Relaxed) > 0);
}
