//! Agreement with the answers of Go's libraries that were recorded in `data/scalars.txt` and `data/kyaml.txt`.

use windlass_core::Value;
use windlass_yaml::{Format, Options, Rules, read};

const RECORDED: &str = include_str!("data/scalars.txt");
const KYAML: &str = include_str!("data/kyaml.txt");

/// Documents that are read differently on purpose, or because the parser follows YAML 1.2 where Go follows 1.1.
const DIFFERENT: &[(&str, &str)] = &[
    // Go puts U+FFFD for each byte; here it is refused.
    ("a: !!binary 'null'", "error"),
    ("a: !!binary 0x1f", "error"),
    ("a: !!binary null", "error"),
    ("a: !!binary true", "error"),
    // YAML 1.2: a lone dash in brackets is no text, a question mark in a word is one, and only LF and CR break lines.
    ("[-]", "error"),
    ("[foo?]", r#"["foo?"]"#),
    ("a: b\u{2028}c", "{\"a\":\"b\u{2028}c\"}"),
    ("a: \u{85}b", "{\"a\":\"\u{85}b\"}"),
];

/// As above, for the rules of version 3.
const DIFFERENT_V3: &[&str] = &[
    // kyaml refuses what is neither a map nor a list.
    "",
    "# nothing",
    "#a",
    "'a'",
    "-a",
    "1",
    "a\r\nb",
    "a::b",
    "a:b",
    // For kyaml a key that is not there is an empty text behind a question mark, and a mistake in front of a colon.
    "?",
    // kyaml takes a quoted key for a merge after all, and drops it.
    "'<<': 1",
    // What is no number here but for its sign.
    "[-0.0]",
    "a: -0.0",
    "a: -_0_e0",
    // kyaml drops the tag `!`.
    "a: !",
    "a: ! ",
    "a: ! 0x1f",
    "a: ! 1",
    "a: ! 1.5",
    "a: ! 1_0",
    "a: ! 2001-01-01",
    "a: ! 9223372036854775808",
    "a: ! null",
    "a: ! true",
    "a: ! ~",
    "a: !!binary 'null'",
    "a: !!binary 0x1f",
    "a: !!binary null",
    "a: !!binary true",
    "[-]",
    "[foo?]",
    "a: b\u{2028}c",
    "a: \u{85}b",
];

fn recorded(text: &str) -> impl Iterator<Item = (String, Option<Value>)> {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (document, answer) = line.split_once('\t').expect("a line has two columns");
        let answer = (answer != "error").then(|| serde_json::from_str(answer).expect("an answer is JSON"));
        (serde_json::from_str(document).expect("a document is a JSON string"), answer)
    })
}

/// Reads a document as the recording did: the first of the text, and `null` where there is none.
fn ours(rules: Rules, document: &str) -> Option<Value> {
    let options = Options::default().with_format(Format::Yaml).with_rules(rules);
    let documents = read(document.as_bytes(), &options).ok()?;
    Some(documents.into_iter().next().map_or(Value::Null, |document| document.value))
}

fn show(value: Option<&Value>) -> String {
    value.map_or_else(|| "error".to_owned(), Value::canonical)
}

#[test]
fn every_recorded_document_reads_as_in_go() {
    assert_eq!(DIFFERENT.len(), 8, "STATUS.md says how many differ");
    let mut wrong = Vec::new();
    let mut count = 0;
    for (document, expected) in recorded(RECORDED) {
        count += 1;
        let got = ours(Rules::V2, &document);
        let known = DIFFERENT.iter().find(|(text, _)| *text == document);
        assert!(
            known.is_none_or(|(_, answer)| show(expected.as_ref()) != *answer),
            "{document:?} is read as in Go"
        );
        let expected = known.map_or_else(|| show(expected.as_ref()), |(_, answer)| (*answer).to_owned());
        if show(got.as_ref()) != expected {
            wrong.push(format!("{document:?}: go {expected}, here {}", show(got.as_ref())));
        }
    }
    assert!(count > 1500, "the recording is there");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_recorded_document_reads_as_in_kyaml() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (document, expected) in recorded(KYAML) {
        count += 1;
        let got = ours(Rules::V3, &document);
        let same = show(got.as_ref()) == show(expected.as_ref());
        if same == DIFFERENT_V3.contains(&&*document) {
            wrong.push(format!("{document:?}: go {}, here {}", show(expected.as_ref()), show(got.as_ref())));
        }
    }
    assert!(count > 2000, "the recording is there");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}
