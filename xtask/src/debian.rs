//! Programs of other projects that the tests run: a registry, signing tools.

use anyhow::{Context as _, Result, ensure};

use crate::tool::{answers, run, tool};

/// A program, how to ask whether it is there, and the package of Debian that has it.
const PROGRAMS: &[(&str, &[&str], &str)] = &[
    ("docker-registry", &["--version"], "docker-registry"),
    ("minisign", &["-v"], "minisign"),
    ("openssl", &["version"], "openssl"),
    ("skopeo", &["--version"], "skopeo"),
    ("softhsm2-util", &["--version"], "softhsm2"),
];

/// Installs what is missing, where that is possible; else says what to install.
pub(crate) fn install() -> Result<()> {
    let missing = || PROGRAMS.iter().filter(|(program, ask, _)| !answers(program, ask));
    let packages: Vec<&str> = missing().map(|(_, _, package)| *package).collect();
    if packages.is_empty() {
        return Ok(());
    }
    let wish = format!("the tests need {}; install them, then try again", packages.join(", "));
    ensure!(answers("apt-get", &["--version"]), "{wish} (there is no apt-get here)");
    let apt = |args: &[&str]| {
        let mut command = tool("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(args);
        run(&mut command).with_context(|| wish.clone())
    };
    apt(&["update", "--quiet"])?;
    let install = ["install", "--yes", "--quiet", "--no-install-recommends"];
    apt(&[&install[..], &packages].concat())?;
    let still: Vec<&str> = missing().map(|(program, ..)| *program).collect();
    ensure!(still.is_empty(), "{} cannot be started, though installed", still.join(", "));
    Ok(())
}
