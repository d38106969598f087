//! What holds for any text.

use proptest::prelude::*;
use windlass_helm::template::{Engine, Env, HelmVersion, Limits, Map, TemplateErrorKind, Value, with_stack};

/// Pieces of templates, so that random texts come near to being some.
const PIECES: &[&str] = &[
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "\n",
    "if",
    "else",
    "end",
    "range",
    "with",
    "define",
    "template",
    "block",
    "break",
    "continue",
    "(",
    ")",
    "|",
    ".",
    ".a",
    ".a.b",
    "$",
    "$x",
    ":=",
    "=",
    ",",
    "\"t\"",
    "`r`",
    "'c'",
    "1",
    "0x1f",
    "1.5e3",
    "-",
    "+2i",
    "nil",
    "true",
    "/*",
    "*/",
    "include",
    "tpl",
    "printf",
    "\"%d %v\"",
    "list",
    "dict",
    "toYaml",
    "set",
    "é",
    "\u{0}",
    "index",
    "len",
    "eq",
    "and",
    "until 3",
    "x",
    "\\",
];

fn text() -> impl Strategy<Value = String> {
    let pieces =
        prop::collection::vec(prop::sample::select(PIECES), 0..40).prop_map(|pieces| pieces.concat());
    let actions = prop::collection::vec(prop::collection::vec(prop::sample::select(PIECES), 0..6), 0..8)
        .prop_map(|all| all.into_iter().map(|words| format!("{{{{ {} }}}}", words.join(" "))).collect());
    prop_oneof![pieces, actions, any::<String>()]
}

/// Renders a text, which may be an error, within small limits.
fn render(version: HelmVersion, text: &str) {
    let Ok(engine) = Engine::compile(version, [("t", text)]) else { return };
    let limits = Limits { steps_max: 10_000, output_bytes_max: 1 << 20, stack_bytes_max: 1 << 20 };
    let env = Env { limits, ..Env::default() };
    let data: Map =
        [("a", Value::Map([("b", Value::Float(1.0))].into_iter().collect()))].into_iter().collect();
    let _ = engine.render("t", &data.into(), &env);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_makes_the_language_panic(text in text()) {
        render(HelmVersion::V3, &text);
        render(HelmVersion::V4, &text);
    }
}

/// Functions that read a language of their own, each with how many texts it takes.
const READERS: &[(&str, usize)] = &[
    ("fromYaml", 1),
    ("fromYamlArray", 1),
    ("fromJson", 1),
    ("fromToml", 1),
    ("semver", 1),
    ("urlParse", 1),
    ("mustToDuration", 1),
    ("duration", 1),
    ("b64dec", 1),
    ("b32dec", 1),
    ("snakecase", 1),
    ("camelcase", 1),
    ("regexMatch", 2),
    ("regexSplit", 2),
    ("semverCompare", 2),
    ("toDate", 2),
    ("printf", 2),
    ("decryptAES", 2),
    ("buildCustomCert", 2),
    ("regexReplaceAll", 3),
];

/// Pieces of what they read.
const WORDS: &[&str] = &[
    "é",
    "\u{0}",
    " ",
    "\n",
    "\t",
    "[",
    "]",
    "[:",
    ":]",
    "(?",
    ")",
    "{",
    "}",
    "\\",
    "\\p",
    "\\x",
    "^",
    "$1",
    "${",
    "|",
    "*",
    "-",
    "+",
    ".",
    ",",
    ":",
    ";",
    "=",
    "#",
    "@",
    "%",
    "/",
    "//",
    "?",
    "&",
    "!",
    "'",
    "\"",
    "\"\"\"",
    "<",
    ">",
    "~",
    "_",
    "0",
    "1",
    "9223372036854775808",
    "1e400",
    "0x",
    "15:04:05",
    "2006-01-02",
    "Jan",
    "Mon",
    "PM",
    "MST",
    "Z07:00",
    ".999",
    "T",
    "v",
    "x",
    "a",
    "a: ",
    "- ",
    "%d",
    "%[1]",
    "%+v",
    "%#x",
    "%99",
    "true",
    "null",
];

fn words() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(WORDS), 0..8).prop_map(|words| words.concat());
    prop_oneof![4 => words, 1 => any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_argument_makes_a_function_panic(
        (name, count) in prop::sample::select(READERS),
        texts in prop::collection::vec(words(), 3),
    ) {
        let count_of_matches = if name == "regexSplit" { " -1" } else { "" };
        let args: String = [" .a", " .b", " .c"][..count].concat() + count_of_matches;
        let engine = Engine::compile(HelmVersion::V4, [("t", format!("{{{{ {name}{args} }}}}"))]).unwrap();
        let data: Map = ["a", "b", "c"].into_iter().zip(texts).map(|(key, text)| (key, text.into())).collect();
        let _ = engine.render("t", &data.into(), &Env::default());
    }
}

fn error_of(text: &str, limits: Limits) -> TemplateErrorKind {
    let engine = Engine::compile(HelmVersion::V4, [("t", text)]).unwrap();
    let env = Env { limits, ..Env::default() };
    engine.render("t", &Map::new().into(), &env).unwrap_err().kind()
}

