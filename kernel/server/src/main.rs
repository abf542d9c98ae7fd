//! The `tenon` binary.

use std::process::ExitCode;

use clap::Parser as _;
use kernel_server::args::Cli;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|first| first == kernel_server::EXEC) {
        return kernel_server::exec(args);
    }
    kernel_server::main(Cli::parse())
}
