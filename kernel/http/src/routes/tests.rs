//! What is near to a mistyped address.

use super::near_route;

#[track_caller]
fn check(path: &str, want: Option<&str>) {
    assert_eq!(near_route(path).as_deref(), want, "{path}");
}

#[test]
fn mistyped_addresses_have_near_ones() {
    check("/api/v1/pipeline", Some("/api/v1/pipelines"));
    check("/api/v1/pipelines/", Some("/api/v1/pipelines"));
    check("/pipelines", Some("/api/v1/pipelines"));
    check("/runs/run_1/three", Some("/api/v1/runs/run_1/tree"));
    check("/api/v1/runs/run_1/log", Some("/api/v1/runs/run_1/logs"));
    check("/api/v1/pipelines/ci/run", Some("/api/v1/pipelines/ci/runs"));
    check("/healthz", Some("/health"));
    check("/ready", Some("/readyz"));
}

#[test]
fn something_else_has_no_near_address() {
    check("/", None);
    check("/favicon.ico", None);
    check("/wp-admin/setup.php", None);
}
