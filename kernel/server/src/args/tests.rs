use std::fmt::Write as _;

use clap::{CommandFactory as _, Parser as _};
use expect_test::expect_file;

use super::*;

fn refused(args: &[&str]) -> String {
    let err = Cli::try_parse_from(args).unwrap_err();
    assert_eq!(err.exit_code(), 2);
    err.to_string()
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn each_command_and_option_says_what_it_does() {
    fn check(command: &clap::Command, path: &str) {
        for arg in command.get_arguments().filter(|arg| !arg.is_positional() && !arg.is_hide_set())
        {
            assert!(arg.get_help().is_some(), "{path} {} has no help", arg.get_id());
        }
        for sub in command.get_subcommands() {
            let path = format!("{path} {}", sub.get_name());
            assert!(sub.get_about().is_some(), "{path} has no help");
            check(sub, &path);
        }
    }
    check(&Cli::command(), "tenon");
}

#[test]
fn a_wrong_value_says_what_was_expected() {
    let message = refused(&["tenon", "run", "ci.yml", "--arg", "x"]);
    assert!(message.contains("expected NAME=VALUE"), "{message}");
    let message = refused(&["tenon", "rnu", "ci.yml"]);
    assert!(message.contains("similar subcommand"), "{message}");
}

#[test]
fn options_of_every_command_may_stand_behind_it() {
    let cli =
        Cli::try_parse_from(["tenon", "runs", "list", "-s", "http://h:1", "--output", "json"]);
    let cli = cli.unwrap();
    assert_eq!(cli.common.server, "http://h:1");
    assert_eq!(cli.common.output, kernel_cli::args::Output::Json);
}

/// Writes the help of a command and of all below it as a page of the book.
fn page(command: &clap::Command, path: &str, text: &mut String) {
    let mut plain = command.clone().bin_name(path).term_width(90);
    // Whatever is set where the test runs.
    plain = plain.mut_args(|arg| arg.hide_env_values(true));
    // The options of every command are listed once, at the top.
    if path != "tenon" {
        for global in ["output", "no_color", "server"] {
            if plain.get_arguments().any(|arg| arg.get_id() == global) {
                plain = plain.mut_arg(global, |arg| arg.hide(true));
            }
        }
    }
    // Listed once, with the server.
    if path.starts_with("tenon config ") {
        let of_server: Vec<String> = plain
            .get_arguments()
            .filter(|arg| arg.get_help_heading().is_some())
            .map(|arg| arg.get_id().to_string())
            .collect();
        for id in of_server {
            plain = plain.mut_arg(id, |arg| arg.hide(true));
        }
    }
    let help = plain.render_long_help().to_string();
    let help: Vec<&str> = help.lines().map(str::trim_end).collect();
    writeln!(text, "## {path}\n\n```text\n{}\n```\n", help.join("\n").trim_end()).unwrap();
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        page(sub, &format!("{path} {}", sub.get_name()), text);
    }
}

#[test]
fn the_book_has_the_help_of_every_command() {
    let mut text =
        "# The command line\n\nWritten by a test from the help texts: what `--help` says.\n\n"
            .to_owned();
    page(&Cli::command(), "tenon", &mut text);
    let text = format!("{}\n", text.trim_end());
    expect_file!["../../../../docs/src/cli.md"].assert_eq(&text);
}
