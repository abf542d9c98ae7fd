//! Languages: compiling, driving, and the stillness of their world.

use kernel_model::time::Time;
use kernel_ports::plugin::{DriveCall, PluginError, Plugins as _};
use wit_envelope::language::{Command, CompileRequest, RunEvent};

use super::fixture;
use super::world::{RUN, World};

fn world() -> World {
    World::with(|builder| builder.built_in("language-lines", fixture::language()))
}

fn source(source: &str) -> CompileRequest {
    CompileRequest { source: source.into(), ..CompileRequest::default() }
}

#[tokio::test]
async fn a_language_is_found_by_name_or_by_file_and_compiles() {
    let world = world();
    for (name, file) in [(Some("lines"), ""), (Some("language-lines"), ""), (None, "ci/a.lines")] {
        assert_eq!(&*world.host.language_find(name, file).unwrap(), "language-lines");
    }
    let err = world.host.language_find(None, "a.yml").unwrap_err().to_string();
    assert!(err.contains("a.yml") && err.contains("language-lines (*.lines)"), "{err}");
    let err = world.host.language_find(Some("line"), "").unwrap_err().to_string();
    assert!(err.ends_with("did you mean \"lines\"?"), "{err}");

    let good = world.host.compile("language-lines", &source("good")).await.unwrap();
    assert_eq!(good.compiled.unwrap().jobs[0].name, "main");
    let bad = world.host.compile("language-lines", &source("bad")).await.unwrap();
    assert!(bad.compiled.is_none() && bad.diagnostics[0].is_error);
    let err = world.host.compile("language-lines", &source("loop")).await.unwrap_err();
    assert!(matches!(err, PluginError::Deadline { .. }), "{err}");
}

#[tokio::test]
async fn the_same_journal_gives_the_same_commands() {
    let drive = async || {
        let world = world();
        let call = DriveCall {
            language: "language-lines".into(),
            digest: "of another version".into(),
            run: RUN,
            at: Time(1_600_000_000_123),
            program: "p".into(),
            state: (*b"s").into(),
            events: vec![RunEvent::Timer { name: "t".into() }],
        };
        world.host.drive(call).await.unwrap()
    };
    let (one, two) = (drive().await, drive().await);
    assert_eq!(&*one.state, b"s+");
    assert_eq!(one.commands, two.commands);
    let Command::Note { text, .. } = &one.commands[0] else { panic!("{:?}", one.commands) };
    assert!(text.starts_with("p 1600000000123 1600000000123 "), "{text}");
}
