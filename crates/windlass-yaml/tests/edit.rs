//! A value is changed, and every other byte stays.

use windlass_core::{ErrorKind, FieldPath, Value};
use windlass_yaml::{Options, read, set};

fn changed(text: &str, path: &[&str], value: &Value) -> Result<String, ErrorKind> {
    let path = path.iter().fold(FieldPath::root(), |path, step| match step.parse() {
        Ok(at) => path.index(at),
        Err(_) => path.field(*step),
    });
    let index =
        read(text.as_bytes(), &Options::default()).expect(text).last().map_or(1, |document| document.index);
    let new = set(text.as_bytes(), &Options::default(), index, &path, value).map_err(|error| error.kind())?;
    Ok(String::from_utf8(new).expect("a text"))
}

#[track_caller]
fn check(text: &str, path: &[&str], value: impl Into<Value>, expected: &str) {
    assert_eq!(changed(text, path, &value.into()).as_deref(), Ok(expected), "{text}");
}

#[track_caller]
fn refused(text: &str, path: &[&str], value: impl Into<Value>, expected: ErrorKind) {
    assert_eq!(changed(text, path, &value.into()), Err(expected), "{text}");
}

#[test]
fn comments_blanks_and_line_ends_stay() {
    check(
        "# a\r\na:   1   # b\r\n\r\nb: [ x,y ]\r\n",
        &["a"],
        2,
        "# a\r\na:   2   # b\r\n\r\nb: [ x,y ]\r\n",
    );
    check("a: 1\n---\na: [x, {b: c}] # d", &["a", "1", "b"], "e", "a: 1\n---\na: [x, {b: e}] # d");
    check("\u{feff}a: 1", &["a"], "x", "\u{feff}a: x");
}

#[test]
fn quotes_stay_where_the_value_allows_them() {
    check("a: 'x'", &["a"], "it's", "a: 'it''s'");
    check("a: \"x\"", &["a"], "y", "a: \"y\"");
    check("a: x", &["a"], "y: z", "a: 'y: z'");
    check("a: x", &["a"], "yes", "a: \"yes\"");
    check("a: 'x'", &["a"], "1\n2", "a: \"1\\n2\"");
    check("a: x", &["a"], "", "a: \"\"");
    check("a: '1'", &["a"], 2, "a: 2");
    check("[a, b]", &["0"], "x, y", "[\"x, y\", b]");
    check("a: x\n  y # c\nb: 1", &["a"], "z", "a: z # c\nb: 1");
    check("a: \"x\n  y\" # c\nb: 1", &["a"], true, "a: true # c\nb: 1");
}

#[test]
fn a_block_stays_a_block() {
    check(
        "a:\n  b: | # c\n    x\n    y\n\n  # d\n  e: 1\n",
        &["a", "b"],
        "1\n\n2\n",
        "a:\n  b: | # c\n    1\n\n    2\n\n  # d\n  e: 1\n",
    );
    check("a: |2-\n  x\nb: 1\n", &["a"], "y\n", "a: |2\n  y\nb: 1\n");
    check("a: >-\n  x\n  y\nb: 1\n", &["a"], "z", "a: |-\n  z\nb: 1\n");
    check("- |\n x\n", &["0"], 1, "- 1\n");
    check("a: | # c\n  x\n\nb: 1\n", &["a"], " y", "a: ' y' # c\n\nb: 1\n");
    check("a: |\n  x", &["a"], "y", "a: |-\n  y");
}

#[test]
fn a_value_that_was_left_out_comes_behind_the_colon() {
    check("a:\nb: 1\n", &["a"], "x", "a: x\nb: 1\n");
    check("a: # c\n", &["a"], "x", "a: x # c\n");
    check("{a: , b: 1}", &["a"], 5, "{a: 5 , b: 1}");
    check("-\n- 1\n", &["0"], "x", "- x\n- 1\n");
    check("b: 1\na:", &["a"], Value::Null, "b: 1\na: null");
}

#[test]
fn json_stays_json() {
    check("{\"a\": [1, \"x\"]}", &["a", "1"], "<y>", "{\"a\": [1, \"\\u003cy\\u003e\"]}");
    check("{\n\t\"a\": 1\n}\n", &["a"], "x", "{\n\t\"a\": \"x\"\n}\n");
}

#[test]
fn what_would_change_something_else_is_refused() {
    refused("a: &x 1\nb: *x\n", &["a"], 2, ErrorKind::Unsupported);
    refused("x: &x {a: 1}\nz:\n  <<: *x\n", &["z", "a"], 2, ErrorKind::Unsupported);
    refused("a: !!int 1", &["a"], "x", ErrorKind::Unsupported);
    refused("a: {b: 1}", &["a"], 2, ErrorKind::Invalid);
    refused("a: 1", &["a"], Value::List(Vec::new()), ErrorKind::Invalid);
    refused("a: 1", &["b"], 2, ErrorKind::NotFound);
    check("a: &x 1\nb: *x\n", &["b"], 2, "a: &x 1\nb: 2\n");
}
