//! Reads TOML with the values that BurntSushi/toml 1.6 gives.

use std::{collections::HashSet, rc::Rc};

use super::toml_scalar;
use crate::template::{List, Map, Value, quote::quote};

/// How deep arrays and tables may nest.
const DEPTH_MAX: usize = 200;

/// Reads a text to a map; the error is in the words of the Go library.
pub(super) fn read(text: &str) -> Result<Map, String> {
    let mut reader = Reader {
        text,
        at: 0,
        key: Vec::new(),
        root: Map::new(),
        table: Vec::new(),
        defined: HashSet::new(),
        depth: 0,
    };
    match reader.document() {
        Ok(()) => Ok(reader.root),
        Err(problem) => {
            let line = 1 + reader.text[..reader.at.min(text.len())].matches('\n').count();
            let key = if reader.key.is_empty() {
                String::new()
            } else {
                format!(" (last key {})", quote(reader.key.join(".").as_bytes()))
            };
            Err(format!("toml: line {line}{key}: {problem}"))
        }
    }
}

pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    key: Vec<String>,
    root: Map,
    /// The path of the table that pairs go to.
    table: Vec<String>,
    /// Tables that a header named, and keys whose value is complete.
    defined: HashSet<Vec<String>>,
    depth: usize,
}

pub(super) type Read<T> = Result<T, String>;

