//! The server's own log.

use crate::kind::Kind;
use crate::setting::Setting;

rows! {
    FORMAT = Setting::new(
        "log.format", "log", "TENON_LOG", Kind::Choice(&["text", "json"]),
        "How the server's own log looks",
    ).default("text");
    LEVEL = Setting::new(
        "log.level", "log-level", "TENON_LOG_LEVEL", Kind::Text,
        "What is logged: error, warn, info, debug, trace, or a filter such as info,kernel_host=debug",
    ).default("info");
    FILE = Setting::new(
        "log.file", "log-file", "TENON_LOG_FILE", Kind::Path,
        "A file to append the log to, in place of the standard error",
    );
}
