//! JSON by its own rules, where something is wrong with the line.

mod leaves;
mod wrong;

use windlass_core::{Error, Map, Text, Value};

use crate::text::Cursor;
use crate::yaml::{Begin, Keys, Parsed};
use crate::{Format, Options, Rules};
use wrong::{What, Wrong};

/// Reads one value after the other.
pub(crate) struct JsonReader<'t> {
    text: &'t str,
    at: usize,
    index: u32,
    /// Where lines were counted up to, so that they are counted once.
    counted: Cursor,
    keys: Keys,
    items: Vec<Value>,
    fields: Vec<(Text, Value, usize)>,
    twice: Vec<Wrong>,
    problems_max: usize,
    documents_max: usize,
    depth_max: usize,
    /// Lines of three dashes between values are passed over.
    takes_separators: bool,
    /// Such a line ended the reading.
    at_separator: bool,
}

/// What is between two documents of YAML.
const SEPARATOR: &str = "---";

/// Says whether a text begins as a JSON object does.
pub(crate) fn looks_like_json(text: &str) -> bool {
    let inside = text.trim_start().strip_prefix('{').map(str::trim_start);
    inside.is_some_and(|inside| inside.starts_with(['"', '}']))
}

impl<'t> JsonReader<'t> {
    pub(crate) fn new(text: &'t str, options: &Options) -> Self {
        Self {
            text,
            at: 0,
            index: 0,
            counted: Cursor::default(),
            keys: Keys::default(),
            items: Vec::new(),
            fields: Vec::new(),
            twice: Vec::new(),
            problems_max: options.problems_max,
            documents_max: options.documents_max,
            depth_max: options.depth_max(),
            takes_separators: options.format == Format::Json,
            at_separator: false,
        }
    }

    /// Says whether what follows the values that were read is another document of YAML.
    pub(crate) const fn is_at_separator(&self) -> bool {
        self.at_separator
    }

    /// Gives the next value, or what is wrong with it; `None` at the end. Nothing can be read after a mistake, except
    /// after a key that appears twice.
    pub(crate) fn document(&mut self) -> Option<Result<Parsed, Error>> {
        self.skip_between();
        self.at_separator = self.separates();
        if self.at >= self.text.len() || self.at_separator {
            return None;
        }
        self.index = self.index.saturating_add(1);
        let begin = self.counted.forward(self.text, self.at);
        let value = self.value(0);
        let mut problems = std::mem::take(&mut self.twice);
        let value = value.unwrap_or_else(|wrong| {
            self.at = self.text.len();
            problems.push(wrong);
            Value::Null
        });
        Some(match Error::all(wrong::explained(self.text, begin, problems)) {
            Some(error) => Err(error.with_each("document", self.index)),
            None => {
                let line = begin.line();
                let begin = Begin {
                    offset: begin.at(),
                    end: self.at,
                    line,
                    column: begin.column() - 1,
                    rules: Rules::V2,
                };
                Ok(Parsed { value, index: self.index, line, begin })
            }
        })
    }

    /// Skips what stands between two values.
    fn skip_between(&mut self) {
        self.skip_space();
        while self.takes_separators && self.separates() {
            self.at += SEPARATOR.len();
            self.skip_space();
        }
    }

    /// Says whether a line of three dashes is at hand.
    fn separates(&self) -> bool {
        let Some(rest) = self.text[self.at..].strip_prefix(SEPARATOR) else { return false };
        let starts_line = self.text[..self.at].ends_with('\n') || self.at == 0;
        starts_line && rest.chars().next().is_none_or(char::is_whitespace)
    }

    fn value(&mut self, depth: usize) -> Result<Value, Wrong> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(|text| Value::from(&*text)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(b'/' | b'#') => Err(self.wrong("JSON has no comments")),
            Some(b'\'') => Err(self.wrong("JSON takes double quotes only")),
            Some(_) => Err(self.wrong("expected a JSON value")),
            None => Err(self.wrong("the JSON ends too early")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Value, Wrong> {
        let base = self.items.len();
        self.open(depth)?;
        while !self.closes(b']', self.items.len() > base)? {
            let item = self.value(depth + 1)?;
            self.items.push(item);
        }
        Ok(Value::List(self.items.drain(base..).collect()))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Wrong> {
        let base = self.fields.len();
        self.open(depth)?;
        while !self.closes(b'}', self.fields.len() > base)? {
            let begin = self.at;
            let key = self.key()?;
            let key = self.keys.share(&key);
            let value = self.value(depth + 1)?;
            self.fields.push((key, value, begin));
        }
        Ok(self.close_map(base))
    }

    /// Reads a key and the colon behind it.
    fn key(&mut self) -> Result<std::borrow::Cow<'t, str>, Wrong> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("expected a key in double quotes"));
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.wrong("expected ':' after a key"));
        }
        self.at += 1;
        Ok(key)
    }

