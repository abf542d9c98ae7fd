//! Workspaces: made, changed, and what tokens may do in which of them.

use kernel_auth::{Credential, Settings, TokenDraft};
use kernel_model::access::Verb;
use kernel_ports::access::Holder;
use serde_json::{Value, json};

use crate::api::{Answer, World, request};
use crate::sse::Stream;

const ALL: &str = "/api/v1/workspaces";
const RUNS: &str = "/api/v1/pipelines/ci/runs";

impl World {
    async fn set_workspace(&self, name: &str, body: Value) -> Answer {
        self.put(&format!("{ALL}/{name}"), &[], body).await
    }

    /// Returns a token that works in some workspaces.
    async fn token_in(&self, verbs: &[Verb], patterns: &[&str]) -> String {
        let root = self.access.token_bootstrap().await.unwrap().1;
        let root = self.access.authenticate(&Credential::Bearer(&root), "").unwrap();
        let draft = TokenDraft {
            name: patterns.join(" and "),
            holder: Holder::Service,
            verbs: verbs.iter().copied().collect(),
            projects: vec!["*".to_owned()],
            workspaces: patterns.iter().map(|pattern| (*pattern).to_owned()).collect(),
            expires_at: None,
        };
        self.access.token_create(&root, draft).await.unwrap().1
    }

    async fn by(&self, token: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let bearer = format!("Bearer {token}");
        self.send(request(method, path, &[("authorization", &bearer)], body)).await
    }
}

