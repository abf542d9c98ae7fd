//! The published JSON Schemas equal the Rust types. `UPDATE_EXPECT=1` rewrites them.

use std::path::Path;

use schemars::{JsonSchema, schema_for};
use wit_envelope::{action, language, launch, machine, manifest, resource};

#[test]
fn published_schemas_equal_the_types() {
    let mut stale = vec![];
    check::<machine::Outcome>("outcome", &mut stale);
    check::<machine::ProcessEnded>("process-ended", &mut stale);
    check::<machine::Error>("error", &mut stale);
    check::<launch::LaunchSpec>("launch", &mut stale);
    check::<launch::Launched>("launched", &mut stale);
    check::<resource::ResourceRequest>("resource-request", &mut stale);
    check::<resource::Checked>("resource-checked", &mut stale);
    check::<resource::Got>("resource-got", &mut stale);
    check::<resource::ResourceDescription>("resource-description", &mut stale);
    check::<Vec<action::ActionDescription>>("action-descriptions", &mut stale);
    check::<language::CompileRequest>("compile", &mut stale);
    check::<language::Compiled>("compiled", &mut stale);
    check::<Vec<language::RunEvent>>("run-events", &mut stale);
    check::<Vec<language::Command>>("commands", &mut stale);
    check::<manifest::Manifest>("manifest", &mut stale);
    assert!(
        stale.is_empty(),
        "stale schemas: {stale:?}; look at the change, and run with UPDATE_EXPECT=1"
    );
}

fn check<T: JsonSchema>(name: &'static str, stale: &mut Vec<&'static str>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tenon-plugin@1.0.0/schema");
    let path = folder.join(format!("{name}.json"));
    let schema = serde_json::to_string_pretty(&schema_for!(T)).expect("a schema is JSON") + "\n";
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        std::fs::write(&path, &schema).expect("the schema can be written");
    }
    if std::fs::read_to_string(&path).ok().as_deref() != Some(&schema) {
        stale.push(name);
    }
}
