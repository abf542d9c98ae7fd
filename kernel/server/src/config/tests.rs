use std::fs;

use clap::Parser as _;

use super::*;
use crate::args::{Cli, Command};

fn parsed(args: &[&str]) -> ServerArgs {
    let cli = Cli::try_parse_from([&["tenon", "server"], args].concat()).unwrap();
    let Command::Server(args) = cli.command else { panic!("it is no server") };
    *args
}

fn refused(args: &[&str]) -> String {
    format!("{:#}", load(&parsed(args)).unwrap_err())
}

#[test]
fn every_default_can_be_read_as_what_it_is_used_as() {
    let config = Config::of(&Settings::defaults()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:7070");
    assert_eq!(config.engine.settings, Scheduling::default());
    assert_eq!(config.engine.egress, kernel_host::EgressPolicy::default());
}

#[test]
fn what_is_set_arrives_where_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenon.toml");
    fs::write(&file, "[runs]\nmax = 2\nlaunchers_allowed = ['*', '!process']\n").unwrap();
    let file = file.display().to_string();
    let flags = ["--config", &file, "--port", "0", "--max-queue-size", "3", "--tag", "a,b"];
    let config = Config::of(&load(&parsed(&flags)).unwrap().settings).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:0");
    assert_eq!((config.engine.settings.runs_max, config.engine.settings.queue_max), (2, 3));
    assert_eq!(config.engine.settings.tags, ["a", "b"]);
    assert!(!config.engine.settings.launchers_allowed.allows("process"));
}

#[test]
fn a_wrong_value_says_what_was_expected() {
    let message = refused(&["--grace", "10"]);
    assert!(message.contains("expected a number with a unit"), "{message}");
    let message = refused(&["--listen", "here"]);
    assert!(message.contains("--listen"), "{message}");
    let message = refused(&["--grant", "git"]);
    assert!(message.contains("expected PLUGIN=CAPABILITY"), "{message}");
    let message = refused(&["--trusted-proxy", "10.0.0.1/8"]);
    assert!(message.contains("10.0.0.1/8"), "{message}");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let message = refused(&["--config", "/nowhere/tenon.toml"]);
    assert!(message.starts_with("failed to read the settings in /nowhere/tenon.toml"), "{message}");
}

#[test]
fn two_files_of_settings_in_one_folder_are_one_too_many() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(found_file(folder.path()).unwrap(), None);
    fs::write(folder.path().join("tenon.yaml"), "").unwrap();
    assert!(found_file(folder.path()).unwrap().unwrap().ends_with("tenon.yaml"));
    fs::write(folder.path().join("tenon.toml"), "").unwrap();
    let message = found_file(folder.path()).unwrap_err().to_string();
    assert!(message.contains("remove one"), "{message}");
}