#[test]
fn what_would_not_end_reaches_a_limit() {
    let limits = Limits { steps_max: 100_000, output_bytes_max: 1 << 20, ..Limits::default() };
    for text in [
        "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
        "{{ range 1000000000 }}{{ end }}",
        "{{ repeat 1000000000 \"x\" }}",
        "{{ $x := \"xx\" }}{{ range 64 }}{{ $x = print $x $x }}{{ end }}",
        "{{ $x := list 1 }}{{ range 64 }}{{ $x = concat $x $x }}{{ end }}",
        "{{ $x := dict }}{{ range 64 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ $x }}",
        "{{ $x := dict }}{{ range 64 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ deepCopy $x }}",
        "{{ $x := dict }}{{ range 40 }}{{ $x = dict \"a\" $x \"b\" $x }}{{ end }}{{ $y := deepCopy dict }}{{ range 40 }}{{ $y = dict \"a\" $y \"b\" $y }}{{ end }}{{ merge $x $y }}",
        "{{ printf (repeat 1000 \"%999999[1]d\") 1 }}",
        "{{ join (repeat 100000 \"x\") (until 10000) }}",
        "{{ wrapWith 1 (repeat 10000 \"x\") (repeat 10000 \"y\") }}",
        "{{ until 1000000000 }}",
        "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ $d }}",
    ] {
        assert_eq!(error_of(text, limits), TemplateErrorKind::Limit, "{text}");
    }
}

#[test]
fn odd_arguments_give_values_and_no_panic() {
    for (text, expected) in [
        (r#"{{ regexMatch "^[[:]]$" ":]" }}"#, "true"),
        (r#"{{ regexMatch "(?é)" "x" }}"#, "false"),
        (r#"{{ (semver "18446744073709551615.0.0").IncMajor }}"#, "0.0.0"),
        (r#"{{ toDate "15:04:05" "01:02:03é" }}"#, "0001-01-01 00:00:00 +0000 UTC"),
        (r#"{{ toDate "05.999" "03é" }}"#, "0001-01-01 00:00:00 +0000 UTC"),
        (
            r#"{{ gt ((mustToDate "05 -0700" "03 -0100").AddDate 0 0 9223372036854775807).Year 2000 }}"#,
            "true",
        ),
        (r#"{{ lt ((mustToDate "05 -0700" "03 +0100").AddDate 0 0 -9223372036854775807).Year 0 }}"#, "true"),
        (
            r#"{{ $x := list 1 }}{{ range 40 }}{{ $x = list $x $x }}{{ end }}{{ toToml (dict "a" $x) }}"#,
            "toml: nested too deep",
        ),
    ] {
        let engine = Engine::compile(HelmVersion::V4, [("t", text)]).unwrap();
        let found = engine.render("t", &Map::new().into(), &Env::default()).unwrap();
        assert_eq!(String::from_utf8_lossy(&found), expected, "{text}");
    }
}

#[test]
fn a_blank_definition_of_a_text_replaces_none_wherever_the_text_runs() {
    let text = r#"{{ $in := `{{ define "a" }}{{ end }}[{{ include "a" . }}]` }}{{ tpl $in . }}{{ tpl `{{ define "a" }}x{{ end }}{{ tpl . $ }}` $in }}"#;
    let engine = Engine::compile(HelmVersion::V4, [("t", text)]).unwrap();
    let found = engine.render("t", &Map::new().into(), &Env::default()).unwrap();
    assert_eq!(String::from_utf8_lossy(&found), "[][x]");
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    for text in [format!("{{{{ {} }}}}", deep("(", ")")), deep("{{ if 1 }}", "{{ end }}")] {
        let error = Engine::compile(HelmVersion::V4, [("t", text)]).unwrap_err();
        assert_eq!(error.kind(), TemplateErrorKind::Parse);
    }
}

#[test]
fn a_stack_of_its_own_lets_templates_include_as_deep_as_helm() {
    let text = "{{ define \"n\" }}{{ if gt . 0 }}{{ include \"n\" (sub . 1 | int) }}.{{ end }}{{ end }}{{ include \"n\" 900 }}";
    const STACK: usize = 256 << 20;
    let length = with_stack(STACK, || {
        let engine = Engine::compile(HelmVersion::V4, [("t", text)]).unwrap();
        let limits = Limits { stack_bytes_max: STACK - (1 << 20), ..Limits::default() };
        engine.render("t", &Map::new().into(), &Env { limits, ..Env::default() }).unwrap().len()
    });
    assert_eq!(length, 900);
}

#[test]
fn an_engine_is_shared_by_threads() {
    let engine = Engine::compile(HelmVersion::V4, [("t", "{{ .a }}")]).unwrap();
    std::thread::scope(|scope| {
        for number in 0..4 {
            let engine = &engine;
            scope.spawn(move || {
                let data: Map = [("a", Value::Int(number))].into_iter().collect();
                assert_eq!(
                    engine.render("t", &data.into(), &Env::default()).unwrap(),
                    number.to_string().into_bytes()
                );
            });
        }
    });
}