impl Reader<'_> {
    pub(super) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        self.at += if found { prefix.len() } else { 0 };
        found
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn comment(&mut self) -> Read<()> {
        if self.peek() != Some('#') {
            return Ok(());
        }
        let end = self.rest().find('\n').unwrap_or(self.rest().len());
        let control = |c: char| (c < ' ' && c != '\t' && c != '\r') || c == '\x7f';
        if self.rest()[..end].contains(control) {
            return Err("control characters are not allowed in comments".into());
        }
        self.at += end;
        Ok(())
    }

    /// Spaces, line breaks and comments.
    fn gap(&mut self) -> Read<()> {
        loop {
            let before = self.at;
            self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
            self.comment()?;
            if self.at == before {
                return Ok(());
            }
        }
    }

    fn document(&mut self) -> Read<()> {
        loop {
            self.gap()?;
            match self.peek() {
                None => return Ok(()),
                Some('[') => self.header()?,
                Some(_) => self.pair()?,
            }
            self.line_end()?;
        }
    }

    fn line_end(&mut self) -> Read<()> {
        self.blanks();
        self.comment()?;
        match self.peek() {
            None => Ok(()),
            Some('\n') => Ok(()),
            Some('\r') if self.rest().starts_with("\r\n") => Ok(()),
            Some(c) => Err(format!(
                "expected a top-level item to end with a newline, comment, or EOF, but got {} instead",
                shown(c)
            )),
        }
    }

    fn header(&mut self) -> Read<()> {
        let array = self.take("[[");
        if !array {
            self.at += 1;
        }
        self.blanks();
        match self.peek() {
            Some(']') | None => {
                return Err("unexpected end of table name (table names cannot be empty)".into());
            }
            Some('.') => return Err("unexpected table separator (table names cannot be empty)".into()),
            _ => {}
        }
        let path = self.path()?;
        let close = if array { "]]" } else { "]" };
        if !self.take(close) {
            let got = self.peek().map_or("'\\x00'".into(), shown);
            return Err(format!("expected '.' or ']' to end table name, but got {got} instead"));
        }
        self.key.clone_from(&path);
        if array {
            self.add_array_table(&path)?
        } else {
            self.add_table(&path)?
        }
        self.table = path;
        Ok(())
    }

    fn add_table(&mut self, path: &[String]) -> Read<()> {
        if !self.defined.insert(path.to_vec()) {
            return Err(format!("Key '{}' has already been defined.", path.join(".")));
        }
        self.open(path).map(|_| ())
    }

    fn add_array_table(&mut self, path: &[String]) -> Read<()> {
        let Some((last, outer)) = path.split_last() else {
            return Ok(());
        };
        let parent = self.open(outer)?;
        let mut items = match parent.get(last) {
            None => Vec::new(),
            Some(Value::List(list)) if !self.defined.contains(path) => list.items(),
            Some(_) => {
                return Err(format!(
                    "Key '{}' was already created and cannot be used as an array.",
                    path.join(".")
                ));
            }
        };
        items.push(Map::new().into());
        // What was defined inside the table before is free again in the new one.
        self.defined.retain(|other| !(other.len() > path.len() && other.starts_with(path)));
        parent.set(last.as_str(), List::new(items).into());
        Ok(())
    }

    /// The map at a path, made where it is missing; of an array of tables, the last.
    fn open(&self, path: &[String]) -> Read<Map> {
        let mut map = self.root.clone();
        for (index, part) in path.iter().enumerate() {
            let next = match map.get(part) {
                None => {
                    let next = Map::new();
                    map.set(part.as_str(), next.clone().into());
                    next
                }
                Some(Value::Map(next)) if !self.is_closed(&path[..=index]) => next,
                Some(Value::List(list)) if !self.is_closed(&path[..=index]) => match list.items().pop() {
                    Some(Value::Map(next)) => next,
                    _ => {
                        return Err(format!("{} is not a table", quote(path[..=index].join(".").as_bytes())));
                    }
                },
                Some(_) => {
                    return Err(format!("Key '{}' has already been defined.", path[..=index].join(".")));
                }
            };
            map = next;
        }
        Ok(map)
    }

    /// Whether the value at a path was written as one, so that nothing may be added.
    fn is_closed(&self, path: &[String]) -> bool {
        let mut marked = path.to_vec();
        marked.push(String::new());
        self.defined.contains(&marked)
    }

    fn close(&mut self, path: &[String]) {
        let mut marked = path.to_vec();
        marked.push(String::new());
        self.defined.insert(marked);
    }

    fn pair(&mut self) -> Read<()> {
        let path = self.path()?;
        let whole: Vec<String> = self.table.iter().chain(&path).cloned().collect();
        self.equals()?;
        self.key.clone_from(&whole);
        self.blanks();
        let value = self.value()?;
        let Some((last, outer)) = whole.split_last() else {
            return Ok(());
        };
        let parent = self.open(outer)?;
        if parent.contains(last) {
            return Err(format!("Key '{}' has already been defined.", whole.join(".")));
        }
        if matches!(value, Value::Map(_) | Value::List(_)) {
            self.close(&whole);
        }
        parent.set(last.as_str(), value);
        self.key.clone_from(&self.table);
        Ok(())
    }

    fn value_of_pair(&mut self) -> Read<Value> {
        self.equals()?;
        self.blanks();
        self.value()
    }

    fn equals(&mut self) -> Read<()> {
        self.blanks();
        match self.peek() {
            Some('=') => {
                self.at += 1;
                Ok(())
            }
            None => Err("unexpected EOF; expected key separator '='".into()),
            Some(c) => Err(format!("expected '.' or '=', but got {} instead", shown(c))),
        }
    }

    /// A key, with its dots.
    fn path(&mut self) -> Read<Vec<String>> {
        let mut path = vec![self.key_part()?];
        loop {
            self.blanks();
            if !self.take(".") {
                return Ok(path);
            }
            self.blanks();
            if matches!(self.peek(), None | Some('=')) {
                return Err("unexpected '='".into());
            }
            path.push(self.key_part()?);
        }
    }

    fn key_part(&mut self) -> Read<String> {
        match self.peek() {
            None => Err("unexpected EOF; expected key separator '='".into()),
            Some('=') => Err("unexpected '=': key name appears blank".into()),
            Some('.') => Err("unexpected '.': keys cannot start with a '.'".into()),
            Some('"') => {
                self.at += 1;
                self.basic_string()
            }
            Some('\'') => {
                self.at += 1;
                self.literal_string()
            }
            Some(_) => {
                let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                let end = self.rest().find(|c| !bare(c)).unwrap_or(self.rest().len());
                if end == 0 {
                    let got = self.peek().map_or("EOF".into(), shown);
                    return Err(format!("expected '.' or '=', but got {got} instead"));
                }
                let part = self.rest()[..end].to_string();
                self.at += end;
                Ok(part)
            }
        }
    }

    fn value(&mut self) -> Read<Value> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("nested too deep".into());
        }
        let value = match self.peek() {
            None => Err("unexpected EOF; expected value".into()),
            Some('[') => self.array(),
            Some('{') => self.inline_table(),
            Some('"') => self.string('"').map(Value::from),
            Some('\'') => self.string('\'').map(Value::from),
            Some('.') => Err("floats must start with a digit, not '.'".into()),
            Some(c) => match toml_scalar::token(self.rest()) {
                0 => Err(format!("expected value but found {} instead", shown(c))),
                length => {
                    let token = &self.text[self.at..self.at + length];
                    let value = toml_scalar::read(token)?;
                    self.at += length;
                    Ok(value)
                }
            },
        };
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Read<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.gap()?;
            match self.peek() {
                Some(']') => break,
                Some(',') => return Err("unexpected comma".into()),
                _ => items.push(self.value()?),
            }
            self.gap()?;
            match self.peek() {
                Some(',') => self.at += 1,
                Some(']') => break,
                other => {
                    let got = other.map_or("EOF".into(), shown);
                    return Err(format!("expected a comma (',') or array terminator (']'), but got {got}"));
                }
            }
        }
        self.at += 1;
        let capacity = items.len().next_power_of_two();
        // The library makes arrays of tables a list of maps, which templates see as any list.
        Ok(List::with_capacity(items, capacity).into())
    }

    fn inline_table(&mut self) -> Read<Value> {
        self.at += 1;
        let table = Map::new();
        let mut closed: HashSet<Vec<String>> = HashSet::new();
        loop {
            self.gap()?;
            match self.peek() {
                Some('}') => break,
                Some(',') => return Err("unexpected comma".into()),
                _ => {}
            }
            let path = self.path()?;
            let value = self.value_of_pair()?;
            put(&table, &path, value, &mut closed)?;
            self.gap()?;
            match self.peek() {
                Some(',') => self.at += 1,
                Some('}') => break,
                other => {
                    let got = other.map_or("EOF".into(), shown);
                    return Err(format!(
                        "expected a comma or an inline table terminator '}}', but got {got} instead"
                    ));
                }
            }
        }
        self.at += 1;
        Ok(table.into())
    }
}

/// Puts a value under a dotted key of an inline table.
fn put(table: &Map, path: &[String], value: Value, closed: &mut HashSet<Vec<String>>) -> Read<()> {
    let mut map = table.clone();
    for (index, part) in path.iter().enumerate() {
        let taken = || format!("Key '{}' has already been defined.", path[..=index].join("."));
        if index + 1 == path.len() {
            if map.contains(part) {
                return Err(taken());
            }
            closed.insert(path.to_vec());
            map.set(part.as_str(), value);
            return Ok(());
        }
        map = match map.get(part) {
            None => {
                let next = Map::new();
                map.set(part.as_str(), next.clone().into());
                next
            }
            Some(Value::Map(next)) if !closed.contains(&path[..=index]) => next,
            Some(_) => return Err(taken()),
        };
    }
    Ok(())
}

/// A rune as `%q` prints it.
pub(super) fn shown(c: char) -> String {
    crate::template::quote::quote_with(
        c.encode_utf8(&mut [0; 4]).as_bytes(),
        '\'',
        crate::template::quote::Keep::Printable,
    )
}

/// A moment as a value.
pub(super) fn of_time(time: crate::template::Time) -> Value {
    Value::Time(Rc::new(time))
}
