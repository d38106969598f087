//! Label selectors as Kubernetes reads them.

use windlass_core::{Error, ErrorKind, Result};

use crate::node::Node;

/// What all must hold.
pub(super) struct Labels(Vec<Requirement>);

struct Requirement {
    key: String,
    test: Test,
}

enum Test {
    Exists,
    Missing,
    In(Vec<String>),
    NotIn(Vec<String>),
    Above(i64),
    Below(i64),
}

impl Labels {
    /// Reads `a=b, c!=d, e in (f, g), h notin (i), j, !k, l>1`.
    pub(super) fn read(text: &str) -> Result<Self> {
        let mut requirements = Vec::new();
        for part in parts(text) {
            requirements.push(requirement(part.trim())?);
        }
        Ok(Self(requirements))
    }

    /// Says whether the labels or annotations of an object fit.
    pub(super) fn take(&self, object: &Node, field: &str) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let have = object.get("metadata").and_then(|meta| meta.get(field));
        self.0.iter().all(|requirement| {
            let value = have.and_then(|have| have.get(&requirement.key)).map(Node::spelling);
            requirement.test.holds(value)
        })
    }
}

impl Test {
    fn holds(&self, value: Option<&str>) -> bool {
        let has = |values: &[String], value: &str| values.iter().any(|wanted| wanted == value);
        let number = |value: Option<&str>| value.and_then(|value| value.parse::<i64>().ok());
        match self {
            Self::Exists => value.is_some(),
            Self::Missing => value.is_none(),
            Self::In(values) => value.is_some_and(|value| has(values, value)),
            Self::NotIn(values) => value.is_none_or(|value| !has(values, value)),
            Self::Above(least) => number(value).is_some_and(|number| number > *least),
            Self::Below(most) => number(value).is_some_and(|number| number < *most),
        }
    }
}

/// Cuts at commas outside of parentheses.
fn parts(text: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut out) = (0_u32, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                out.push(&text[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    if !text[begin..].trim().is_empty() || begin > 0 {
        out.push(&text[begin..]);
    }
    out
}

fn requirement(text: &str) -> Result<Requirement> {
    let wrong = || Error::new(ErrorKind::Invalid, "not a label selector").with("selector", text);
    let make = |key: &str, test| {
        let key = key.trim();
        if is_key(key) { Ok(Requirement { key: key.to_owned(), test }) } else { Err(wrong()) }
    };
    if let Some(key) = text.strip_prefix('!') {
        return make(key, Test::Missing);
    }
    if let Some((left, values)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) {
        let values = values.split(',').map(|value| value.trim().to_owned()).collect();
        let left = left.trim_end();
        let word = |word: &str| left.strip_suffix(word).filter(|key| key.ends_with(char::is_whitespace));
        return match (word("notin"), word("in")) {
            (Some(key), _) => make(key, Test::NotIn(values)),
            (None, Some(key)) => make(key, Test::In(values)),
            _ => Err(wrong()),
        };
    }
    let value = |value: &str| {
        let value = value.trim().to_owned();
        if is_value(&value) { Ok(vec![value]) } else { Err(wrong()) }
    };
    let number = |value: &str| value.trim().parse::<i64>().map_err(|_| wrong());
    if let Some((key, wanted)) = text.split_once("!=") {
        return make(key, Test::NotIn(value(wanted)?));
    }
    if let Some((key, wanted)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return make(key, Test::In(value(wanted)?));
    }
    if let Some((key, wanted)) = text.split_once('>') {
        return make(key, Test::Above(number(wanted)?));
    }
    if let Some((key, wanted)) = text.split_once('<') {
        return make(key, Test::Below(number(wanted)?));
    }
    make(text, Test::Exists)
}

fn is_key(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    !name.is_empty() && name.len() <= 63 && is_value(name) && key.matches('/').count() <= 1
}

fn is_value(value: &str) -> bool {
    let edge = |letter: Option<char>| letter.is_none_or(|letter| letter.is_ascii_alphanumeric());
    value.len() <= 63
        && edge(value.chars().next())
        && edge(value.chars().next_back())
        && value.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
}
