use expect_test::{Expect, expect};
use proptest::prelude::*;

use bytes::Bytes;

use crate::{MaskStream, Masker};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn check(values: &[&str], pieces: &[&str], want: Expect) {
    let masker = Masker::new(values.iter().copied());
    let mut stream = MaskStream::default();
    let mut shown: Vec<String> = pieces
        .iter()
        .map(|piece| text(&stream.push(&masker, Bytes::copy_from_slice(piece.as_bytes()))))
        .collect();
    shown.push(text(&stream.finish(&masker)));
    want.assert_eq(&format!("{shown:?}"));
}

#[test]
fn a_value_is_masked() {
    check(&["hunter22"], &["pw=hunter22 ok\n"], expect![[r#"["pw=*** ok\n", ""]"#]]);
}

#[test]
fn a_value_split_over_pieces_is_masked_and_only_its_beginning_is_held_back() {
    check(
        &["hunter22"],
        &["pw=hun", "ter", "22 ok\n"],
        expect![[r#"["pw=", "", "*** ok\n", ""]"#]],
    );
}

#[test]
fn a_beginning_that_is_not_followed_by_the_rest_is_shown() {
    check(
        &["hunter22"],
        &["we hun", "t deer\nhunt"],
        expect![[r#"["we ", "hunt deer\n", "hunt"]"#]],
    );
}

#[test]
fn values_that_overlap_are_both_masked() {
    check(&["aaabbb", "bbbccc"], &["-aaabbbccc-"], expect![[r#"["-***-", ""]"#]]);
    check(&["aaabbb", "bbbccc"], &["-aaabbb", "ccc-"], expect![[r#"["-***", "-", ""]"#]]);
}

#[test]
fn of_a_value_that_begins_another_the_longer_one_is_masked() {
    check(&["token", "token-long"], &["token", "-long token"], expect![[r#"["", "*** ", "***"]"#]]);
}

#[test]
fn an_endless_repetition_is_masked_without_being_collected() {
    check(&["aaaa"], &["aaaaaa", "aaaaaa", "ab"], expect![[r#"["***", "", "b", ""]"#]]);
}

#[test]
fn short_values_are_not_masked() {
    check(&["abc", ""], &["abc is a word"], expect![[r#"["abc is a word", ""]"#]]);
}

#[test]
fn encoded_forms_are_masked() {
    // printf 'hunter22' | base64, printf 'user:hunter22' | base64
    check(
        &["hunter22"],
        &["aHVudGVyMjI= dXNlcjpodW50ZXIyMg== "],
        expect![[r#"["***= dXNlcjp***== ", ""]"#]],
    );
    check(&["a b&c/d"], &["q=a%20b%26c%2Fd&x"], expect![[r#"["q=***&x", ""]"#]]);
    check(&["say \"hi\""], &[r#"{"v":"say \"hi\""}"#], expect![[r#"["{\"v\":\"***\"}", ""]"#]]);
}

#[test]
fn lines_of_a_value_are_masked_one_by_one() {
    check(
        &["-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA\nEND\n"],
        &["key: MIIEpAIBAAKCAQEA, END\n"],
        expect![[r#"["key: ***, END\n", ""]"#]],
    );
}

#[test]
fn without_values_everything_passes() {
    let masker = Masker::new([]);
    assert!(masker.is_empty());
    assert_eq!(masker.mask(b"as it is"), None);
}

#[test]
fn a_value_that_becomes_known_while_text_arrives_is_masked_from_then_on() {
    let mut stream = MaskStream::default();
    let none = Masker::new([]);
    let one = Masker::new(["hunter22"]);
    let two = Masker::new(["hunter22", "swordfish"]);
    let mut push = |masker: &Masker, piece: &'static str| text(&stream.push(masker, piece.into()));
    assert_eq!(push(&none, "hunter22 "), "hunter22 ");
    assert_eq!(push(&one, "hunter22 hun"), "*** ");
    assert_eq!(push(&two, "ter22 sword"), "*** ");
    assert_eq!(push(&none, "fish"), "swordfish");
}

proptest! {
    #[test]
    fn however_a_text_is_cut_the_same_is_shown(
        whole in "[ab ]{0,60}",
        values in proptest::collection::vec("[ab]{4,9}", 1..4),
        cuts in proptest::collection::vec(0_usize..60, 0..6),
    ) {
        let masker = Masker::new(values.iter().map(String::as_str));
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(whole.len())).collect();
        cuts.push(whole.len());
        cuts.sort_unstable();
        let mut stream = MaskStream::default();
        let mut shown = Vec::new();
        let mut from = 0;
        for cut in cuts {
            let piece = Bytes::copy_from_slice(&whole.as_bytes()[from..cut]);
            shown.extend_from_slice(&stream.push(&masker, piece));
            from = cut;
        }
        shown.extend_from_slice(&stream.finish(&masker));
        let at_once = masker.mask(whole.as_bytes()).unwrap_or_else(|| whole.clone().into_bytes());
        prop_assert_eq!(&shown, &at_once);
        let shown = text(&shown);
        prop_assert!(values.iter().all(|value| !shown.contains(value)));
        if values.iter().all(|value| !whole.contains(value)) {
            prop_assert_eq!(shown, whole);
        }
    }
}
