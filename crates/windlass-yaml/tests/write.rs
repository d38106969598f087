//! What is written reads back.

use proptest::prelude::*;
use windlass_core::Value;
use windlass_yaml::{Format, Options, Rules, go, read, to_yaml};

fn back(text: &str) -> Value {
    back_by(Rules::V2, text)
}

fn back_by(rules: Rules, text: &str) -> Value {
    let options = Options::default().with_format(Format::Yaml).with_rules(rules);
    let mut documents = read(text.as_bytes(), &options).expect(text);
    assert!(documents.len() <= 1, "one value is one document: {text}");
    documents.pop().map_or(Value::Null, |document| document.value)
}

#[track_caller]
fn check(json: &str, expected: &str) {
    let value: Value = serde_json::from_str(json).expect("the value is JSON");
    assert_eq!(to_yaml(&value), expected);
    assert_eq!(back(expected).canonical(), value.canonical(), "{expected}");
}

#[test]
fn maps_and_lists_are_blocks() {
    check(
        r#"{"a":{"b":[1,[2,3],{"c":null,"d":{}}],"e":[]},"f":true}"#,
        "a:\n  b:\n  - 1\n  - - 2\n    - 3\n  - c: null\n    d: {}\n  e: []\nf: true\n",
    );
}

#[test]
fn text_that_another_reader_would_take_for_something_else_is_quoted() {
    for text in [
        "",
        "yes",
        "n",
        "null",
        "~",
        "1",
        "0x1f",
        "1e3",
        ".5",
        "12:30",
        "2001-01-01",
        "1.2.3",
        "- a",
        "a: b",
        "a #b",
        "a:",
        " a",
        "a ",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        "[a",
        "{a",
        "? a",
        "#a",
        "...",
        "---",
        "<<",
        "=",
        "'a'",
        "\"a\"",
        "\u{feff}a",
        "a\u{2028}b",
        "a\tb",
        "\u{7f}",
        "0b1",
        "1_0",
    ] {
        let written = to_yaml(&Value::from(text));
        assert!(written.starts_with('"'), "{text:?} is written {written:?}");
        assert_eq!(back(&written), Value::from(text));
    }
}

#[test]
fn ordinary_text_is_plain() {
    for text in [
        "web",
        "registry.example.org/web:1.2",
        "a b",
        "/etc/x",
        "app.kubernetes.io/name",
        "v1",
        "100m",
        "a=b,c",
    ] {
        assert_eq!(to_yaml(&Value::from(text)), format!("{text}\n"));
    }
}

#[test]
fn lines_are_literal_blocks() {
    check(r#"{"a":"x\ny"}"#, "a: |-\n  x\n  y\n");
    check(r#"{"a":"x\n\n  y\n"}"#, "a: |\n  x\n\n    y\n");
    check(r#"[["x\ny\n\n"]]"#, "- - |+\n    x\n    y\n\n");
    check(r#"{"a":" x\ny"}"#, "a: \" x\\ny\"\n");
    check(r#"{"a":"x\r\ny"}"#, "a: \"x\\r\\ny\"\n");
}

#[test]
fn a_long_key_is_announced() {
    let key = "k".repeat(2000);
    let value = Value::from_iter([(key.as_str(), Value::from_iter([("a", vec![Value::Int(1)].into())]))]);
    let text = to_yaml(&value);
    assert!(text.starts_with("? kkk"));
    assert_eq!(back(&text), value);
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,8}",
        "[-0-9_.eExob+: ]{0,6}",
        "[a-z:#\\- \n\t'\"|>&*!%@]{0,12}",
        "([ a-z]{0,4}\n){0,4}",
        prop::sample::select(vec![
            "yes",
            "~",
            "null",
            "<<",
            "---",
            "...",
            "-",
            "?",
            ":",
            "\u{85}",
            "a\n---\nb",
            "\u{feff}"
        ])
        .prop_map(str::to_owned),
    ]
}

/// Whole floats that fit an integer cannot be written in this language.
fn any_float() -> impl Strategy<Value = Value> {
    any::<f64>().prop_filter_map("a float that stays one", |number| {
        let whole = number.fract() == 0.0 && number.abs() < 1e19;
        if whole { None } else { Value::float(number) }
    })
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any_float(),
        any_text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec((any_text(), inner), 0..5)
                .prop_map(|fields| fields.into_iter().collect::<Value>()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_is_written_reads_back(value in any_value()) {
        let text = to_yaml(&value);
        prop_assert_eq!(back(&text).canonical(), value.canonical(), "{}", text);
    }

    #[test]
    fn what_is_written_as_in_go_reads_back(value in any_value()) {
        // Line breaks of YAML 1.1 that are none in YAML 1.2, whose syntax the parser follows.
        let json = value.canonical();
        // A key `<<`, which Go writes as if it were a merge.
        prop_assume!(!json.contains("\"<<\":"));
        prop_assume!(!json.contains(['\u{85}', '\u{2028}', '\u{2029}']));
        for (rules, text) in [
            (Rules::V2, go::to_yaml(&value)),
            (Rules::V3, go::to_yaml_v3(&value, 2)),
            (Rules::V3, go::to_yaml_v3_compact(&value, 2)),
        ] {
            prop_assert_eq!(back_by(rules, &text).canonical(), &*json, "{}", text);
        }
        let indented = read(go::to_json_indent(&value, "  ").as_bytes(), &Options::default().with_format(Format::Json));
        prop_assert_eq!(indented.unwrap().pop().map_or("null".to_owned(), |read| read.value.canonical()), json);
    }

    #[test]
    fn canonical_json_reads_back(value in any_value()) {
        let documents = read(value.canonical().as_bytes(), &Options::default().with_format(Format::Json)).unwrap();
        let value = if value.is_null() { vec![] } else { vec![value.canonical()] };
        prop_assert_eq!(documents.iter().map(|document| document.value.canonical()).collect::<Vec<_>>(), value);
    }

    #[test]
    fn no_text_panics(text in "[-a:{}\\[\\]\"'&*!|> \n\t#?,~<%@0-9\u{85}]{0,60}") {
        for format in [Format::Auto, Format::Yaml, Format::Json] {
            let _ = read(text.as_bytes(), &Options::default().with_format(format));
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = read(&bytes, &Options::default());
    }
}
