//! Cutting lists into pages.

use kernel_wire::page::Page;

/// Makes a page of `limit` items from what was found when one more was asked for.
pub(crate) fn cut<T, W>(
    mut found: Vec<T>,
    limit: u32,
    cursor: impl Fn(&T) -> String,
    convert: impl Fn(&T) -> W,
) -> Page<W> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(cursor);
    Page { items: found.iter().map(convert).collect(), next }
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn only_a_full_page_with_more_behind_it_names_a_next_one() {
        let page = |found: &[u32]| cut(found.to_vec(), 2, ToString::to_string, |n| n * 10);
        assert_eq!((page(&[]).items, page(&[]).next), (vec![], None));
        assert_eq!((page(&[1, 2]).items, page(&[1, 2]).next), (vec![10, 20], None));
        assert_eq!(
            (page(&[1, 2, 3]).items, page(&[1, 2, 3]).next),
            (vec![10, 20], Some("2".into()))
        );
    }
}
