//! What every store must do: one list, run on each of them. And what only one on disk must do.

mod access;
mod app;
mod audit;
mod crash;
mod draft;
mod kv;
mod list;
mod login;
mod pipeline;
mod plugin;
mod project;
mod run;
mod sqlite;
mod together;
mod workspace;

/// Runs each function on an empty store of each kind.
macro_rules! conformance {
    ($($module:ident { $($name:ident,)* })*) => {
        mod on_memory {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let store = std::sync::Arc::new(kernel_store_memory::MemoryStore::new());
                    super::$module::$name(store).await;
                }
            )*)*
        }

        mod on_sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let folder = tempfile::tempdir().unwrap();
                    let path = folder.path().join("store.db");
                    let store = kernel_store_sqlite::SqliteStore::open(&path).unwrap();
                    super::$module::$name(std::sync::Arc::new(store)).await;
                }
            )*)*
        }
    };
}

conformance! {
    pipeline {
        a_new_source_makes_a_version_and_the_same_one_does_not,
        a_change_behind_ones_back_is_a_conflict,
        pipelines_are_listed_by_name_page_by_page,
        versions_are_listed_from_the_newest,
        a_removed_name_is_free_again_and_its_versions_stay,
        a_pause_lasts_until_it_is_lifted,
        facts_are_set_replaced_and_forgotten,
    }
    run {
        runs_are_numbered_per_pipeline,
        a_run_of_an_unknown_pipeline_is_refused,
        the_same_id_twice_is_a_conflict,
        a_known_key_returns_the_first_run,
        a_history_reads_back_in_pages_of_any_size,
        an_append_shows_in_the_row,
        an_append_without_events_changes_the_row_only,
        an_append_that_missed_events_is_a_conflict,
        an_append_to_an_unknown_run_is_refused,
        another_boot_fences_this_one_off,
        a_refused_append_leaves_nothing_behind,
        the_language_state_is_replaced,
        the_newest_result_of_a_key_counts,
        an_artifact_replaces_the_one_of_its_name,
        facts_come_with_the_run_and_with_the_append,
        statements_are_counted,
    }
    list {
        runs_are_listed_from_the_newest,
        open_runs_are_listed_from_the_oldest_and_counted,
        any_filter_finds_what_a_look_at_all_finds,
        ranges_hold_when_ids_and_times_disagree,
        pages_together_are_the_whole_list,
    }
    workspace {
        workspaces_read_back_from_the_oldest,
        a_name_is_taken_until_its_workspace_is_archived,
        results_and_facts_are_those_of_the_workspace_of_their_run,
    }
    kv {
        a_value_counts_its_versions,
        a_version_that_was_not_seen_is_a_conflict,
        a_removed_value_begins_again,
        keys_are_listed_by_prefix_in_byte_order,
        namespaces_are_apart_and_measured,
    }
    together {
        many_tasks_append_and_nothing_is_lost,
        of_many_who_append_at_the_same_place_one_wins,
    }
}

/// The same for the store of the server as a whole.
macro_rules! control_conformance {
    ($($module:ident { $($name:ident,)* })*) => {
        mod control_on_memory {
            $($(
                #[tokio::test]
                async fn $name() {
                    let store = std::sync::Arc::new(kernel_store_memory::MemoryControl::new());
                    super::$module::$name(store).await;
                }
            )*)*
        }

        mod control_on_sqlite {
            $($(
                #[tokio::test]
                async fn $name() {
                    let folder = tempfile::tempdir().unwrap();
                    let path = folder.path().join("control.db");
                    let store = kernel_store_sqlite::ControlStore::open(&path).unwrap();
                    super::$module::$name(std::sync::Arc::new(store)).await;
                }
            )*)*
        }
    };
}

control_conformance! {
    project {
        projects_are_listed_by_name,
        a_name_is_taken_until_its_project_is_forgotten,
    }
    access {
        everything_reads_back_as_it_was_kept,
        the_name_of_a_user_is_taken_once,
        a_removed_user_leaves_revoked_tokens_and_no_session,
        a_token_is_revoked_once_and_for_good,
        sessions_are_seen_and_ended,
        roles_and_rules_are_replaced_and_forgotten,
    }
    app {
        an_app_reads_back_as_it_was_kept_last,
        tokens_go_with_their_app_and_with_time,
        clients_make_room_unless_somebody_let_them_in,
    }
    login {
        a_device_reads_back_with_its_answer_until_it_ends,
        a_login_is_used_once_while_it_could_be,
    }
    audit {
        links_read_back_in_their_order,
        a_link_that_does_not_follow_is_a_conflict,
        links_are_listed_by_any_filter_from_the_newest,
        what_is_pruned_is_gone_and_the_chain_goes_on,
    }
    plugin {
        plugins_read_back_as_they_were_kept,
        a_plugin_is_replaced_with_all_its_versions,
        a_binding_takes_its_defaults_along,
        changes_are_made_in_their_order,
    }
}
