//! JSON as Go's encoding/json writes it.

use windlass_core::{Map, Value};

use super::float;

/// Writes what `json.Marshal` writes: one line without a line break at its end, keys in byte order, and `<`, `>`, `&`,
/// U+2028 and U+2029 as escapes.
#[must_use]
pub fn to_json(value: &Value) -> String {
    write(value, Style { escape_html: true, indent: None })
}

/// Writes what an encoder with `SetEscapeHTML(false)` writes, without the line break at its end.
#[must_use]
pub fn to_json_unescaped(value: &Value) -> String {
    write(value, Style { escape_html: false, indent: None })
}

/// Writes what `json.MarshalIndent` with an empty prefix writes: each field and item in a line of its own, behind
/// `indent` for each level.
#[must_use]
pub fn to_json_indent(value: &Value, indent: &str) -> String {
    write(value, Style { escape_html: true, indent: Some(indent) })
}

#[derive(Clone, Copy)]
struct Style<'i> {
    escape_html: bool,
    indent: Option<&'i str>,
}

struct Writer<'i> {
    out: String,
    style: Style<'i>,
    level: usize,
}

fn write(value: &Value, style: Style<'_>) -> String {
    let mut writer = Writer { out: String::with_capacity(256), style, level: 0 };
    writer.value(value);
    writer.out
}

impl Writer<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(truth) => self.out.push_str(if *truth { "true" } else { "false" }),
            Value::Int(number) => self.out.push_str(&number.to_string()),
            Value::Float(number) => self.out.push_str(&float::json(*number)),
            Value::Text(text) => self.text(text),
            Value::List(items) => self.list(items),
            Value::Map(map) => self.map(map),
        }
    }

    fn list(&mut self, items: &[Value]) {
        self.out.push('[');
        self.level += 1;
        for (at, item) in items.iter().enumerate() {
            self.begin(at);
            self.value(item);
        }
        self.end(']', items.is_empty());
    }

    fn map(&mut self, map: &Map) {
        self.out.push('{');
        self.level += 1;
        for (at, (key, value)) in map.iter().enumerate() {
            self.begin(at);
            self.text(key);
            self.out.push_str(if self.style.indent.is_some() { ": " } else { ":" });
            self.value(value);
        }
        self.end('}', map.is_empty());
    }

    fn begin(&mut self, at: usize) {
        if at > 0 {
            self.out.push(',');
        }
        self.line();
    }

    fn end(&mut self, bracket: char, empty: bool) {
        self.level -= 1;
        if !empty {
            self.line();
        }
        self.out.push(bracket);
    }

    fn line(&mut self) {
        if let Some(indent) = self.style.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(indent, self.level));
        }
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        let mut begin = 0;
        for (at, character) in text.char_indices() {
            if !self.is_escaped(character) {
                continue;
            }
            self.out.push_str(&text[begin..at]);
            begin = at + character.len_utf8();
            self.escape(character);
        }
        self.out.push_str(&text[begin..]);
        self.out.push('"');
    }

    fn is_escaped(&self, character: char) -> bool {
        match character {
            '"' | '\\' | '\u{2028}' | '\u{2029}' => true,
            '<' | '>' | '&' => self.style.escape_html,
            other => other < ' ',
        }
    }

    fn escape(&mut self, character: char) {
        match character {
            '"' => self.out.push_str("\\\""),
            '\\' => self.out.push_str("\\\\"),
            '\u{8}' => self.out.push_str("\\b"),
            '\u{c}' => self.out.push_str("\\f"),
            '\n' => self.out.push_str("\\n"),
            '\r' => self.out.push_str("\\r"),
            '\t' => self.out.push_str("\\t"),
            other => self.out.push_str(&format!("\\u{:04x}", u32::from(other))),
        }
    }
}
