use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{
    Workspace, WorkspaceChange, WorkspaceName, WorkspaceRefusal, WorkspaceState, Workspaces,
};
use crate::id::WorkspaceId;
use crate::time::Time;

fn name(text: &str) -> WorkspaceName {
    WorkspaceName::new(text).unwrap()
}

/// Makes workspaces from names and their bases, which come before them.
fn tree(pairs: &[(&str, Option<&str>)]) -> Workspaces {
    let mut all = Workspaces::new([]);
    for (n, (called, base)) in (1..).zip(pairs) {
        let base = base.map(name);
        let made = all.made(WorkspaceId(n), name(called), base.as_ref(), Time(1)).unwrap();
        all.keep(made);
    }
    all
}

fn rebase(base: Option<&str>) -> WorkspaceChange {
    WorkspaceChange { base: Some(base.map(name)), state: None }
}

fn become_(state: WorkspaceState) -> WorkspaceChange {
    WorkspaceChange { base: None, state: Some(state) }
}

/// What a change of a workspace comes to, as a person reads it.
#[track_caller]
fn check(all: &Workspaces, of: &str, change: &WorkspaceChange, want: &str) {
    let said = match all.changed(&name(of), change, Time(2)) {
        Ok(changed) => {
            let base = changed.base.and_then(|id| all.get(id)).map(|base| base.name.to_string());
            format!("{:?} on {}", changed.state, base.as_deref().unwrap_or("nothing"))
        }
        Err(refusal) => refusal.to_string(),
    };
    assert_eq!(said, want, "{of} {change:?}");
}

#[test]
fn a_name_has_plain_parts() {
    for good in ["a", "default", "dev/joe", "dev/joe/2", "pr_17", "a-b", &"x".repeat(100)] {
        assert_eq!(name(good).as_str(), good);
    }
    let long = "x".repeat(101);
    for bad in ["", "/", "a/", "/a", "a//b", "A", "ä", "a b", ".", "../x", "a.b", "-x", &long] {
        let err = WorkspaceName::new(bad).unwrap_err();
        assert_eq!((err.what, err.found.as_str()), ("workspace", bad));
    }
    assert!(WorkspaceName::default().is_default() && !name("defaults").is_default());
}

#[test]
fn a_chain_goes_from_the_workspace_to_its_last_base() {
    let all = tree(&[("live", None), ("dev", Some("live")), ("dev/joe", Some("dev"))]);
    assert_eq!(all.chain(WorkspaceId(3)), [WorkspaceId(3), WorkspaceId(2), WorkspaceId(1)]);
    assert_eq!(all.chain(WorkspaceId::DEFAULT), [WorkspaceId::DEFAULT]);
    // Nothing is known of an archived one.
    assert_eq!(all.chain(WorkspaceId(9)), [WorkspaceId(9)]);
    assert_eq!(all.heirs(WorkspaceId(1)), [&name("dev")]);
}

#[test]
fn a_base_is_changed_taken_away_and_never_a_cycle() {
    let all = tree(&[("live", None), ("dev", Some("live")), ("dev/joe", Some("dev"))]);
    check(&all, "dev/joe", &rebase(Some("live")), "Active on live");
    check(&all, "dev/joe", &rebase(None), "Active on nothing");
    check(&all, "default", &rebase(Some("dev/joe")), "Active on dev/joe");
    check(&all, "dev", &rebase(Some("lve")), "there is no workspace \"lve\"");
    check(&all, "joe", &rebase(None), "there is no workspace \"joe\"");
    let cycle = "a workspace cannot inherit from itself: live → dev/joe → dev → live";
    check(&all, "live", &rebase(Some("dev/joe")), cycle);
    let cycle = "a workspace cannot inherit from itself: dev → dev";
    check(&all, "dev", &rebase(Some("dev")), cycle);
}

#[test]
fn only_what_nobody_inherits_from_is_archived() {
    let mut all = tree(&[("live", None), ("b", Some("live")), ("a", Some("live"))]);
    let archive = become_(WorkspaceState::Archived);
    check(&all, "live", &archive, "\"live\" is the base of a, b");
    check(&all, "default", &archive, "the workspace \"default\" stays: every project has it");
    check(&all, "default", &become_(WorkspaceState::Paused), "Paused on nothing");
    for heir in ["a", "b"] {
        check(&all, heir, &archive, "Archived on live");
        all.keep(all.changed(&name(heir), &archive, Time(3)).unwrap());
    }
    check(&all, "live", &archive, "Archived on nothing");
    // Its name is free, for one that is another.
    let again = all.made(WorkspaceId(7), name("a"), Some(&name("live")), Time(4)).unwrap();
    assert_eq!(again.base, Some(WorkspaceId(1)));
    let taken = all.made(WorkspaceId(8), name("live"), None, Time(4)).unwrap_err();
    assert_eq!(taken, WorkspaceRefusal::Taken { name: name("live") });
}

#[test]
fn what_is_stored_wins_over_what_every_project_has() {
    let paused = Workspace { state: WorkspaceState::Paused, ..Workspace::default_of(Time(5)) };
    let all = Workspaces::new([paused.clone()]);
    assert_eq!(all.find(&WorkspaceName::default()), Some(&paused));
    assert_eq!(all.iter().count(), 1);
}

proptest! {
    /// Whatever is tried, no chain has a workspace twice, and each one goes on as its base's does.
    #[test]
    fn no_order_of_changes_makes_a_cycle(tries in vec((0..8_u128, 0..8_u128), 0..60)) {
        let called = |n: u128| if n == 0 { "default".to_owned() } else { format!("w{n}") };
        let pairs: Vec<_> = (1..8).map(called).collect();
        let mut all = tree(&pairs.iter().map(|called| (&**called, None)).collect::<Vec<_>>());
        let mut bases = BTreeMap::new();
        for (of, base) in tries {
            match all.changed(&name(&called(of)), &rebase(Some(&called(base))), Time(2)) {
                Ok(changed) => {
                    bases.insert(of, base);
                    all.keep(changed);
                }
                // It was refused for a reason: the way from the base leads back.
                Err(_) => {
                    let way = std::iter::successors(Some(base), |n| bases.get(n).copied());
                    prop_assert!(way.take(9).any(|n| n == of));
                }
            }
        }
        for n in 0..8 {
            let chain = all.chain(WorkspaceId(n));
            let rest = bases.get(&n).map(|base| all.chain(WorkspaceId(*base)));
            prop_assert_eq!(&chain[1..], &rest.unwrap_or_default()[..]);
            prop_assert!(chain.len() <= 8);
        }
    }
}
