//! What is expected of a secret backend.

use kernel_ports::plugin::PluginKind;
use serde_json::Value;
use wit_envelope::secrets::{SecretAt, SecretNames, SecretScope, SecretValue, SecretWrite};

use super::{Miss, Outcome, Subject, Suite, fail, good, hold, reached, skip};
use crate::stage::Stage;

pub(super) const SUITE: Suite = &[
    ("what is not there is `not-found`, never an empty value", missing),
    ("what is written is read as it was", round_trip),
    ("a scope never sees another", scopes),
    ("a new value has another version", versions),
    ("what is removed is gone, and may be removed again", removed),
    ("names are listed sorted, of one scope only", listed),
];

const KIND: PluginKind = PluginKind::Secrets;
/// What every backend must hold.
const BYTES: usize = 32 * 1024;
/// The third begins like the second, and the last is below it.
const SCOPES: [&str; 4] =
    ["server", "project/conform", "project/conformity", "project/conform/pipeline/p"];

fn missing(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for scope in SCOPES {
        match reached(read(&stage, scope, "conform-missing"))? {
            Err(code) if code == "not-found" => {}
            Err(code) => return Err(fail(format!("{scope}: the code is {code:?}"))),
            Ok(value) => {
                let size = value.value.len();
                return Err(fail(format!("{scope}: it gave a value of {size} bytes")));
            }
        }
    }
    Ok(())
}

fn round_trip(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    let values = ["plain", " spaces and\nlines\n", "ünïcödé 🗝", "{\"json\": true}", "((secret:x))"];
    let long = "x".repeat(BYTES);
    for value in values.into_iter().chain([long.as_str()]) {
        write(&stage, "server", "conform", value)?;
        let found = good("the read", read(&stage, "server", "conform"))?.value;
        hold(found == value, || {
            format!("a value of {} bytes came back as another of {}", value.len(), found.len())
        })?;
    }
    Ok(())
}

fn scopes(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for scope in SCOPES {
        write(&stage, scope, "conform", scope)?;
    }
    for scope in SCOPES {
        let found = good("the read", read(&stage, scope, "conform"))?.value;
        hold(found == scope, || format!("{scope} has the value of {found}"))?;
    }
    remove(&stage, "project/conform", "conform")?;
    hold(read(&stage, "project/conform", "conform").is_err(), || {
        "what was removed from a project is found again, in another scope".into()
    })?;
    for scope in ["project/conformity", "project/conform/pipeline/p"] {
        good(
            &format!("the read from {scope} after a removal beside it"),
            read(&stage, scope, "conform"),
        )?;
    }
    Ok(())
}

fn versions(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    write(&stage, "server", "conform", "one")?;
    let one = good("the read", read(&stage, "server", "conform"))?.version;
    write(&stage, "server", "conform", "two")?;
    let two = good("the read", read(&stage, "server", "conform"))?.version;
    if one.is_empty() && two.is_empty() {
        return Err(skip("the backend has no versions"));
    }
    hold(one != two, || format!("both values have the version {one:?}"))
}

fn removed(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    write(&stage, "server", "conform", "one")?;
    remove(&stage, "server", "conform")?;
    match reached(read(&stage, "server", "conform"))? {
        Err(code) if code == "not-found" => {}
        Err(code) => return Err(fail(format!("the code after the removal is {code:?}"))),
        Ok(_) => return Err(fail("it is still there")),
    }
    remove(&stage, "server", "conform")
}

fn listed(subject: &Subject) -> Outcome {
    let stage = subject.stage()?;
    for (scope, name) in [
        ("project/conform", "b"),
        ("project/conform", "a"),
        ("project/conformity", "c"),
        ("project/conform/pipeline/p", "d"),
    ] {
        write(&stage, scope, name, "value")?;
    }
    let scope = SecretScope { scope: "project/conform".to_owned() };
    let names: SecretNames = match reached(stage.ask(KIND, "list", &scope))? {
        Ok(names) => names,
        Err(code) if code == "unsupported" => return Err(skip("the backend cannot list")),
        Err(code) => return Err(fail(format!("the list was refused with {code:?}"))),
    };
    hold(names.names == ["a", "b"], || format!("it listed {:?}, not a and b", names.names))
}

fn read(
    stage: &Stage,
    scope: &str,
    name: &str,
) -> Result<SecretValue, kernel_ports::plugin::PluginError> {
    stage.ask(KIND, "read", &SecretAt { scope: scope.to_owned(), name: name.to_owned() })
}

fn write(stage: &Stage, scope: &str, name: &str, value: &str) -> Result<(), Miss> {
    let (scope, name, value) = (scope.to_owned(), name.to_owned(), value.to_owned());
    let written = stage.ask::<Value>(KIND, "write", &SecretWrite { scope, name, value });
    match reached(written)? {
        Ok(_) => Ok(()),
        Err(code) if code == "unsupported" => Err(skip("the backend is read-only")),
        Err(code) => Err(fail(format!("the write was refused with {code:?}"))),
    }
}

fn remove(stage: &Stage, scope: &str, name: &str) -> Result<(), Miss> {
    let at = SecretAt { scope: scope.to_owned(), name: name.to_owned() };
    good("the removal", stage.ask::<Value>(KIND, "remove", &at)).map(|_| ())
}
