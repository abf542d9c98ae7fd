//! Reads YAML: mappings, lists of plain values, and plain values. Nothing else is needed, and what
//! is not needed (anchors, tags, several documents) is refused.

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use super::{Entry, Raw, Wrong};

/// Deeper than any key goes.
const DEPTH_MAX: usize = 8;

/// Returns the keys of a text, and everything that is wrong with it.
pub(super) fn read(text: &str) -> (Vec<Entry>, Wrong) {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                if let Err(what) = reader.event(event, span) {
                    reader.wrong.push((span.start.line(), what));
                    break;
                }
            }
            Err(err) => {
                reader.wrong.push((err.marker().line(), format!("not YAML: {}", err.info())));
                break;
            }
        }
    }
    (reader.entries, reader.wrong)
}

#[derive(Default)]
struct Reader {
    /// The mappings that are open: the key in each that is being read.
    open: Vec<Option<(String, usize)>>,
    /// The list that is open.
    list: Option<Vec<String>>,
    documents: usize,
    entries: Vec<Entry>,
    wrong: Wrong,
}

impl Reader {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), String> {
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err("a file of settings is one document; remove the ---".to_owned());
                }
                Ok(())
            }
            Event::Alias(_) => Err("aliases (*name) are not understood; repeat it".to_owned()),
            Event::MappingStart(anchor, tag) => {
                plain(anchor, tag.is_some())?;
                self.mapping_start()
            }
            Event::MappingEnd => {
                self.open.pop();
                self.value_done();
                Ok(())
            }
            Event::SequenceStart(anchor, tag) => {
                plain(anchor, tag.is_some())?;
                if self.open.is_empty() || self.list.is_some() || !self.expects_value() {
                    return Err("a list stands behind a key, and holds plain values".to_owned());
                }
                self.list = Some(vec![]);
                Ok(())
            }
            Event::SequenceEnd => {
                let items = self.list.take().unwrap_or_default();
                self.entry(Raw::Many(items));
                Ok(())
            }
            Event::Scalar(text, style, anchor, tag) => {
                plain(anchor, tag.is_some())?;
                self.scalar(text.into_owned(), style, span)
            }
        }
    }

    fn mapping_start(&mut self) -> Result<(), String> {
        if self.list.is_some() {
            return Err("a list holds plain values".to_owned());
        }
        if !self.open.is_empty() && !self.expects_value() {
            return Err("a key is a plain word".to_owned());
        }
        if self.open.len() >= DEPTH_MAX {
            return Err(format!("keys are nested deeper than {DEPTH_MAX}"));
        }
        self.open.push(None);
        Ok(())
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, span: Span) -> Result<(), String> {
        if let Some(items) = &mut self.list {
            items.push(text);
            return Ok(());
        }
        let is_null = style == ScalarStyle::Plain && matches!(text.as_str(), "" | "~" | "null");
        match self.open.last_mut() {
            // An empty document is one empty value.
            None if is_null => Ok(()),
            None => Err("expected keys with values, such as `server:`".to_owned()),
            Some(key @ None) => {
                *key = Some((text, span.start.line()));
                Ok(())
            }
            // A key without a value says nothing.
            Some(Some(_)) if is_null => {
                self.value_done();
                Ok(())
            }
            Some(Some(_)) => {
                self.entry(Raw::One(text));
                Ok(())
            }
        }
    }

    fn expects_value(&self) -> bool {
        self.open.last().is_some_and(Option::is_some)
    }

    fn entry(&mut self, raw: Raw) {
        let names: Vec<&str> = self.open.iter().flatten().map(|(name, _)| name.as_str()).collect();
        let key = names.join(".");
        let line = self.open.last().and_then(|open| open.as_ref()).map_or(1, |(_, line)| *line);
        if self.entries.iter().any(|entry| entry.key == key) {
            self.wrong.push((line, format!("{key} is there twice")));
        } else {
            self.entries.push(Entry { key, raw, line });
        }
        self.value_done();
    }

    fn value_done(&mut self) {
        if let Some(key) = self.open.last_mut() {
            *key = None;
        }
    }
}

fn plain(anchor: usize, tagged: bool) -> Result<(), String> {
    if anchor != 0 {
        return Err("anchors (&name) are not understood; repeat what it names".to_owned());
    }
    if tagged {
        return Err("tags (!name) are not understood; leave it out".to_owned());
    }
    Ok(())
}
