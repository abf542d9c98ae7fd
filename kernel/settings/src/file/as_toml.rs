//! Reads TOML.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, Raw, Wrong, line_of};

/// Returns the keys of a text, and everything that is wrong with it.
pub(super) fn read(text: &str) -> (Vec<Entry>, Wrong) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, entries: vec![], wrong: vec![] };
    for err in errors {
        let line = err.span().map_or(1, |span| line_of(text, span.start));
        reader.wrong.push((line, format!("not TOML: {}", err.message().replace('\n', ", "))));
    }
    // What could be saved of a broken text would be reported twice.
    if reader.wrong.is_empty() {
        reader.table("", table.get_ref());
        reader.entries.sort_by_key(|entry| entry.line);
    }
    (reader.entries, reader.wrong)
}

struct Reader<'a> {
    text: &'a str,
    entries: Vec<Entry>,
    wrong: Wrong,
}

impl Reader<'_> {
    fn table(&mut self, prefix: &str, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = match prefix {
                "" => name.get_ref().to_string(),
                prefix => format!("{prefix}.{}", name.get_ref()),
            };
            let line = line_of(self.text, name.span().start);
            match value.get_ref() {
                DeValue::Table(table) => self.table(&key, table),
                DeValue::Array(items) => {
                    let texts: Option<Vec<String>> = items.iter().map(scalar).collect();
                    match texts {
                        Some(texts) => {
                            self.entries.push(Entry { key, raw: Raw::Many(texts), line });
                        }
                        None => {
                            self.wrong.push((line, format!("{key}: a list holds plain values")));
                        }
                    }
                }
                _ => {
                    let raw = Raw::One(scalar(value).unwrap_or_default());
                    self.entries.push(Entry { key, raw, line });
                }
            }
        }
    }
}

fn scalar(value: &Spanned<DeValue<'_>>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => {
            let radix = number.radix();
            let value = i64::from_str_radix(number.as_str(), radix);
            Some(value.map_or_else(|_| number.to_string(), |value| value.to_string()))
        }
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(on) => Some(on.to_string()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
