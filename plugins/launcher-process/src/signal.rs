//! The numbers of signals, as shells add them to 128.

/// Linux on x86-64 and aarch64, from 1.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Returns the number of a signal, with or without `SIG`; of an unknown one, 0.
pub(crate) fn number(name: &str) -> i32 {
    let name = name.strip_prefix("SIG").unwrap_or(name);
    let place = NAMES.iter().position(|known| *known == name);
    place.and_then(|place| i32::try_from(place + 1).ok()).unwrap_or(0)
}
