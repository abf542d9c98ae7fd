use expect_test::{Expect, expect};
use kernel_wire::time::Timestamp;
use kernel_wire::workspace::{Workspace, WorkspaceState};

use super::lines;
use crate::show::look::Look;

fn workspace(name: &str, base: Option<&str>, state: WorkspaceState) -> Workspace {
    let at = Timestamp { ms: 1_700_000_000_000 };
    let base = base.map(str::to_owned);
    Workspace {
        name: name.to_owned(),
        id: "wsp_1".to_owned(),
        base,
        state,
        created_at: at,
        updated_at: at,
    }
}

#[track_caller]
fn check(all: &[Workspace], want: Expect) {
    want.assert_eq(&(lines(all, Look::PLAIN).join("\n") + "\n"));
}

#[test]
fn heirs_stand_below_their_base() {
    use WorkspaceState::{Active, Paused};
    check(
        &[
            workspace("default", None, Active),
            workspace("dev/ann", Some("staging"), Active),
            workspace("dev/joe", Some("staging"), Paused),
            workspace("live", None, Active),
            workspace("qa", Some("live"), Active),
            workspace("staging", Some("live"), Active),
        ],
        expect![[r#"
            NAME           STATE   CHANGED
            default                2023-11-14T22:13:20.000Z
            live                   2023-11-14T22:13:20.000Z
            ├─ qa                  2023-11-14T22:13:20.000Z
            └─ staging             2023-11-14T22:13:20.000Z
               ├─ dev/ann          2023-11-14T22:13:20.000Z
               └─ dev/joe  paused  2023-11-14T22:13:20.000Z
        "#]],
    );
}

#[test]
fn a_base_that_may_not_be_seen_is_named() {
    check(
        &[workspace("dev/joe", Some("live"), WorkspaceState::Active)],
        expect![[r#"
        NAME     STATE  CHANGED
        dev/joe         2023-11-14T22:13:20.000Z  inherits from live
    "#]],
    );
}
