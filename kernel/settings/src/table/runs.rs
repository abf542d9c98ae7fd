//! How much runs at a time, and by what.

use crate::kind::Kind;
use crate::setting::Setting;

rows! {
    RUNS_MAX = Setting::new(
        "runs.max", "runs-max", "TENON_RUNS_MAX", Kind::Number { min: 1, max: u64::MAX },
        "How many runs may be in progress",
    ).default("100");
    QUEUE_MAX = Setting::new(
        "runs.queue_max", "queue-max", "TENON_QUEUE_MAX", Kind::Number { min: 0, max: u64::MAX },
        "How many accepted runs may wait for that; more are refused",
    ).default("10000");
    ATTEMPTS_MAX = Setting::new(
        "runs.attempts_max", "attempts-max", "TENON_ATTEMPTS_MAX", Kind::Number { min: 1, max: u64::MAX },
        "How many steps may work at a time, over all runs",
    ).default("64");
    LAUNCHER = Setting::new(
        "runs.launcher", "launcher", "TENON_LAUNCHER", Kind::Text,
        "The launcher for steps whose pipeline and run name none",
    ).default("process");
    LAUNCHERS_ALLOWED = Setting::new(
        "runs.launchers_allowed", "allowed-launchers", "TENON_ALLOWED_LAUNCHERS", Kind::Selection,
        "The launchers that steps may use: `*`, names, and `!name`",
    ).default("*");
    TAGS = Setting::new(
        "runs.tags", "tag", "TENON_TAGS", Kind::list(&Kind::Text),
        "A tag that steps may ask for; may be repeated",
    );
    GRACE = Setting::new(
        "runs.grace", "grace", "TENON_GRACE", Kind::Duration { min_ms: 0 },
        "Time between asking a step to stop and ending it",
    ).default("10s");
    UPLOAD_MAX = Setting::new(
        "runs.upload_max", "upload-max", "TENON_UPLOAD_MAX", Kind::Size { min: 1, max: u64::MAX },
        "Size of a folder that is sent along with a run, unpacked",
    ).default("1GiB").later("folders that are sent along with a run");
    WEBHOOK_TIMEOUT = Setting::new(
        "runs.webhook_timeout", "webhook-timeout", "TENON_WEBHOOK_TIMEOUT", Kind::Duration { min_ms: 1 },
        "Time that a pipeline has to answer a webhook itself",
    ).default("5s").later("webhooks");
}
