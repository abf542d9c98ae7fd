//! Names of resource limits.

use nix::sys::resource::Resource;

const LIMITS: &[(&str, Resource)] = &[
    ("nofile", Resource::RLIMIT_NOFILE),
    ("as", Resource::RLIMIT_AS),
    ("cpu", Resource::RLIMIT_CPU),
    ("fsize", Resource::RLIMIT_FSIZE),
    ("core", Resource::RLIMIT_CORE),
    ("nproc", Resource::RLIMIT_NPROC),
];

/// The names, for messages.
pub(crate) const KNOWN: &str = "nofile, as, cpu, fsize, core and nproc";

/// Returns the resource that `name` names.
pub(crate) fn find(name: &str) -> Option<Resource> {
    LIMITS.iter().find(|(known, _)| *known == name).map(|(_, resource)| *resource)
}