    fn close_map(&mut self, base: usize) -> Value {
        self.fields[base..].sort_by(|a, b| a.0.cmp(&b.0));
        for pair in base + 1..self.fields.len() {
            let (first, again) = (&self.fields[pair - 1], &self.fields[pair]);
            if first.0 == again.0 && self.twice.len() < self.problems_max {
                let what = What::Twice { key: first.0.clone(), first: first.2 };
                self.twice.push(Wrong { at: again.2, what });
            }
        }
        let map: Map = self.fields.drain(base..).map(|(key, value, _)| (key, value)).collect();
        Value::Map(map)
    }

    /// Steps over the bracket at hand.
    fn open(&mut self, depth: usize) -> Result<(), Wrong> {
        if depth >= self.depth_max {
            return Err(Wrong { at: self.at, what: What::TooDeep { max: self.depth_max } });
        }
        self.at += 1;
        Ok(())
    }

    /// Steps over the closing bracket, or over the comma before the next item.
    fn closes(&mut self, bracket: u8, not_first: bool) -> Result<bool, Wrong> {
        self.skip_space();
        if self.peek() == Some(bracket) {
            self.at += 1;
            return Ok(true);
        }
        if !not_first {
            return Ok(false);
        }
        if self.peek() != Some(b',') {
            return Err(self.wrong(if bracket == b']' {
                "expected ',' or ']'"
            } else {
                "expected ',' or '}'"
            }));
        }
        let comma = self.at;
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(bracket) {
            let message = format!("a comma before '{}'", char::from(bracket));
            let help = "JSON takes no comma after the last item";
            return Err(Wrong { at: comma, what: What::Syntax { message: message.into(), help } });
        }
        Ok(false)
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, Wrong> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.wrong("expected a JSON value"))
    }

    fn number(&mut self) -> Result<Value, Wrong> {
        let rest = &self.text[self.at..];
        let end =
            rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let text = &rest[..end];
        let value = if is_number(text) { to_number(text) } else { None };
        let value = value.ok_or_else(|| self.wrong("not a JSON number that fits 64 bits"))?;
        self.at += end;
        Ok(value)
    }

    fn string(&mut self) -> Result<std::borrow::Cow<'t, str>, Wrong> {
        let begin = self.at + 1;
        let rest = &self.text[begin..];
        let end = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').ok_or_else(|| self.unclosed())?;
        if rest.as_bytes()[end] == b'"' {
            self.at = begin + end + 1;
            return Ok(rest[..end].into());
        }
        let mut text = rest[..end].to_owned();
        self.at = begin + end;
        self.rest_of_string(begin - 1, &mut text)?;
        Ok(text.into())
    }

    /// Reads on from the first escape.
    fn rest_of_string(&mut self, begin: usize, text: &mut String) -> Result<(), Wrong> {
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find(|c: char| c == '"' || c == '\\' || c < ' ') else {
                self.at = begin;
                return Err(self.unclosed());
            };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            match rest.as_bytes()[end] {
                b'"' => return Ok(()),
                b'\\' => text.push(self.escape()?),
                _ => {
                    self.at -= 1;
                    let help = "write it as an escape, such as \\n";
                    return Err(self.wrong_with("a control character in a text", help));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, Wrong> {
        let found = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("unknown escape")),
        };
        self.at += 1;
        Ok(found)
    }

    /// Half a surrogate pair becomes U+FFFD, as in Go.
    fn unicode(&mut self) -> Result<char, Wrong> {
        let first = self.hex()?;
        if (0xd800..0xdc00).contains(&first) && self.text[self.at..].starts_with("\\u") {
            let back = self.at;
            self.at += 1;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                let joined = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Reads `u` and four hexadecimal digits.
    fn hex(&mut self) -> Result<u32, Wrong> {
        let digits = self.text.get(self.at + 1..self.at + 5);
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let number = number.ok_or_else(|| self.wrong("\\u takes four hexadecimal digits"))?;
        self.at += 5;
        Ok(number)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let space = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += space.unwrap_or(rest.len());
    }

    fn unclosed(&self) -> Wrong {
        self.wrong_with("a text is not closed", "add the closing quote")
    }

    fn wrong(&self, message: &'static str) -> Wrong {
        self.wrong_with(message, "")
    }

    fn wrong_with(&self, message: &'static str, help: &'static str) -> Wrong {
        Wrong { at: self.at, what: What::Syntax { message: message.into(), help } }
    }
}

/// The grammar of RFC 8259: `-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?`.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent)))
}

fn to_number(text: &str) -> Option<Value> {
    match text.parse() {
        Ok(number) => Some(Value::Int(number)),
        Err(_) => text.parse().ok().and_then(Value::float),
    }
}
