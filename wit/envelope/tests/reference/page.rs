//! A page of the reference.

use std::path::Path;

use serde_json::Value;

use super::schema;
use super::source::Interface;

/// Renders interfaces, and the schemas that their comments name.
pub(crate) fn render(
    title: &str,
    interfaces: &[&Interface],
    more: &[&str],
    schemas: &Path,
) -> String {
    let mut page = format!(
        "# {title}\n\n<!-- Generated from wit/tenon-plugin@1.0.0. Change it there, and run \
         `UPDATE_EXPECT=1 cargo test -p wit-envelope`. -->\n"
    );
    let mut named: Vec<String> = Vec::new();
    for interface in interfaces {
        page.push_str(&format!("\n## Interface `{}`\n\n", interface.name));
        page.push_str(&prose(&interface.docs));
        page.push_str(&format!(
            "\n\nIts name in a component: `tenon:plugin/{}@1.0.0`.\n",
            interface.name
        ));
        collect(&mut named, &interface.docs);
        for item in &interface.items {
            if item.text.starts_with("use ") {
                continue;
            }
            page.push_str(&format!("\n### `{}`\n\n", item.name));
            if !item.docs.is_empty() {
                page.push_str(&prose(&item.docs));
                page.push_str("\n\n");
            }
            page.push_str(&format!("```wit\n{}\n```\n", item.text));
            collect(&mut named, &item.docs);
            collect(&mut named, &item.text);
        }
    }
    named.extend(more.iter().map(|name| (*name).to_owned()));
    if !named.is_empty() {
        page.push_str("\n## JSON\n\nThe schemas stand in `wit/tenon-plugin@1.0.0/schema/`. Fields that are not listed are ignored; fields that are missing have their default, unless they are required.\n");
    }
    for name in named {
        let path = schemas.join(format!("{name}.json"));
        let text = std::fs::read_to_string(&path);
        let text = text.unwrap_or_else(|_| panic!("there is no schema {name}.json"));
        let value: Value = serde_json::from_str(&text).expect("a schema is JSON");
        page.push_str(&schema::render(&name, &value));
    }
    page
}

/// Adds the schemas that a text names, such as `outcome.json`.
fn collect(named: &mut Vec<String>, text: &str) {
    for part in text.split('`') {
        if let Some(name) = part.strip_suffix(".json")
            && !name.contains(char::is_whitespace)
            && !named.iter().any(|known| known == name)
        {
            named.push(name.to_owned());
        }
    }
}

/// Puts each sentence on a line of its own, as the book does.
fn prose(docs: &str) -> String {
    let paragraphs = docs.split("\n\n").map(|paragraph| {
        let text = paragraph.replace('\n', " ");
        text.replace(". ", ".\n").replace("i.e.\n", "i.e. ")
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}
