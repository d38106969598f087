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
    let env = Env { version, limits, ..Env::default() };
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
        "{{ until 1000000000 }}",
        "{{ $d := dict }}{{ $_ := set $d \"d\" $d }}{{ $d }}",
    ] {
        assert_eq!(error_of(text, limits), TemplateErrorKind::Limit, "{text}");
    }
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
