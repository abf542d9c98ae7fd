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

/// Reads on until `wanted` items are found that may be seen, or there are no more. So the page is
/// full, and what is left out of it shows nowhere.
pub(crate) async fn seen<T, K: Clone, E, F: Future<Output = Result<Vec<T>, E>>>(
    after: Option<K>,
    wanted: u32,
    read: impl Fn(Option<K>) -> F,
    key: impl Fn(&T) -> K,
    may_be_seen: impl Fn(&T) -> bool,
) -> Result<Vec<T>, E> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let (mut found, mut after) = (Vec::new(), after);
    loop {
        let items = read(after.clone()).await?;
        let is_last = items.len() < wanted;
        after = items.last().map(&key).or(after);
        found.extend(items.into_iter().filter(|item| may_be_seen(item)));
        if is_last || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{cut, seen};

    #[tokio::test]
    async fn pages_are_filled_with_what_may_be_seen() {
        let all: Vec<u32> = (1..=20).collect();
        let read = |after: Option<u32>| {
            let rest = all.iter().copied().filter(move |n| *n > after.unwrap_or(0));
            std::future::ready(Ok::<_, ()>(rest.take(3).collect::<Vec<_>>()))
        };
        let even = seen(None, 3, read, |n| *n, |n| n % 2 == 0).await.unwrap();
        assert_eq!(even, [2, 4, 6]);
        let late = seen(Some(6), 3, read, |n| *n, |n| *n > 18).await.unwrap();
        assert_eq!(late, [19, 20]);
        assert!(seen(None, 3, read, |n| *n, |_| false).await.unwrap().is_empty());
    }

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
