//! Reads JSON as Go's encoding/json, with its errors.

use crate::template::{List, Map, Value, number::parse_float, quote::quote, runes::decode, text::lossy};

/// How deep arrays and objects may nest: Go allows 10,000, which needs more stack than a render has.
const DEPTH_MAX: usize = 400;

/// What Go decodes into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    /// `interface {}`.
    Any,
    /// `map[string]interface {}`.
    Map,
    /// `[]interface {}`.
    List,
}

/// A decoded value, and the text of the error that Go reports after decoding what it can.
pub(super) struct Decoded {
    pub(super) value: Value,
    pub(super) error: Option<String>,
}

/// Go's `json.Unmarshal`; `Err` where the text is no JSON, so that nothing is decoded.
pub(super) fn read(text: &[u8], target: Target) -> Result<Decoded, String> {
    let mut reader = Reader { text, at: 0, depth: 0, error: None };
    let value = reader.document()?;
    let error = reader.error;
    let wrong = |what: &str| {
        let into = if target == Target::Map { "map[string]interface {}" } else { "[]interface {}" };
        Some(format!("json: cannot unmarshal {what} into Go value of type {into}"))
    };
    let error = match (target, &value) {
        (Target::Any, _)
        | (Target::Map, Value::Map(_))
        | (Target::List, Value::List(_))
        | (_, Value::Null) => error,
        (_, Value::Map(_)) => wrong("object"),
        (_, Value::List(_)) => wrong("array"),
        (_, Value::Text(_)) => wrong("string"),
        (_, Value::Bool(_)) => wrong("bool"),
        _ => wrong("number"),
    };
    Ok(Decoded { value, error })
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    error: Option<String>,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn document(&mut self) -> Read<Value> {
        let value = self.value("looking for beginning of value")?;
        self.spaces();
        match self.peek() {
            None => Ok(value),
            Some(_) => self.invalid("after top-level value"),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn invalid<T>(&self, context: &str) -> Read<T> {
        let Some(byte) = self.peek() else {
            return Err("unexpected end of JSON input".into());
        };
        let shown = match byte {
            b'\'' => "'\\''".to_string(),
            b'"' => "'\"'".to_string(),
            _ => {
                let text = char::from(byte).to_string();
                let quoted = quote(text.as_bytes());
                format!("'{}'", &quoted[1..quoted.len() - 1])
            }
        };
        Err(format!("invalid character {shown} {context}"))
    }

    /// As [`Self::invalid`], where a space would be wrong too: at the end of the text Go looks at one.
    fn unfinished<T>(&self, context: &str) -> Read<T> {
        if self.peek().is_none() {
            return Err(format!("invalid character ' ' {context}"));
        }
        self.invalid(context)
    }

    fn value(&mut self, context: &str) -> Read<Value> {
        self.spaces();
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => Ok(Value::from(self.string()?)),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => self.invalid(context),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Read<Value>) -> Read<Value> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("exceeded max depth".into());
        }
        self.at += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn object(&mut self) -> Read<Value> {
        let map = Map::new();
        self.spaces();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(map.into());
        }
        loop {
            self.spaces();
            if self.peek() != Some(b'"') {
                return self.invalid("looking for beginning of object key string");
            }
            let key = self.string()?;
            self.spaces();
            if self.peek() != Some(b':') {
                return self.invalid("after object key");
            }
            self.at += 1;
            let value = self.value("looking for beginning of value")?;
            map.set(key, value);
            self.spaces();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(map.into());
                }
                _ => return self.invalid("after object key:value pair"),
            }
        }
    }

    fn array(&mut self) -> Read<Value> {
        let mut items = Vec::new();
        self.spaces();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(List::new(items).into());
        }
        loop {
            items.push(self.value("looking for beginning of value")?);
            self.spaces();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    let capacity = items.len().next_power_of_two();
                    return Ok(List::with_capacity(items, capacity).into());
                }
                _ => return self.invalid("after array element"),
            }
        }
    }

    fn word(&mut self, word: &str, value: Value) -> Read<Value> {
        for (index, byte) in word.bytes().enumerate() {
            if self.peek() != Some(byte) {
                let expected = byte as char;
                debug_assert!(index > 0, "the first letter chose the word");
                return self.unfinished(&format!("in literal {word} (expecting '{expected}')"));
            }
            self.at += 1;
        }
        Ok(value)
    }

    fn digits(&mut self, context: &str) -> Read<()> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return self.unfinished(context);
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Read<Value> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = lossy(&self.text[start..self.at]).into_owned();
        match parse_float(&text) {
            Some(number) => Ok(Value::Float(number)),
            None => {
                let problem = format!("json: cannot unmarshal number {text} into Go value of type float64");
                self.error.get_or_insert(problem);
                Ok(Value::Null)
            }
        }
    }

    fn string(&mut self) -> Read<Vec<u8>> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape(&mut out)?;
                }
                Some(0..=0x1f) => return self.invalid("in string literal"),
                None => return Err("unexpected end of JSON input".into()),
                Some(_) => {
                    let (rune, width) =
                        decode(&self.text[self.at..]).unwrap_or((char::REPLACEMENT_CHARACTER, 1));
                    out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
                    self.at += width;
                }
            }
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Read<()> {
        let byte = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode(out);
            }
            _ => return self.unfinished("in string escape code"),
        };
        self.at += 1;
        out.push(byte);
        Ok(())
    }

    fn unicode(&mut self, out: &mut Vec<u8>) -> Read<()> {
        let first = self.hex()?;
        let mut rune = char::from_u32(first);
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with(b"\\u") {
            let back = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                rune = char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            } else {
                self.at = back;
            }
        }
        let rune = rune.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(rune.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn hex(&mut self) -> Read<u32> {
        let mut number = 0;
        for _ in 0..4 {
            let Some(digit) = self.peek().and_then(|byte| (byte as char).to_digit(16)) else {
                return self.unfinished("in \\u hexadecimal character escape");
            };
            number = number * 16 + digit;
            self.at += 1;
        }
        Ok(number)
    }
}
