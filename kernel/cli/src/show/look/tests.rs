use super::{Look, Tone, harmless};

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let plain = |text| harmless(text, Look::PLAIN);
    assert_eq!(plain("größer \"x\" \\"), "größer \"x\" \\");
    assert_eq!(plain("a\u{1b}[2Jb\r\nc\u{9b}1m"), "a\\u{1b}[2Jb\\r\\nc\\u{9b}1m");
    assert_eq!(plain("\u{1b}[31mred"), "\\u{1b}[31mred");
}

#[test]
fn colours_of_ours_stay() {
    let look = Look { colors: true, ..Look::PLAIN };
    let painted = look.paint(Tone::Bad, "no\u{1b}[8mhidden");
    assert_eq!(harmless(&painted, look), "\u{1b}[31mno\\u{1b}[8mhidden\u{1b}[0m");
}
