//! `tenon audit …`

use kernel_wire::audit::AuditLink;

use crate::api::Api;
use crate::args::{AuditCommand, AuditFilter, AuditFormat};
use crate::exit::Exit;
use crate::out::Out;
use crate::show::table;

pub(super) async fn execute(command: &AuditCommand, api: &Api, out: &Out) -> anyhow::Result<Exit> {
    match command {
        AuditCommand::List { filter, limit } => {
            let links = api.audit(&query(filter), *limit).await?;
            out.result(&links, |look| {
                let rows: Vec<[String; 6]> = links.iter().map(row).collect();
                table::lines(["SEQ", "AT", "WHO", "WHAT", "ON", "OUTCOME"], &rows, look)
            });
        }
        AuditCommand::Export { filter, format } => {
            let mut links = api.audit(&query(filter), usize::MAX).await?;
            links.reverse();
            if *format == AuditFormat::Csv {
                out.line(CSV_HEAD);
            }
            for link in &links {
                match format {
                    AuditFormat::Json => out.json(link),
                    AuditFormat::Csv => out.line(&csv(link)),
                }
            }
        }
        AuditCommand::Verify { expect } => {
            let verdict = api.audit_verify(expect.as_deref()).await?;
            out.result(&verdict, |_| match &verdict.found {
                None => vec![
                    format!("intact: {} links", verdict.links),
                    format!("head: {}", verdict.head),
                ],
                Some(found) => vec![format!("changed: {found}")],
            });
            if !verdict.is_intact {
                return Ok(Exit::Failed);
            }
        }
    }
    Ok(Exit::Succeeded)
}

const CSV_HEAD: &str = "seq,at,actor,address,action,target,outcome,before,after,request,hash";

fn query(filter: &AuditFilter) -> Vec<(&'static str, &str)> {
    let all = [
        ("actor", &filter.actor),
        ("action", &filter.action),
        ("target", &filter.target),
        ("outcome", &filter.outcome),
        ("since", &filter.since),
        ("until", &filter.until),
    ];
    all.into_iter().filter_map(|(key, value)| Some((key, value.as_deref()?))).collect()
}

fn row(link: &AuditLink) -> [String; 6] {
    [
        link.seq.to_string(),
        link.at.to_string(),
        link.actor.clone(),
        link.action.clone(),
        link.target.clone(),
        link.outcome.clone(),
    ]
}

/// Returns a line of CSV (RFC 4180).
fn csv(link: &AuditLink) -> String {
    let json = |state: &Option<serde_json::Value>| {
        state.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    let fields = [
        link.seq.to_string(),
        link.at.to_string(),
        link.actor.clone(),
        link.address.clone(),
        link.action.clone(),
        link.target.clone(),
        link.outcome.clone(),
        json(&link.before),
        json(&link.after),
        link.request.clone(),
        link.hash.clone(),
    ];
    fields.map(|field| quoted(&field)).join(",")
}

/// Quotes where it must; what a spreadsheet would take for a formula begins with an apostrophe.
fn quoted(field: &str) -> String {
    let field = match field.starts_with(['=', '+', '-', '@']) {
        true => format!("'{field}"),
        false => field.to_owned(),
    };
    match field.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field,
    }
}

#[cfg(test)]
mod tests {
    use super::{AuditLink, csv};

    #[test]
    fn a_line_of_csv_holds_whatever_there_is() {
        let link = AuditLink {
            seq: 1,
            actor: "=cmd()".to_owned(),
            target: "a \"b\", c".to_owned(),
            ..AuditLink::default()
        };
        let line = csv(&link);
        assert!(line.contains(",'=cmd(),"), "{line}");
        assert!(line.contains(",\"a \"\"b\"\", c\","), "{line}");
    }
}
