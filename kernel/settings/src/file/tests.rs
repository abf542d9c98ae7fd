use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn check(name: &str, text: &str, want: Expect) {
    let environment = [("NAME", "value"), ("EMPTY", "")];
    let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let document = Document::parse(Path::new(name), text, &environment).unwrap();
    let mut said = String::new();
    for Entry { key, raw, line } in document.entries {
        writeln!(said, "{line}: {key} = {raw:?}").unwrap();
    }
    for mistake in document.mistakes {
        writeln!(said, "!! {mistake}").unwrap();
    }
    want.assert_eq(&said);
}

#[test]
fn toml_and_yaml_say_the_same() {
    check(
        "t.toml",
        "[server]\nlisten = \"a\"\nport = 0x1F90\n\n[runs]\ntags = [\"a\", 2, true]\nmax = 1_000\n",
        expect![[r#"
            2: server.listen = One("a")
            3: server.port = One("8080")
            6: runs.tags = Many(["a", "2", "true"])
            7: runs.max = One("1000")
        "#]],
    );
    check(
        "t.yaml",
        "server:\n  listen: a\n  port: 8080\nruns: {tags: [a, 2, true], max: 1000}\nlog:\n  level: ~\n",
        expect![[r#"
            2: server.listen = One("a")
            3: server.port = One("8080")
            4: runs.tags = Many(["a", "2", "true"])
            4: runs.max = One("1000")
        "#]],
    );
}

#[test]
fn an_empty_file_says_nothing() {
    check("t.toml", "", expect![[""]]);
    check("t.yaml", "", expect![[""]]);
    check("t.yml", "---\n# nothing\n", expect![[""]]);
}

#[test]
fn variables_are_put_in_place() {
    check(
        "t.yaml",
        "a:\n  b: ${NAME}/x\n  c: ${GONE:-else}\n  d: ${EMPTY:-else}\n  e: $$NAME $5 ${NAME}\n  f: ['${NAME}']\n",
        expect![[r#"
            2: a.b = One("value/x")
            3: a.c = One("else")
            4: a.d = One("else")
            5: a.e = One("$NAME $5 value")
            6: a.f = Many(["value"])
        "#]],
    );
}

#[test]
fn variables_without_a_value_are_mistakes_with_a_line() {
    check(
        "t.toml",
        "[a]\nb = \"${GONE}\"\nc = \"${EMPTY}\"\nd = \"${NAME\"\ne = \"${1x}\"\nf = \"${}\"\n",
        expect![[r#"
            !! t.toml:2: a.b: the variable GONE is not set; set it, or write ${GONE:-default}
            !! t.toml:3: a.c: the variable EMPTY is not set; set it, or write ${EMPTY:-default}
            !! t.toml:4: a.d: a ${ is not closed; write $$ for a plain dollar
            !! t.toml:5: a.e: ${1x} does not name a variable; expected ${NAME} or ${NAME:-default}
            !! t.toml:6: a.f: ${} does not name a variable; expected ${NAME} or ${NAME:-default}
        "#]],
    );
}

#[test]
fn what_is_not_the_language_is_said_with_its_line() {
    check(
        "t.toml",
        "[a]\nb = \nc = 1\nc = 2\n",
        expect![[r#"
        !! t.toml:2: not TOML: string values must be quoted, expected literal string
        !! t.toml:4: not TOML: duplicate key
    "#]],
    );
    check(
        "t.toml",
        "[[a]]\nb = 1\n",
        expect![[r#"
        !! t.toml:1: a: a list holds plain values
    "#]],
    );
    check(
        "t.yaml",
        "a: [\n",
        expect![[r#"
        !! t.yaml:2: not YAML: while parsing a node, did not find expected node content
    "#]],
    );
    check(
        "t.yaml",
        "a:\n  b: 1\n  b: 2\n",
        expect![[r#"
        2: a.b = One("1")
        !! t.yaml:3: a.b is there twice
    "#]],
    );
    check(
        "t.yaml",
        "- a\n",
        expect![[r#"
        !! t.yaml:1: a list stands behind a key, and holds plain values
    "#]],
    );
    check(
        "t.yaml",
        "just text\n",
        expect![[r#"
        !! t.yaml:1: expected keys with values, such as `server:`
    "#]],
    );
    check(
        "t.yaml",
        "a: &x 1\nb: *x\n",
        expect![[r#"
        !! t.yaml:1: anchors (&name) are not understood; repeat what it names
    "#]],
    );
    check(
        "t.yaml",
        "a: !!str 1\n",
        expect![[r#"
        !! t.yaml:1: tags (!name) are not understood; leave it out
    "#]],
    );
    check(
        "t.yaml",
        "a: 1\n---\nb: 2\n",
        expect![[r#"
        1: a = One("1")
        !! t.yaml:2: a file of settings is one document; remove the ---
    "#]],
    );
    check(
        "t.yaml",
        "a: [[1]]\n",
        expect![[r#"
        !! t.yaml:1: a list stands behind a key, and holds plain values
    "#]],
    );
    check(
        "t.yaml",
        "? [a]\n: 1\n",
        expect![[r#"
        !! t.yaml:1: a list stands behind a key, and holds plain values
    "#]],
    );
}

#[test]
fn a_name_must_say_the_language() {
    let err = Document::parse(Path::new("tenon.conf"), "", &BTreeMap::new()).unwrap_err();
    expect!["tenon.conf is neither TOML nor YAML by its name; call it .toml, .yaml or .yml"]
        .assert_eq(&err.to_string());
}
