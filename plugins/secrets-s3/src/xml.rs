//! The few parts of S3's XML that are read here.

/// Returns the texts of all elements of this name that have no elements within.
pub(crate) fn texts(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some((_, after)) = rest.split_once(&open) {
        let Some((text, behind)) = after.split_once(&close) else { break };
        found.push(unescaped(text));
        rest = behind;
    }
    found
}

fn unescaped(text: &str) -> String {
    // Last the ampersand, which the others are written with.
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::texts;

    #[test]
    fn texts_are_found_by_name_and_unescaped() {
        let xml = "<L><Contents><Key>a/-/b</Key><Size>1</Size></Contents>\
            <Contents><Key>x&amp;lt;y&gt;</Key></Contents><Key>";
        assert_eq!(texts(xml, "Key"), ["a/-/b", "x&lt;y>"]);
        assert!(texts(xml, "NextContinuationToken").is_empty());
    }
}
