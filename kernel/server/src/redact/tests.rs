use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{MaskStream, Masker};

#[track_caller]
fn check(values: &[&str], pieces: &[&str], want: Expect) {
    let masker = Masker::new(values.iter().copied());
    let mut stream = MaskStream::default();
    let mut shown: Vec<String> = pieces
        .iter()
        .map(|piece| String::from_utf8(stream.push(&masker, piece.as_bytes())).unwrap())
        .collect();
    shown.push(String::from_utf8(stream.finish(&masker)).unwrap());
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
        expect![[r#"["***I= dXNlcjp***g== ", ""]"#]],
    );
    check(&["a b&c/d"], &["q=a%20b%26c%2Fd&x"], expect![[r#"["q=***&x", ""]"#]]);
    check(&["say \"hi\""], &[r#"{"v":"say \"hi\""}"#], expect![[r#"["{\"v\":\"***\"\"}", ""]"#]]);
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
    assert_eq!(masker.mask(b"as it is"), b"as it is");
}

proptest! {
    #[test]
    fn however_a_text_is_cut_the_same_is_shown(
        text in "[ab ]{0,60}",
        value in "[ab]{4,7}",
        cuts in proptest::collection::vec(0_usize..60, 0..6),
    ) {
        let masker = Masker::new([value.as_str()]);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.push(text.len());
        cuts.sort_unstable();
        let mut stream = MaskStream::default();
        let mut shown = Vec::new();
        let mut from = 0;
        for cut in cuts {
            shown.extend(stream.push(&masker, &text.as_bytes()[from..cut]));
            from = cut;
        }
        shown.extend(stream.finish(&masker));
        prop_assert_eq!(&shown, &masker.mask(text.as_bytes()));
        let shown = String::from_utf8(shown).unwrap();
        prop_assert!(!shown.contains(&value));
        if !text.contains(&value) {
            prop_assert_eq!(shown, text);
        }
    }
}
