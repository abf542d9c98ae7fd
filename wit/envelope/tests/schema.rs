//! The published JSON Schemas equal the Rust types. `UPDATE_EXPECT=1` rewrites them.

use std::path::Path;

use schemars::{JsonSchema, schema_for};
use wit_envelope::{
    action, cache, gateway, identity, language, launch, machine, manifest, model, notifier,
    resource, secrets, webhook,
};

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
    check::<secrets::SecretAt>("secret-at", &mut stale);
    check::<secrets::SecretValue>("secret-value", &mut stale);
    check::<secrets::SecretWrite>("secret-write", &mut stale);
    check::<secrets::SecretWritten>("secret-written", &mut stale);
    check::<secrets::SecretScope>("secret-scope", &mut stale);
    check::<secrets::SecretNames>("secret-names", &mut stale);
    check::<cache::CacheQuery>("cache-query", &mut stale);
    check::<cache::CacheHit>("cache-hit", &mut stale);
    check::<cache::CacheOffer>("cache-offer", &mut stale);
    check::<cache::CachePlace>("cache-place", &mut stale);
    check::<cache::CacheCommit>("cache-commit", &mut stale);
    check::<cache::CacheKey>("cache-key", &mut stale);
    check::<cache::CacheList>("cache-list", &mut stale);
    check::<cache::CacheEntries>("cache-entries", &mut stale);
    check::<cache::CachePrune>("cache-prune", &mut stale);
    check::<cache::CachePruned>("cache-pruned", &mut stale);
    check::<model::Models>("models", &mut stale);
    check::<model::ChatRequest>("chat-request", &mut stale);
    check::<model::ChatStep>("chat-step", &mut stale);
    check::<model::ChatPiece>("chat-piece", &mut stale);
    check::<model::EmbedRequest>("embed-request", &mut stale);
    check::<model::Embedded>("embedded", &mut stale);
    check::<identity::Authorize>("identity-authorize", &mut stale);
    check::<identity::Redirect>("identity-redirect", &mut stale);
    check::<identity::Exchange>("identity-exchange", &mut stale);
    check::<identity::Claims>("identity-claims", &mut stale);
    check::<webhook::Delivery>("webhook-delivery", &mut stale);
    check::<webhook::Receipt>("webhook-receipt", &mut stale);
    check::<notifier::Message>("message", &mut stale);
    check::<notifier::Sent>("message-sent", &mut stale);
    check::<gateway::GatewayRequest>("gateway-request", &mut stale);
    check::<gateway::GatewayResponse>("gateway-response", &mut stale);
    check::<manifest::Manifest>("manifest", &mut stale);
    assert!(
        stale.is_empty(),
        "stale schemas: {stale:?}; look at the change, and run with UPDATE_EXPECT=1"
    );
}

#[test]
fn each_kind_of_event_is_listed() {
    let schema = serde_json::to_value(schema_for!(language::RunEvent)).expect("it is JSON");
    let kinds: Vec<&str> = schema["oneOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|kind| kind["properties"]["event"]["const"].as_str())
        .collect();
    assert_eq!(kinds, language::RunEvent::KINDS);
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
