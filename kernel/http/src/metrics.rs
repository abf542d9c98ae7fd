//! Figures for a collector, in Prometheus's text format.

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use kernel_ports::plugin_admin::CallFigures;

use crate::api::PluginLife;

const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// What of a call's figures a row is, and how it is said.
type Row = (&'static str, &'static str, &'static str, fn(&CallFigures) -> f64);

/// Counters and gauges of calls, one number per binding and function.
const ROWS: [Row; 7] = [
    ("tenon_plugin_calls_in_flight", "gauge", "Calls in progress", |f| number(f.in_flight)),
    ("tenon_plugin_warm_calls_total", "counter", "Calls whose instance had started before", |f| {
        number(f.warm_calls)
    }),
    ("tenon_plugin_queue_seconds_total", "counter", "Time that calls waited for room", |f| {
        seconds(f.queue_us)
    }),
    ("tenon_plugin_instantiate_seconds_total", "counter", "Time to start instances", |f| {
        seconds(f.instantiate_us)
    }),
    ("tenon_plugin_memory_peak_bytes", "gauge", "The most memory that a call has taken", |f| {
        number(f.memory_peak_bytes)
    }),
    ("tenon_plugin_bytes_in_total", "counter", "Bytes handed to plugins", |f| number(f.bytes_in)),
    ("tenon_plugin_bytes_out_total", "counter", "Bytes that plugins gave", |f| number(f.bytes_out)),
];

/// List metrics
///
/// For a collector such as Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "health", operation_id = "metrics",
    responses((status = 200, description = "Text, version 0.0.4", body = String)),
)]
pub(crate) async fn metrics(State(PluginLife(plugins)): State<PluginLife>) -> impl IntoResponse {
    ([(CONTENT_TYPE, TEXT)], text(&plugins.figures()))
}

fn text(all: &[CallFigures]) -> String {
    let mut out = String::new();
    head(&mut out, "tenon_plugin_calls_total", "counter", "Calls by how they ended");
    for figures in all {
        let failed: u64 = figures.failures.iter().map(|(_, count)| count).sum();
        let succeeded = ("succeeded", figures.calls.saturating_sub(failed));
        for (class, count) in std::iter::once(&succeeded).chain(&figures.failures) {
            let labels = format!("{},outcome=\"{class}\"", labels(figures));
            line(&mut out, "tenon_plugin_calls_total", &labels, number(*count));
        }
    }
    let name = "tenon_plugin_call_seconds";
    head(&mut out, name, "summary", "Time of calls, without their time in the queue");
    for figures in all {
        let labels = labels(figures);
        for (quantile, us) in [("0.5", figures.p50_us), ("0.99", figures.p99_us)] {
            let labels = format!("{labels},quantile=\"{quantile}\"");
            line(&mut out, name, &labels, seconds(us));
        }
        let sum = seconds(figures.instantiate_us + figures.run_us);
        line(&mut out, &format!("{name}_sum"), &labels, sum);
        line(&mut out, &format!("{name}_count"), &labels, number(figures.calls));
    }
    for (name, kind, help, value) in ROWS {
        head(&mut out, name, kind, help);
        for figures in all {
            line(&mut out, name, &labels(figures), value(figures));
        }
    }
    out
}

fn labels(figures: &CallFigures) -> String {
    // No name that can be given has a quote, a backslash or a line break in it.
    let CallFigures { binding, digest, kind, function, .. } = figures;
    let digest = digest.get(..12).unwrap_or(digest);
    let kind = kind.word();
    format!("binding=\"{binding}\",digest=\"{digest}\",kind=\"{kind}\",function=\"{function}\"")
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}.\n# TYPE {name} {kind}");
}

fn line(out: &mut String, name: &str, labels: &str, value: f64) {
    let _ = writeln!(out, "{name}{{{labels}}} {value}");
}

fn seconds(us: u64) -> f64 {
    number(us) / 1e6
}

fn number(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use kernel_ports::plugin::PluginKind;
    use kernel_ports::plugin_admin::CallFigures;

    use super::text;

    #[test]
    fn figures_become_rows_with_their_labels() {
        let figures = CallFigures {
            binding: "models/work".into(),
            digest: "9f86d081884c7d65".into(),
            kind: PluginKind::Model,
            function: "chat",
            calls: 10,
            warm_calls: 4,
            failures: vec![("trap", 2)],
            in_flight: 1,
            p50_us: 12,
            p99_us: 1_500,
            queue_us: 0,
            instantiate_us: 1_000,
            run_us: 2_000,
            memory_peak_bytes: 65_536,
            bytes_in: 7,
            bytes_out: 0,
        };
        let text = text(&[figures]);
        let at = r#"{binding="models/work",digest="9f86d081884c",kind="model",function="chat""#;
        for row in [
            format!("tenon_plugin_calls_total{at},outcome=\"succeeded\"}} 8\n"),
            format!("tenon_plugin_calls_total{at},outcome=\"trap\"}} 2\n"),
            format!("tenon_plugin_call_seconds{at},quantile=\"0.99\"}} 0.0015\n"),
            format!("tenon_plugin_call_seconds_sum{at}}} 0.003\n"),
            format!("tenon_plugin_call_seconds_count{at}}} 10\n"),
            format!("tenon_plugin_warm_calls_total{at}}} 4\n"),
            format!("tenon_plugin_memory_peak_bytes{at}}} 65536\n"),
        ] {
            assert!(text.contains(&row), "no {row} in\n{text}");
        }
        assert_eq!(text.matches("# TYPE").count(), 9);
    }
}
