use std::collections::BTreeSet;
use std::fmt::Write as _;

use expect_test::{expect, expect_file};

use super::*;
use crate::page::here;
use crate::resolve::tests::{Say, check};
use crate::table;

/// Every flag, variable and key that the documents of these systems name.
const DOCUMENTED: &str = include_str!("documented.txt");

fn find(system: &str, name: &str) -> Option<&'static SettingName> {
    let is = |row: &SettingName| {
        [row.flag, row.variable, row.key].into_iter().flatten().any(|known| known == name)
    };
    NAMES.iter().find(|row| row.system == system && is(row))
}

#[test]
fn each_documented_name_leads_somewhere() {
    let mut text = String::new();
    for line in DOCUMENTED.lines() {
        let (system, name) = line.split_once(' ').unwrap();
        let to = find(system, name).map_or_else(
            || "NOWHERE".to_owned(),
            |row| match row.to {
                To::Setting(..) => here(row).replace('`', ""),
                To::Always(value, what) => format!("always {value}: {what}"),
                To::Instead(what) => format!("instead: {what}"),
            },
        );
        writeln!(text, "{system} {name} -> {to}").unwrap();
    }
    assert!(!text.contains("NOWHERE"), "{text}");
    expect_file!["mapped.txt"].assert_eq(&text);
}

#[test]
fn a_variable_or_key_belongs_to_one_system() {
    let mut seen = BTreeSet::new();
    for name in NAMES {
        for spelling in [name.variable, name.key].into_iter().flatten() {
            assert!(seen.insert(spelling), "{spelling} is there twice");
            assert!(!table::all().any(|row| row.variable == spelling), "{spelling} is ours too");
        }
    }
}

#[test]
fn a_key_that_is_ours_too_means_the_same() {
    for name in NAMES {
        let Some(row) = name.key.and_then(table::find) else { continue };
        assert!(matches!(name.to, To::Setting(to, Convert::Same) if to.key == row.key), "{name:?}");
    }
}

#[test]
fn names_of_other_systems_are_taken_and_said() {
    check(
        &Say {
            environment: &[
                ("COFLUX_DATA_DIR", "/data"),
                ("COFLUX_REQUIRE_AUTH", "false"),
                ("COFLUX_STUDIO_TEAMS", "t"),
                ("CI_ALLOWED_DRIVERS", "docker,native,k8s"),
                ("CI_FETCH_MAX_RESPONSE_MB", "5"),
                ("CI_OAUTH_GITHUB_CLIENT_ID", "a"),
                ("CI_OAUTH_GITHUB_CLIENT_SECRET", "b"),
                ("MONGODB_URI", "mongodb://x"),
                ("SESSION_TTL_HOURS", "13"),
                ("SESSION_COOKIE_HTTP_ONLY", "true"),
            ],
            flags: &[("allowed-features", &["*,!gates"]), ("storage-sqlite-path", &["/d/p.db"])],
            ..Say::default()
        },
        expect![[r#"
            server.data = /d/tenon-data (--storage-sqlite-path)
            server.features = *, !approvals (--allowed-features)
            network.fetch_max = 5MiB (CI_FETCH_MAX_RESPONSE_MB)
            runs.launchers_allowed = docker, process, kubernetes (CI_ALLOWED_DRIVERS)
            access.no_auth = true (COFLUX_REQUIRE_AUTH)
            access.session_life = 13h (SESSION_TTL_HOURS)
            access.identities = ******** (CI_OAUTH_GITHUB_CLIENT_ID)
            -- COFLUX_STUDIO_TEAMS: it has no meaning here: there is no Studio: visitors log in at the server itself, or by an identity provider (`access.identities`)
            -- MONGODB_URI: it has no meaning here: no database server is needed: everything is kept in the folder `server.data`
            -- SESSION_COOKIE_HTTP_ONLY: session cookies can never be read by scripts
            -- CI_ALLOWED_DRIVERS: it is taken as runs.launchers_allowed; here it is TENON_ALLOWED_LAUNCHERS
            -- CI_FETCH_MAX_RESPONSE_MB: it is taken as network.fetch_max; here it is TENON_FETCH_MAX
            -- CI_OAUTH_GITHUB_CLIENT_ID: it is taken as access.identities; here it is TENON_IDENTITIES
            -- CI_OAUTH_GITHUB_CLIENT_SECRET: it is taken as access.identities; here it is TENON_IDENTITIES
            -- COFLUX_DATA_DIR: it is taken as server.data; here it is TENON_DATA
            -- COFLUX_REQUIRE_AUTH: it is taken as access.no_auth; here it is TENON_NO_AUTH
            -- SESSION_TTL_HOURS: it is taken as access.session_life; here it is TENON_SESSION_LIFE
            -- --storage-sqlite-path: it is taken as server.data; here it is --data
        "#]],
    );
}

#[test]
fn what_other_systems_say_is_checked_too() {
    check(
        &Say {
            environment: &[
                ("CI_PORT", "tcp://10.0.0.1:80"),
                ("CI_FETCH_MAX_RESPONSE_MB", "many"),
                ("SESSION_COOKIE_HTTP_ONLY", "false"),
                ("COFLUX_SECRET", "a"),
                ("CI_OAUTH_SESSION_SECRET", "b"),
                ("CI_STORAGE_SQLITE_PATH", ":memory:"),
            ],
            ..Say::default()
        },
        expect![[r#"
            !! 5 settings cannot be used:
              CI_FETCH_MAX_RESPONSE_MB: "many" is not a whole number
              CI_STORAGE_SQLITE_PATH: nothing is kept in memory alone; name a file, and the data folder lies beside it
              SESSION_COOKIE_HTTP_ONLY: it can only be true: session cookies can never be read by scripts
              COFLUX_SECRET: CI_OAUTH_SESSION_SECRET means access.signing_secret too, and says otherwise; keep one of them
              CI_PORT: "tcp://10.0.0.1:80" is not a whole number
        "#]],
    );
}
