//! A little YAML, as much as the tables need: block maps and lists, JSON for everything else.

use windlass_core::{Map, Value};

/// Reads block maps (`key: value`), block lists (`- value`) and JSON scalars, lists and maps; other words are texts.
pub(crate) fn read(text: &str) -> Value {
    let lines: Vec<(usize, String)> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| (line.len() - line.trim_start().len(), line.trim().to_owned()))
        .collect();
    match lines.as_slice() {
        [] => Value::Null,
        [(_, line)] if field(line).is_none() && !line.starts_with("- ") => scalar(line),
        lines => block(lines),
    }
}

fn block(lines: &[(usize, String)]) -> Value {
    let parts = parts(lines);
    if lines[0].1.starts_with("- ") { parts.iter().map(|part| item(part)).collect() } else { fields(&parts) }
}

/// Splits at the lines that are indented as the first; items of a list may stand under their field.
fn parts(lines: &[(usize, String)]) -> Vec<Vec<(usize, String)>> {
    let indent = lines[0].0;
    let is_list = lines[0].1.starts_with("- ");
    let mut parts: Vec<Vec<(usize, String)>> = Vec::new();
    for line in lines {
        assert!(line.0 >= indent, "indented less than its block: {}", line.1);
        if line.0 == indent && line.1.starts_with("- ") == is_list {
            parts.push(Vec::new());
        }
        parts.last_mut().unwrap().push(line.clone());
    }
    parts
}

fn item(part: &[(usize, String)]) -> Value {
    let (indent, first) = &part[0];
    let mut part = part.to_vec();
    part[0] = (indent + 2, first[2..].to_owned());
    match part.as_slice() {
        [(_, line)] if field(line).is_none() => scalar(line),
        part => block(part),
    }
}

fn fields(parts: &[Vec<(usize, String)>]) -> Value {
    let mut map = Map::new();
    for part in parts {
        let (key, rest) = field(&part[0].1).unwrap_or_else(|| panic!("no field: {}", part[0].1));
        let value = match (rest, &part[1..]) {
            ("", []) => Value::Null,
            ("", inner) => block(inner),
            (rest, _) => scalar(rest),
        };
        assert!(map.insert(key, value).is_none(), "{key} twice");
    }
    map.into()
}

fn field(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['{', '[', '"']) {
        return None;
    }
    let (key, rest) = line.split_once(':')?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| (key, rest.trim()))
}

fn scalar(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) if text.starts_with(['{', '[', '"']) => panic!("{text}: {error}"),
        Err(_) => text.into(),
    }
}

#[test]
fn blocks_and_json_read_as_expected() {
    let value = read("a:\n  b: 1\n  c:\n  - name: x\n    d: [1, 2]\n  - y\ne: {}\n");
    assert_eq!(value.canonical(), r#"{"a":{"b":1,"c":[{"d":[1,2],"name":"x"},"y"]},"e":{}}"#);
}
