//! Sources that are Go templates.

use expect_test::expect;
use language_yaml::compile;

use crate::kernel::{Script, request, run};

/// Renders a template of one argument and shows what becomes of it.
#[track_caller]
fn renders(template: &str, want: &str) {
    let source = format!(
        "# pocketci: template\njobs: [{{name: j, plan: [{{task: t, config: {{run: {{path: sh, args: [\n   {template}\n  ]}}}}}}]}}]\n"
    );
    let run = run(&source, &Script::default());
    let args = &run.start("j/1-t")["work"]["spec"]["command"]["args"];
    let args: Vec<&str> = args.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(args.join("|"), want, "{template}");
}

#[test]
fn only_a_marked_source_is_a_template() {
    let source = "jobs: [{name: j, plan: [{task: t, config: {run: {path: 'echo {{ 1 }}'}}}]}]";
    let run = run(source, &Script::default());
    assert_eq!(run.start("j/1-t")["work"]["spec"]["command"]["path"], "echo {{ 1 }}");
}

#[test]
fn ranges_make_items() {
    renders(
        "{{ range $i, $os := list `linux` `mac` }}{{ $os }}-{{ $i }},{{ end }}",
        "linux-0|mac-1",
    );
    renders("{{ range until 3 }}n{{ . }},{{ end }}", "n0|n1|n2");
    renders("{{ range untilStep 4 0 -2 }}n{{ . }},{{ end }}", "n4|n2");
    renders("{{ range $k, $v := dict `a` 1 `b` 2 }}{{ $k }}{{ $v }},{{ end }}", "a1|b2");
    renders("{{ range list }}x{{ else }}none{{ end }}", "none");
    renders(
        "{{ range until 9 }}{{ if eq . 1 }}{{ continue }}{{ end }}{{ if gt . 2 }}{{ break }}{{ end }}n{{ . }},{{ end }}",
        "n0|n2",
    );
}

#[test]
fn conditions_choose() {
    renders("{{ if and true (eq 1 1) }}a{{ else }}b{{ end }}", "a");
    renders("{{ if false }}a{{ else if or false 0 }}b{{ else }}c{{ end }}", "c");
    renders("{{ with dict `name` `x` }}{{ .name }}{{ end }}", "x");
    renders("{{ with `` }}a{{ else }}b{{ end }}", "b");
    renders("{{ if not (lt 2 1) }}{{ ternary `y` `n` (ge 2 2) }}{{ end }}", "y");
}

#[test]
fn variables_live_in_their_block() {
    renders("{{ $a := 1 }}{{ range until 3 }}{{ $a = add $a . }}{{ end }}n{{ $a }}", "n4");
    renders("{{ $a := `o` }}{{ if true }}{{ $a := `i` }}{{ $a }},{{ end }}{{ $a }}", "i|o");
}

#[test]
fn templates_are_defined_and_used() {
    renders("{{ define `t` }}<{{ .n }}>{{ end }}{{ template `t` dict `n` `x` }}", "<x>");
    renders("{{ block `b` `x` }}b{{ . }}{{ end }}", "bx");
}

#[test]
fn blanks_are_trimmed_and_comments_left_out() {
    renders("a {{- `b` -}} c", "abc");
    renders("a{{/* no */}}b{{- /* no */ -}} c", "abc");
}

#[test]
fn functions_do_as_sprigs_do() {
    let table = [
        ("{{ `aB` | upper }}{{ lower `C` }}{{ title `hello world` }}", "ABcHello World"),
        ("{{ trim ` a ` }}{{ trimSuffix `.rs` `b.rs` }}{{ trimPrefix `x` `xc` }}", "abc"),
        ("{{ replace `a` `b` `aa` }}{{ repeat 2 `c` }}", "bbcc"),
        (
            "{{ contains `a` `cat` }}-{{ hasPrefix `c` `cat` }}-{{ hasSuffix `c` `cat` }}",
            "true-true-false",
        ),
        ("{{ join `-` (splitList `,` `a,b`) }}{{ (split `,` `c,d`)._1 }}", "a-bd"),
        ("{{ default `d` `` }}{{ default `d` `x` }}{{ `` | default `e` }}", "dxe"),
        ("{{ quote `a` }}", "a"),
        ("{{ squote `b` }}", "b"),
        (
            "x{{ add 1 2 3 }}{{ sub 5 1 }}{{ mul 2 3 }}{{ div 7 2 }}{{ mod 7 4 }}{{ max 1 9 2 }}{{ min 4 2 }}",
            "x6463392",
        ),
        ("x{{ int `7` }}{{ toString 8 }}{{ first (list 1 2) }}{{ last (list 1 2) }}", "x7812"),
        ("{{ b64enc `hi` }}{{ `aGk=` | b64dec }}", "aGk=hi"),
        ("{{ sha256sum `a` | trunc 8 }}", "ca978112"),
        ("{{ printf `%s-%03d-%.1f` `a` 7 1.25 }}", "a-007-1.2"),
        ("{{ index (list `a` `b`) 1 }}{{ index (dict `k` `v`) `k` }}", "bv"),
        ("{{ len (list 1 2 3) }}x", "3x"),
        ("{{ \"a\\nb\" | indent 2 | quote }}", "  a\n  b"),
    ];
    for (template, want) in table {
        renders(template, want);
    }
}

#[test]
fn mistakes_say_where_they_are() {
    let cases = [
        "{{ if true }}",
        "{{ end }}",
        "{{ nothing 1 }}",
        "{{ $x }}",
        "{{ div 1 0 }}",
        "{{ 'a' }}",
        "{{ template `t` }}",
        "{{ range until 99999999 }}{{ end }}",
        "{{ define `t` }}{{ template `t` }}{{ end }}{{ template `t` }}",
        "{{ range until 100000 }}0123456789012345678901234567890123456789{{ end }}",
    ];
    let mut told = String::new();
    for case in cases {
        let compilation = compile(&request(&format!("# pocketci: template\n\n  {case}")));
        for it in compilation.diagnostics {
            told.push_str(&format!(
                "{}:{} {}: {}\n",
                it.at.line, it.at.column, it.code, it.message
            ));
        }
    }
    expect![[r#"
        3:3 template: this has no end, expected `{{ end }}`
        3:3 template: `end` has no beginning
        3:6 template: there is no function "nothing"
        3:6 template: there is no variable $x
        3:6 template: div: the number is too large, or something was divided by zero
        3:6 template: '\'' means nothing in an action
        3:3 template: there is no template "t"
        3:12 template: until: the list has more than 100000 numbers
        3:19 template: templates call each other too deep here
        1:1 template: the rendered text has more than 1048576 bytes
    "#]]
    .assert_eq(&told);
}
