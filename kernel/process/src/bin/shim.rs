//! The smallest program that can serve as the shim of a `Supervisor`; the tests use it.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let err = kernel_process::exec::main(std::env::args_os().skip(1));
    let _ = writeln!(std::io::stderr(), "error: {err}");
    ExitCode::from(kernel_process::exec::EXIT_CODE)
}
