//! What one client may ask for.

use crate::kind::Kind;
use crate::setting::Setting;

const MANY: u64 = 1 << 40;

rows! {
    ADDRESS_RATE = Setting::new(
        "limits.address_rate", "address-rate", "TENON_ADDRESS_RATE", Kind::Number { min: 0, max: MANY },
        "Requests that one address may make in a minute; 0 for no limit; this machine itself has none",
    ).default("6000");
    TOKEN_RATE = Setting::new(
        "limits.token_rate", "token-rate", "TENON_TOKEN_RATE", Kind::Number { min: 0, max: MANY },
        "Requests that one token may make in a minute; 0 for no limit",
    ).default("12000");
    PROJECT_RATE = Setting::new(
        "limits.project_rate", "project-rate", "TENON_PROJECT_RATE", Kind::Number { min: 0, max: MANY },
        "Requests that may be made to one project in a minute; 0 for no limit",
    ).default("0");
    BODY_MAX = Setting::new(
        "limits.body_max", "body-max", "TENON_BODY_MAX", Kind::Size { min: 1 << 10, max: 1 << 30 },
        "Size of the body of a request",
    ).default("4MiB");
    HEADERS_MAX = Setting::new(
        "limits.headers_max", "headers-max", "TENON_HEADERS_MAX", Kind::Size { min: 8 << 10, max: 16 << 20 },
        "Size of the head of a request: its first line and all headers",
    ).default("64KiB");
    DEPTH_MAX = Setting::new(
        "limits.depth_max", "depth-max", "TENON_DEPTH_MAX", Kind::Number { min: 8, max: 120 },
        "How deep JSON in a request may be nested",
    ).default("64");
    READ_TIMEOUT = Setting::new(
        "limits.read_timeout", "read-timeout", "TENON_READ_TIMEOUT", Kind::Duration { min_ms: 100 },
        "Time for the head of a request to arrive, and between two pieces of its body",
    ).default("30s");
    ANSWER_TIMEOUT = Setting::new(
        "limits.answer_timeout", "answer-timeout", "TENON_ANSWER_TIMEOUT", Kind::Duration { min_ms: 100 },
        "Time until an answer begins; streams may go on for longer",
    ).default("30s");
    AUDIT_FIELD_MAX = Setting::new(
        "limits.audit_field_max", "audit-field-max", "TENON_AUDIT_FIELD_MAX", Kind::Size { min: 256, max: 1 << 20 },
        "Size of what a thing was like before or after a change, in the audit; what is longer is cut",
    ).default("4KiB");
    OUTPUT_SHOWN_MAX = Setting::new(
        "limits.output_shown_max", "output-shown-max", "TENON_OUTPUT_SHOWN_MAX", Kind::Size { min: 1 << 10, max: 1 << 30 },
        "Size of one output of a step that the pages in the browser show",
    ).default("1MiB").later("pages in the browser");
}
