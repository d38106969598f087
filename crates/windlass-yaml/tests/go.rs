//! Agreement with the answers of Go's libraries that were recorded in `data/scalars.txt`.

use windlass_core::Value;
use windlass_yaml::{Format, Options, read};

const RECORDED: &str = include_str!("data/scalars.txt");

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

fn recorded() -> impl Iterator<Item = (String, Option<Value>)> {
    RECORDED.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let (document, answer) = line.split_once('\t').expect("a line has two columns");
        let answer = (answer != "error").then(|| serde_json::from_str(answer).expect("an answer is JSON"));
        (serde_json::from_str(document).expect("a document is a JSON string"), answer)
    })
}

/// Reads a document as the recording did: the first of the text, and `null` where there is none.
fn ours(document: &str) -> Option<Value> {
    let options = Options::default().with_format(Format::Yaml);
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
    for (document, expected) in recorded() {
        count += 1;
        let got = ours(&document);
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