#[tokio::test]
async fn workspaces_are_made_changed_and_archived() {
    let world = World::new().await;
    let all = world.get(ALL).await.ok(200);
    assert_eq!((&all[0]["name"], &all[0]["state"]), (&json!("default"), &json!("active")));
    let live = world.post(ALL, json!({ "name": "live" })).await.ok(201);
    assert_eq!((live["base"].clone(), &live["state"]), (Value::Null, &json!("active")));
    world.post(ALL, json!({ "name": "dev/joe", "base": "live" })).await.ok(201);
    let joe = world.get(&format!("{ALL}/dev/joe")).await.ok(200);
    assert_eq!(joe["base"], "live");
    assert_eq!(world.get(&format!("{ALL}/dev%2Fjoe")).await.ok(200), joe);

    let paused = world.set_workspace("dev/joe", json!({ "state": "paused" })).await.ok(200);
    assert_eq!((&paused["base"], &paused["state"]), (&json!("live"), &json!("paused")));
    let free = world.set_workspace("dev/joe", json!({ "base": "" })).await.ok(200);
    assert_eq!((free["base"].clone(), &free["state"]), (Value::Null, &json!("paused")));
    world.set_workspace("dev/joe", json!({ "base": "live", "state": "active" })).await.ok(200);

    let names = async || {
        let all = world.get(ALL).await.ok(200);
        let all = all.as_array().unwrap().clone();
        all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["default", "dev/joe", "live"]);
    let gone = world.set_workspace("dev/joe", json!({ "state": "archived" })).await.ok(200);
    assert_eq!(gone["state"], "archived");
    assert_eq!(names().await, ["default", "live"]);
    let again = world.post(ALL, json!({ "name": "dev/joe" })).await.ok(201);
    assert_ne!(again["id"], joe["id"]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_the_way_out_is_said() {
    let world = World::new().await;
    world.post(ALL, json!({ "name": "live" })).await.ok(201);
    world.post(ALL, json!({ "name": "qa", "base": "live" })).await.ok(201);
    let refused = async |answer: Answer, status, code: &str| {
        let problem = answer.refused(status, code);
        let text = |field: &str| problem[field].as_str().unwrap_or_default().to_owned();
        format!("{}; {}", text("detail"), text("hint"))
    };
    let taken = world.post(ALL, json!({ "name": "qa" })).await;
    assert_eq!(
        refused(taken, 409, "workspace-conflict").await,
        "there is a workspace \"qa\" already; PUT /api/v1/workspaces/qa (`tenon workspace set \
         qa`) changes it"
    );
    let cycle = world.set_workspace("live", json!({ "base": "qa" })).await;
    assert_eq!(
        refused(cycle, 409, "workspace-conflict").await,
        "a workspace cannot inherit from itself: live → qa → live; choose a base that does not \
         lead back"
    );
    let inherited = world.set_workspace("live", json!({ "state": "archived" })).await;
    assert_eq!(
        refused(inherited, 409, "workspace-conflict").await,
        "\"live\" is the base of qa; give these another base, or archive them first"
    );
    let default = world.set_workspace("default", json!({ "state": "archived" })).await;
    refused(default, 409, "workspace-conflict").await;
    let unknown = world.get(&format!("{ALL}/liv")).await;
    assert_eq!(
        refused(unknown, 404, "workspace-unknown").await,
        "there is no workspace \"liv\"; did you mean \"live\"?"
    );
    let base = world.post(ALL, json!({ "name": "x", "base": "none" })).await;
    refused(base, 404, "workspace-unknown").await;
    for name in ["", "Live", "../x", "a//b"] {
        let answer = world.post(ALL, json!({ "name": name })).await;
        refused(answer, 422, "workspace-invalid").await;
    }
    world.get(&format!("{ALL}/A")).await.refused(400, "invalid-path");
    world.set_workspace("qa", json!({ "state": "gone" })).await.refused(400, "invalid-json");
    world.get("/api/v1/runs?workspace=A").await.refused(400, "invalid-query");
}

#[tokio::test]
async fn a_run_is_started_listed_and_run_again_in_a_workspace() {
    let world = World::new().await;
    world.post(ALL, json!({ "name": "live" })).await.ok(201);
    world.post(ALL, json!({ "name": "dev/joe", "base": "live" })).await.ok(201);
    world.set(json!([])).await;
    let start = async |place: &str| {
        let run = world.post(RUNS, json!({ "workspace": place })).await.ok(201);
        assert_eq!(run["workspace"], place);
        let id = run["id"].as_str().unwrap().to_owned();
        world.until(&id, "succeeded").await;
        id
    };
    let (live, joe, default) =
        (start("live").await, start("dev/joe").await, start("default").await);
    let ids = async |query: &str| {
        let page = world.get(&format!("/api/v1/runs?{query}")).await.ok(200);
        let items = page["items"].as_array().unwrap().clone();
        items.iter().map(|run| run["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("workspace=dev/joe").await, std::slice::from_ref(&joe));
    assert_eq!(ids("workspace=default").await, [default]);
    let query = "workspace=live&pipeline=ci&status=succeeded";
    assert_eq!(ids(query).await, std::slice::from_ref(&live));
    assert_eq!(ids("workspace=nothing").await, Vec::<String>::new());

    let rerun = format!("/api/v1/runs/{live}/rerun");
    let below = world.post(&rerun, json!({ "workspace": "dev/joe" })).await.ok(201);
    assert_eq!((&below["workspace"], &below["origin"]), (&json!("dev/joe"), &json!(live)));
    let same = world.post(&rerun, json!({})).await.ok(201);
    assert_eq!(same["workspace"], "live");
    for verb in ["retry", "rerun"] {
        let up = format!("/api/v1/runs/{joe}/{verb}");
        let up = world.post(&up, json!({ "workspace": "live" })).await;
        let problem = up.refused(409, "workspace-conflict");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.ends_with("\"dev/joe\", not inherited by \"live\""), "{detail}");
    }
    let unknown = world.post(RUNS, json!({ "workspace": "dev/jo" })).await;
    let problem = unknown.refused(404, "workspace-unknown");
    assert_eq!(problem["hint"], "did you mean \"dev/joe\"?");

    // The same key in another workspace is another key.
    let key = [("idempotency-key", "k")];
    let keyed = async |place: &str, status| {
        let body = Some(json!({ "workspace": place }));
        let run = world.send(request("POST", RUNS, &key, body)).await.ok(status);
        run["id"].as_str().unwrap().to_owned()
    };
    let first = keyed("live", 201).await;
    assert_ne!(keyed("default", 201).await, first);
    assert_eq!(keyed("live", 200).await, first);
}

#[tokio::test]
async fn a_paused_workspace_says_why_its_runs_wait() {
    let world = World::new().await;
    world.set(json!([])).await;
    world.set_workspace("default", json!({ "state": "paused" })).await.ok(200);
    let run = world.post(RUNS, json!({})).await.ok(201)["id"].as_str().unwrap().to_owned();
    let tree = world.get(&format!("/api/v1/runs/{run}/tree")).await.ok(200);
    assert_eq!(tree["waiting"]["reason"], "paused");
    world.set_workspace("default", json!({ "state": "active" })).await.ok(200);
    world.until(&run, "succeeded").await;
}

/// A server with a pipeline, the workspaces `live`, `dev/joe` and `dev/ann`, and a run in each.
async fn closed() -> (World, String, [String; 3]) {
    let world = World::with(Settings::default()).await;
    let all = [Verb::View, Verb::Run, Verb::Edit, Verb::Admin];
    let root = world.token_in(&all, &["*"]).await;
    let source = crate::api::set(&json!([{ "name": "a", "wait": true }]));
    world.by(&root, "PUT", "/api/v1/pipelines/ci", Some(source)).await.ok(201);
    let mut runs = vec![];
    for name in ["live", "dev/joe", "dev/ann"] {
        world.by(&root, "POST", ALL, Some(json!({ "name": name }))).await.ok(201);
        let body = json!({ "workspace": name });
        let run = world.by(&root, "POST", RUNS, Some(body)).await.ok(201);
        runs.push(run["id"].as_str().unwrap().to_owned());
    }
    (world, root, runs.try_into().unwrap())
}

#[tokio::test]
async fn a_token_reads_and_runs_in_its_workspaces_only() {
    let (world, _, [live, joe, ann]) = closed().await;
    let token = world.token_in(&[Verb::View, Verb::Run, Verb::Edit], &["dev/*"]).await;
    let reads = ["", "/tree", "/logs?follow=false", "/events?follow=false", "/artifacts"];
    for read in reads {
        let path = |run: &str| format!("/api/v1/runs/{run}{read}");
        for own in [&joe, &ann] {
            assert_eq!(world.by(&token, "GET", &path(own), None).await.status, 200, "{read}");
        }
        let answer = world.by(&token, "GET", &path(&live), None).await;
        let detail = answer.refused(403, "forbidden")["detail"].clone();
        let why = "may not view on project/default/pipeline/ci in the workspace live";
        assert!(detail.as_str().unwrap().ends_with(why), "{detail}");
    }
    for write in ["cancel", "retry", "rerun", "steps/1/cancel"] {
        let path = format!("/api/v1/runs/{live}/{write}");
        world.by(&token, "POST", &path, Some(json!({}))).await.refused(403, "forbidden");
    }
    world.by(&token, "POST", &format!("/api/v1/runs/{joe}/cancel"), None).await.ok(202);

    let start = async |body| world.by(&token, "POST", RUNS, Some(body)).await;
    start(json!({ "workspace": "dev/joe" })).await.ok(201);
    for elsewhere in [json!({}), json!({ "workspace": "live" }), json!({ "workspace": "none" })] {
        start(elsewhere).await.refused(403, "forbidden");
    }
    // What it may start it may look at, but what all workspaces share it cannot change.
    world.by(&token, "GET", "/api/v1/pipelines/ci", None).await.ok(200);
    let source = crate::api::set(&json!([]));
    let answer = world.by(&token, "PUT", "/api/v1/pipelines/ci", Some(source)).await;
    let detail = answer.refused(403, "forbidden")["detail"].clone();
    assert!(detail.as_str().unwrap().ends_with("ci, which all workspaces share"), "{detail}");

    let runs = world.by(&token, "GET", "/api/v1/runs", None).await.ok(200);
    let places = runs["items"].as_array().unwrap().iter().map(|run| run["workspace"].clone());
    assert_eq!(places.collect::<Vec<_>>(), ["dev/joe", "dev/ann", "dev/joe"]);
    let none = world.by(&token, "GET", "/api/v1/runs?workspace=live", None).await.ok(200);
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn a_run_is_not_taken_to_a_workspace_that_a_token_does_not_reach() {
    let (world, root, [live, ..]) = closed().await;
    let base = json!({ "base": "live" });
    world.by(&root, "PUT", &format!("{ALL}/dev/joe"), Some(base)).await.ok(200);
    world.gate.send_replace(true);
    let path = format!("/api/v1/runs/{live}");
    while world.by(&root, "GET", &path, None).await.ok(200)["status"] != "succeeded" {
        tokio::task::yield_now().await;
    }
    let body = || Some(json!({ "workspace": "dev/joe" }));
    let narrow = world.token_in(&[Verb::View, Verb::Run], &["live"]).await;
    for verb in ["retry", "rerun"] {
        let path = format!("{path}/{verb}");
        world.by(&narrow, "POST", &path, body()).await.refused(403, "forbidden");
    }
    let wide = world.token_in(&[Verb::View, Verb::Run], &["live", "dev/*"]).await;
    let run = world.by(&wide, "POST", &format!("{path}/rerun"), body()).await.ok(201);
    assert_eq!(run["workspace"], "dev/joe");
}

#[tokio::test]
async fn a_token_makes_and_changes_workspaces_that_its_patterns_fit() {
    let (world, root, _) = closed().await;
    let token = world.token_in(&[Verb::View, Verb::Edit], &["dev/*"]).await;
    let seen = world.by(&token, "GET", ALL, None).await.ok(200);
    let names = seen.as_array().unwrap().iter().map(|one| one["name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), ["dev/ann", "dev/joe"]);
    let make = async |body| world.by(&token, "POST", ALL, Some(body)).await;
    make(json!({ "name": "dev/eve", "base": "dev/ann" })).await.ok(201);
    make(json!({ "name": "live/2" })).await.refused(403, "forbidden");
    // What is kept in a base could be read through it.
    make(json!({ "name": "dev/bob", "base": "live" })).await.refused(403, "forbidden");
    let set = async |name: &str, body| {
        world.by(&token, "PUT", &format!("{ALL}/{name}"), Some(body)).await
    };
    set("dev/eve", json!({ "state": "archived" })).await.ok(200);
    set("dev/joe", json!({ "base": "live" })).await.refused(403, "forbidden");
    set("live", json!({ "state": "paused" })).await.refused(403, "forbidden");
    world.by(&token, "GET", &format!("{ALL}/live"), None).await.refused(403, "forbidden");

    let path = "/api/v1/audit?action=workspace.set&outcome=done";
    let found = world.by(&root, "GET", path, None).await.ok(200);
    let entry = &found["items"][0];
    assert_eq!(entry["target"], "workspaces/dev/eve");
    let field = |side: &str| entry[side]["state"].clone();
    assert_eq!((field("before"), field("after")), (json!("active"), json!("archived")));
}

#[tokio::test]
async fn a_stream_ends_with_the_token_that_reached_its_workspace() {
    let (world, root, [_, joe, _]) = closed().await;
    let token = world.token_in(&[Verb::View], &["dev/*"]).await;
    let follow = async |token: &str| {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let path = format!("/api/v1/runs/{joe}/events");
        let mut stream = Stream::of(world.begin(request("GET", &path, &headers, None)).await);
        while stream.next().await.unwrap().data["event"] != "attempt-started" {}
        stream
    };
    let (ours, theirs) = (follow(&root).await, follow(&token).await);
    let tokens = world.by(&root, "GET", "/api/v1/tokens", None).await.ok(200);
    let id = tokens.as_array().unwrap().iter().find(|one| one["name"] == "dev/*").unwrap();
    let id = id["id"].as_str().unwrap();
    let revoke = format!("/api/v1/tokens/{id}");
    assert_eq!(world.by(&root, "DELETE", &revoke, None).await.status, 204);
    world.gate.send_replace(true);
    assert_eq!(ours.all().await.last().unwrap().name, "end");
    assert_eq!(theirs.all().await, []);
}
