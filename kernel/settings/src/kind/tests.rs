use std::fmt::Write as _;
use std::net::IpAddr;

use expect_test::{Expect, expect};

use super::*;
use crate::{Cidr, Selection};

#[track_caller]
fn check(kind: Kind, texts: &[&str], want: Expect) {
    let mut said = String::new();
    for text in texts {
        match kind.read(text) {
            Ok(value) => writeln!(said, "{text} -> {}", value.text()).unwrap(),
            Err(what) => writeln!(said, "{text} !! {what}").unwrap(),
        }
    }
    want.assert_eq(&said);
}

#[test]
fn numbers_keep_to_their_limits() {
    check(
        Kind::Number { min: 1, max: 9 },
        &["1", "0", "10", "-1", "2.5", ""],
        expect![[r#"
        1 -> 1
        0 !! 0 is too small; the least is 1
        10 !! 10 is too large; the most is 9
        -1 !! "-1" is not a whole number
        2.5 !! "2.5" is not a whole number
         !! "" is not a whole number
    "#]],
    );
}

#[test]
fn durations_have_units() {
    check(
        Kind::Duration { min_ms: 100 },
        &["90s", "1h30m", "100ms", "0", "99ms", "10", "h", "1w", "99999999999999999999d"],
        expect![[r#"
            90s -> 1m30s
            1h30m -> 1h30m
            100ms -> 100ms
            0 !! 0 is too short; the least is 100ms
            99ms !! 99ms is too short; the least is 100ms
            10 !! "10" is not a duration; expected a number with a unit, such as 90s, 10m or 1h30m
            h !! "h" is not a duration; expected a number with a unit, such as 90s, 10m or 1h30m
            1w !! "1w" is not a duration; expected a number with a unit, such as 90s, 10m or 1h30m
            99999999999999999999d !! "99999999999999999999d" is not a duration; expected a number with a unit, such as 90s, 10m or 1h30m
        "#]],
    );
}

#[test]
fn sizes_have_units_or_are_bytes() {
    check(
        Kind::Size { min: 1, max: 1 << 40 },
        &["4096", "512KiB", "10 MiB", "10mb", "0", "2TiB", "ten", "1.5MiB", "2048GiB"],
        expect![[r#"
            4096 -> 4096
            512KiB -> 524288
            10 MiB -> 10485760
            10mb -> 10000000
            0 !! 0 is too small; the least is 1B
            2TiB !! "2TiB" is not a size; expected bytes, such as 4096, 512KiB or 10MiB
            ten !! "ten" is not a size; expected bytes, such as 4096, 512KiB or 10MiB
            1.5MiB !! "1.5MiB" is not a size; expected bytes, such as 4096, 512KiB or 10MiB
            2048GiB !! 2048GiB is too large; the most is 1024GiB
        "#]],
    );
}

#[test]
fn switches_are_yes_or_no() {
    check(
        Kind::Switch,
        &["true", "YES", "0", "off", "maybe"],
        expect![[r#"
        true -> true
        YES -> true
        0 -> false
        off -> false
        maybe !! "maybe" is neither true nor false
    "#]],
    );
}

#[test]
fn choices_name_what_there_is() {
    check(
        Kind::Choice(&["text", "json"]),
        &["json", "jsno", "xml"],
        expect![[r#"
        json -> json
        jsno !! "jsno" is not known; did you mean "json"? There are: text, json
        xml !! "xml" is not known; there are: text, json
    "#]],
    );
}

#[test]
fn words_must_look_like_what_they_are() {
    check(
        Kind::Address,
        &["127.0.0.1:0", "[::1]:80", "localhost:80", "127.0.0.1"],
        expect![[r#"
        127.0.0.1:0 -> 127.0.0.1:0
        [::1]:80 -> [::1]:80
        localhost:80 !! "localhost:80" is not an address with a port, such as 127.0.0.1:7070
        127.0.0.1 !! "127.0.0.1" is not an address with a port, such as 127.0.0.1:7070
    "#]],
    );
    check(
        Kind::PortRange,
        &["7701-7799", "80", "9-8", "0-9"],
        expect![[r#"
        7701-7799 -> 7701-7799
        80 !! "80" is not a range of ports, such as 7701-7799
        9-8 !! "9-8" is not a range of ports, such as 7701-7799
        0-9 !! "0-9" is not a range of ports, such as 7701-7799
    "#]],
    );
    check(
        Kind::Url,
        &["https://ci.example.com", "http://[::1]:9000/x", "ftp://x", "https://u:p@h", "https://"],
        expect![[r#"
            https://ci.example.com -> https://ci.example.com
            http://[::1]:9000/x -> http://[::1]:9000/x
            ftp://x !! "ftp://x" is not a URL that begins with http:// or https://, without a login
            https://u:p@h !! "https://u:p@h" is not a URL that begins with http:// or https://, without a login
            https:// !! "https://" is not a URL that begins with http:// or https://, without a login
        "#]],
    );
    check(
        Kind::Origin,
        &["https://a.example", "https://*.example", "*", "a.example", "https://a/x"],
        expect![[r#"
            https://a.example -> https://a.example
            https://*.example -> https://*.example
            * -> *
            a.example !! "a.example" is not an origin, such as https://ci.example.com; it has no path
            https://a/x !! "https://a/x" is not an origin, such as https://ci.example.com; it has no path
        "#]],
    );
    check(
        Kind::Host,
        &["ci.example.com", "%.example.com:8080", "a b", "%", "h:0"],
        expect![[r#"
        ci.example.com -> ci.example.com
        %.example.com:8080 -> %.example.com:8080
        a b !! "a b" is not a host, such as ci.example.com or %.example.com:8080
        % !! "%" is not a host, such as ci.example.com or %.example.com:8080
        h:0 !! "h:0" is not a host, such as ci.example.com or %.example.com:8080
    "#]],
    );
    check(
        Kind::Destination,
        &["10.0.0.0/8", "git.example.com", "*.example.com", "10.1.2.3", "::1", "*", "a b"],
        expect![[r#"
            10.0.0.0/8 -> 10.0.0.0/8
            git.example.com -> git.example.com
            *.example.com -> *.example.com
            10.1.2.3 -> 10.1.2.3
            ::1 -> ::1
            * !! "*" is neither a network, such as 10.0.0.0/8, nor a host, such as git.example.com or *.example.com
            a b !! "a b" is neither a network, such as 10.0.0.0/8, nor a host, such as git.example.com or *.example.com
        "#]],
    );
    check(
        Kind::Name,
        &["my-project", "My", "../../x", "-a", "a-"],
        expect![[r#"
        my-project -> my-project
        My !! "My" is not a name; expected lower-case letters, digits and dashes, 63 at most, such as my-project
        ../../x !! "../../x" is not a name; expected lower-case letters, digits and dashes, 63 at most, such as my-project
        -a !! "-a" is not a name; expected lower-case letters, digits and dashes, 63 at most, such as my-project
        a- !! "a-" is not a name; expected lower-case letters, digits and dashes, 63 at most, such as my-project
    "#]],
    );
    check(
        Kind::Grant,
        &["p=process:git", "git"],
        expect![[r#"
        p=process:git -> p=process:git
        git !! "git" is not a grant; expected PLUGIN=CAPABILITY, such as my-plugin=process:git
    "#]],
    );
}

#[test]
fn what_may_be_secret_is_not_repeated() {
    check(
        Kind::Sha256,
        &["hunter2"],
        expect![[r#"
        hunter2 !! expected a SHA-256 digest, 64 hexadecimal digits, as `printf %s TOKEN | sha256sum` prints it
    "#]],
    );
    check(
        Kind::Login,
        &["hunter2"],
        expect![[r#"
        hunter2 !! expected USER:PASSWORD
    "#]],
    );
    check(
        Kind::Pair,
        &["hunter2"],
        expect![[r#"
        hunter2 !! expected NAME=VALUE
    "#]],
    );
}

#[test]
fn networks_have_no_bits_left_over() {
    check(
        Kind::list(&Kind::Cidr),
        &["10.0.0.0/8,::1", "10.0.0.1/8", "10.0.0.0/33", "fc00::/7", "here", "0.0.0.0/0"],
        expect![[r#"
            10.0.0.0/8,::1 -> 10.0.0.0/8, ::1
            10.0.0.1/8 !! "10.0.0.1/8" has bits behind its first 8; write the first address of the network, or /32 for one address
            10.0.0.0/33 !! "10.0.0.0/33" is not a network; an address has 32 bits at most
            fc00::/7 -> fc00::/7
            here !! "here" is not a network; expected an address and bits, such as 10.0.0.0/8
            0.0.0.0/0 -> 0.0.0.0/0
        "#]],
    );
}

#[test]
fn a_network_contains_its_addresses_in_any_clothes() {
    for (network, address, inside) in [
        ("10.0.0.0/8", "10.255.0.1", true),
        ("10.0.0.0/8", "11.0.0.1", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ("0.0.0.0/0", "8.8.8.8", true),
        ("::/0", "8.8.8.8", false),
        ("fc00::/7", "fd00::1", true),
        ("::1", "::1", true),
        ("::1", "::2", false),
    ] {
        let network: Cidr = network.parse().unwrap();
        let address: IpAddr = address.parse().unwrap();
        assert_eq!(network.contains(address), inside, "{address} in {network}");
    }
}

#[test]
fn selections_take_all_some_and_all_but_some() {
    for (text, on, off) in [
        ("*", &["a", "b"][..], &[][..]),
        ("a", &["a"], &["b"]),
        ("a,b", &["a", "b"], &["c"]),
        ("*,!a", &["b", "c"], &["a"]),
        ("!a", &["b"], &["a"]),
    ] {
        let items: Vec<&str> = text.split(',').collect();
        let selection = Selection::of(&items).unwrap();
        for name in on {
            assert!(selection.allows(name), "{text}: {name}");
        }
        for name in off {
            assert!(!selection.allows(name), "{text}: {name}");
        }
    }
    check(
        Kind::Selection,
        &["a, b", "a,!a", "a b", "!"],
        expect![[r#"
        a, b -> a, b
        a,!a !! a is named and excluded; keep one of a and !a
        a b !! "a b" is not a name; expected *, names, or names behind a !, such as *,!process
        ! !! "!" is not a name; expected *, names, or names behind a !, such as *,!process
    "#]],
    );
}
