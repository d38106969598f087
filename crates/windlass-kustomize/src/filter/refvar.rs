//! Variables of the form `$(NAME)`.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{Error, ErrorKind, Result, Text, Value};

use crate::node::{Node, Scalar, Style, Tag};

/// The values of variables, and which were used.
pub(crate) struct Vars {
    pub(crate) values: BTreeMap<Text, Value>,
    pub(crate) used: BTreeSet<Text>,
}

/// What a text becomes.
enum Expanded {
    Text(String),
    /// The text was nothing but one variable.
    Whole(Value),
}

impl Vars {
    /// Expands a scalar, the values of a map or the items of a list.
    pub(crate) fn expand(&mut self, node: &mut Node) -> Result<()> {
        match node {
            Node::Scalar(scalar) => self.scalar(scalar),
            Node::Map(map) => map.iter_mut().for_each(|(_, value)| {
                if let Node::Scalar(scalar) = value {
                    self.scalar(scalar);
                }
            }),
            Node::List(items) => {
                for item in items {
                    match item {
                        Node::Scalar(scalar) if scalar.is_text() => self.scalar(scalar),
                        _ => return Err(Error::new(ErrorKind::Invalid, "expected a list of texts")),
                    }
                }
            }
        }
        Ok(())
    }

    fn scalar(&mut self, scalar: &mut Scalar) {
        if !scalar.is_text() {
            return;
        }
        let (text, tag) = match self.text(&scalar.text) {
            Expanded::Text(text) => (text, Tag::Str),
            Expanded::Whole(Value::Int(number)) => (number.to_string(), Tag::Int),
            Expanded::Whole(Value::Bool(truth)) => (truth.to_string(), Tag::Bool),
            Expanded::Whole(Value::Float(number)) => (format!("{number}"), Tag::Float),
            Expanded::Whole(Value::Text(text)) => (text.to_string(), Tag::Str),
            Expanded::Whole(_) => return,
        };
        *scalar = Scalar::new(text, tag, Style::Plain);
    }

    fn text(&mut self, input: &str) -> Expanded {
        if !input.contains('$') {
            return Expanded::Text(input.to_owned());
        }
        let mut out = String::new();
        let mut rest = input;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let Some(first) = after.chars().next() else {
                rest = &rest[at..];
                break;
            };
            match (first, after.find(')')) {
                ('$', _) => {
                    out.push('$');
                    rest = &after[1..];
                }
                ('(', Some(end)) => {
                    let name = &after[1..end];
                    match self.value(name) {
                        Some(value) if input == format!("$({name})") => return Expanded::Whole(value),
                        Some(value) => out.push_str(&shown(&value)),
                        None => out.push_str(&format!("$({name})")),
                    }
                    rest = &after[end + 1..];
                }
                ('(', None) => {
                    out.push_str("$(");
                    rest = &after[1..];
                }
                (first, _) => {
                    out.push('$');
                    out.push(first);
                    rest = &after[first.len_utf8()..];
                }
            }
        }
        out.push_str(rest);
        Expanded::Text(out)
    }

    fn value(&mut self, name: &str) -> Option<Value> {
        let (key, value) = self.values.get_key_value(name)?;
        if matches!(value, Value::List(_) | Value::Map(_) | Value::Null) {
            return None;
        }
        self.used.insert(key.clone());
        Some(value.clone())
    }
}

/// Shows a value as Go's `%v`.
fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => String::new(),
    }
}
