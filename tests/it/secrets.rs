//! Values that were lent to a run are found nowhere afterwards.

mod backends;
mod server;

use std::path::Path;

use serde_json::json;

use crate::tenon::said;

/// Long enough to be masked, odd enough to be found.
const VALUE: &str = "hunter2/zebra quartz";
const BASE64: &str = "aHVudGVyMi96ZWJyYSBxdWFydHo";
const URL: &str = "hunter2%2Fzebra%20quartz";

/// What it prints in the ways of programs.
const PRINTS: &str = r#"
echo "is $TOKEN"; echo "$TOKEN" >&2; printf %s "$TOKEN" | base64
mkdir -p out; echo x > "out/for $(echo $TOKEN | tr / _)"
test "$TOKEN" = "hunter2/zebra"" quartz"
"#;

/// Returns a pipeline that leaks `((token))`: by a script, and by a step that fails and whose output
/// is quoted in a message.
fn leak(script: &str) -> String {
    let task = |name: &str, script: &str| {
        let run = json!({ "path": "sh", "args": ["-c", script] });
        let config = json!({
            "platform": "linux", "env": { "TOKEN": "((token))" }, "outputs": [{ "name": "out" }],
            "run": run,
        });
        json!({ "task": name, "config": config })
    };
    let mut fail = task("fail", r#"echo "$TOKEN"; exit 1"#);
    fail["assert"] = json!({ "stdout": "never" });
    // YAML takes JSON too.
    json!({ "jobs": [{ "name": "leak", "plan": [task("print", script), fail] }] }).to_string()
}

#[test]
fn a_lent_value_is_found_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("leak.yml");
    std::fs::write(&file, leak(PRINTS)).unwrap();
    let data = dir.path().join("data");
    let said = said(&[
        "run",
        file.to_str().unwrap(),
        "--data",
        data.to_str().unwrap(),
        "--secret",
        &format!("token={VALUE}"),
    ])
    .ends(1);
    assert!(said.stdout.contains("is ***"), "{}", said.stdout);
    for form in [VALUE, BASE64, URL] {
        assert!(!said.stdout.contains(form) && !said.stderr.contains(form), "{said:#?}");
    }
    let mut files = 0;
    // What steps write into their volumes is theirs; everything else is ours.
    look(&data, &mut |path, bytes| {
        files += 1;
        for form in [VALUE, BASE64, URL] {
            let found = bytes.windows(form.len()).any(|window| window == form.as_bytes());
            assert!(!found, "{} holds {form}", path.display());
        }
    });
    assert!(files > 3, "there is something to look at");
}

#[test]
fn a_missing_secret_errors_its_step_by_name_before_it_starts() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("leak.yml");
    std::fs::write(&file, leak(PRINTS)).unwrap();
    let said = said(&["run", file.to_str().unwrap()]).ends(3);
    assert!(said.stdout.contains("there is no secret \"token\""), "{said:#?}");
    assert!(!said.stdout.contains("│ is "), "the step began: {said:#?}");
}

fn look(dir: &Path, at: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_symlink() || path.ends_with("volumes") || path.ends_with("cache") {
            continue;
        }
        if path.is_dir() {
            look(&path, at);
        } else {
            at(&path, &std::fs::read(&path).unwrap());
        }
    }
}
