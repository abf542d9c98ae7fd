use super::*;

#[test]
fn a_marker_fits_as_a_whole_variable_only() {
    let environ = b"A=1\0TENON_ATTEMPT=host/run/1\0XTENON_ATTEMPT=other\0".as_slice();
    assert!(Marked::Exactly("host/run/1".to_owned()).fits(environ));
    assert!(Marked::StartingWith("host/".to_owned()).fits(environ));
    assert!(!Marked::Exactly("host/run".to_owned()).fits(environ));
    assert!(!Marked::StartingWith("other".to_owned()).fits(environ));
    assert!(!Marked::StartingWith("host/".to_owned()).fits(b""));
}

#[test]
fn a_name_with_brackets_does_not_confuse_the_state() {
    let stat = parse_stat("12 (a) R 7 (b) Z 3 4 5 0 -1").unwrap();
    assert_eq!(stat, Stat { is_zombie: true, parent: 3, group: 4 });
    assert_eq!(parse_stat("12 nothing"), None);
}
