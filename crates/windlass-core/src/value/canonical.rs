//! The canonical text of a value: the one place that says what digests are made from.

use super::Value;

impl Value {
    /// Writes the canonical text: JSON without white space, keys in byte order, `"` `\` and control characters escaped
    /// (`\b \f \n \r \t`, else `\u00xx`), everything else as UTF-8; integers in decimal; floats with the fewest digits
    /// that read back to the same bits, in plain notation with a `.` from 1e-4 up to below 1e16, else as `1.5e300`, so
    /// that `1` and `1.0` differ.
    ///
    /// Two finite values are equal exactly when their canonical texts are (`0.0` and `-0.0` excepted, which are equal
    /// values with two texts). The text is valid JSON, in which a float that is not finite is `null`.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut out = String::with_capacity(256);
        write_value(self, &mut out);
        out
    }
}

fn write_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Int(number) => out.push_str(&number.to_string()),
        Value::Float(number) => write_float(*number, out),
        Value::Text(text) => write_text(text, out),
        Value::List(items) => write_list(items, out),
        Value::Map(map) => write_map(map, out),
    }
}

fn write_list(items: &[Value], out: &mut String) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_value(item, out);
    }
    out.push(']');
}

fn write_map(map: &super::Map, out: &mut String) {
    out.push('{');
    for (at, (key, value)) in map.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_text(key, out);
        out.push(':');
        write_value(value, out);
    }
    out.push('}');
}

/// `{:?}` of a finite float is the shortest text that reads back, and has a `.` or an `e`.
fn write_float(number: f64, out: &mut String) {
    if number.is_finite() {
        out.push_str(&format!("{number:?}"));
    } else {
        out.push_str("null");
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    // One look over all of it, without a way out in between, is what processors do many bytes of at once.
    if !text.bytes().fold(false, |any, byte| any | (byte < b' ') | (byte == b'"') | (byte == b'\\')) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: impl Into<Value>, expected: &str) {
        assert_eq!(value.into().canonical(), expected);
    }

    #[test]
    fn whole_floats_are_spelled_unlike_integers() {
        check(Value::Int(1), "1");
        check(Value::Float(1.0), "1.0");
        check(Value::Float(1e300), "1e300");
        check(Value::Float(100_000.0), "100000.0");
        check(Value::Float(1e16), "1e16");
        check(Value::Float(9_999_999_999_999_998.0), "9999999999999998.0");
        check(Value::Float(0.00001), "1e-5");
        check(Value::Float(0.0001), "0.0001");
    }

    #[test]
    fn control_characters_are_escaped_and_the_rest_is_utf8() {
        check("a\"\\\n\u{1}é", "\"a\\\"\\\\\\n\\u0001é\"");
    }

    #[test]
    fn keys_are_in_byte_order() {
        check(
            Value::from_iter([("b", Value::Null), ("a", Value::List(vec![])), ("B", true.into())]),
            r#"{"B":true,"a":[],"b":null}"#,
        );
    }
}
