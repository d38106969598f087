//! The language of `--set` and its relatives.
//!
//! `a.b=1,c[0].d={x,y}`: names with dots, indexes in brackets, lists in braces, `\` before a character that means itself.
//! It follows Helm in what it does with texts that are not of the language, too: `a[0]` makes an empty list, and a text
//! that ends within a name is an error, one that ends before it is not.

use std::fmt;

use windlass_core::{Map, Result as CoreResult, Value};

use super::json;
use crate::template::HelmVersion;

const NAMES_MAX: usize = 30;
const INDEX_MAX: i64 = 65_536;
/// Lists directly inside one another.
const LISTS_MAX: usize = 64;
/// Items that indexes can make, together: a short text can ask for a long list.
const ITEMS_MAX: usize = 1_000_000;

/// What the right side of an assignment is.
#[derive(Clone, Copy)]
pub(super) enum Kind<'r> {
    /// Text, or what looks like a boolean, an integer or null.
    Typed,
    /// Text.
    Text,
    /// Text up to the end, without any escapes.
    Literal,
    /// JSON.
    Json,
    /// The path of a file.
    File(&'r dyn Fn(&str) -> CoreResult<Vec<u8>>),
}

/// Why an assignment ended.
pub(super) enum End {
    /// The text is at its end: all is done.
    Text,
    /// As [`End::Text`], but within an index; an error in Helm 3.
    Index,
    /// Something is wrong.
    Wrong(String),
}

/// Assignments under way.
pub(super) struct Assignments<'t> {
    text: &'t str,
    at: usize,
    kind: Kind<'t>,
    items: usize,
}

type Step<T> = Result<T, End>;

fn wrong<T>(message: impl Into<String>) -> Step<T> {
    Err(End::Wrong(message.into()))
}

impl<'t> Assignments<'t> {
    pub(super) fn new(text: &'t str, kind: Kind<'t>) -> Self {
        Self { text, at: 0, kind, items: 0 }
    }

    /// Carries out all assignments, over what `values` holds already.
    pub(super) fn carry_out(mut self, values: &mut Map, version: HelmVersion) -> Result<(), String> {
        loop {
            match self.key(values, 0) {
                Ok(()) => {}
                Err(End::Index) if version == HelmVersion::V3 => {
                    return Err("error parsing index: EOF".into());
                }
                Err(End::Text | End::Index) => return Ok(()),
                Err(End::Wrong(message)) => return Err(message),
            }
        }
    }

    /// Reads a name and what belongs to it, and sets it in `values`.
    fn key(&mut self, values: &mut Map, names: usize) -> Step<()> {
        let stops = if self.is_literal() { "=[." } else { "=[,." };
        let (name, stop) = self.until(stops);
        match stop {
            None if name.is_empty() => Err(End::Text),
            None => wrong(format!("key {name:?} has no value")),
            Some('[') => self.indexed(values, &name, names),
            Some('=') => self.value(values, &name),
            Some(',') => wrong(format!("key {name:?} has no value (cannot end with ,)")),
            Some(_) => self.nested(values, &name, names + 1),
        }
    }

    fn indexed(&mut self, values: &mut Map, name: &str, names: usize) -> Step<()> {
        let index = self.index()?;
        let list = match values.get_mut(name).map(std::mem::take) {
            None => Vec::new(),
            Some(Value::List(items)) => items,
            Some(other) => return wrong(conversion(&other, "[]interface {}")),
        };
        let (list, end) = self.item(list, index, names, 0);
        set(values, name, Value::List(list));
        end
    }

    fn nested(&mut self, values: &mut Map, name: &str, names: usize) -> Step<()> {
        if names > NAMES_MAX {
            return wrong(format!(
                "value name nested level is greater than maximum supported nested level of {NAMES_MAX}"
            ));
        }
        let was_there = values.contains(name);
        let mut inner = match values.get_mut(name).map(std::mem::take) {
            None => Map::new(),
            Some(Value::Map(map)) => map,
            Some(other) => return wrong(conversion(&other, "map[string]interface {}")),
        };
        let end = self.key(&mut inner, names);
        if inner.is_empty() && end.is_ok() {
            return wrong(format!("key map {name:?} has no value"));
        }
        if was_there || !inner.is_empty() {
            set(values, name, Value::Map(inner));
        }
        end
    }

    /// Reads the right side of an assignment to a name.
    fn value(&mut self, values: &mut Map, name: &str) -> Step<()> {
        if !self.is_literal() && !matches!(self.kind, Kind::Json) && self.rest().is_empty() {
            set(values, name, "".into());
            return Err(End::Text);
        }
        let value = self.right_side()?;
        set(values, name, value);
        Ok(())
    }

    fn right_side(&mut self) -> Step<Value> {
        match self.kind {
            Kind::Json => self.json(),
            Kind::Literal => {
                let value = self.rest().into();
                self.at = self.text.len();
                Ok(value)
            }
            _ if self.rest().is_empty() => Ok("".into()),
            _ if self.rest().starts_with('{') => self.list(),
            _ => {
                let (text, _) = self.until(",");
                self.scalar(&text)
            }
        }
    }

    fn list(&mut self) -> Step<Value> {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            let (text, stop) = self.until(",}");
            if stop.is_none() {
                return wrong("list must terminate with '}'");
            }
            items.push(self.scalar(&text)?);
            if stop == Some('}') {
                self.at += usize::from(self.rest().starts_with(','));
                return Ok(items.into());
            }
        }
    }

    fn scalar(&self, text: &str) -> Step<Value> {
        match self.kind {
            Kind::Typed => Ok(typed(text)),
            Kind::File(read) => match read(text) {
                Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned().into()),
                Err(error) => wrong(error.to_string()),
            },
            _ => Ok(text.into()),
        }
    }

    fn json(&mut self) -> Step<Value> {
        if self.blank() {
            return Ok(Value::Null);
        }
        let Some((value, end)) = json::first(self.rest()) else { return wrong("invalid JSON") };
        self.at += end;
        self.blank();
        Ok(value)
    }

    /// Passes over white space and a comma. Says whether there is nothing else before the next assignment.
    fn blank(&mut self) -> bool {
        let rest = self.rest();
        let after = rest.trim_start();
        self.at += rest.len() - after.len() + usize::from(after.starts_with(','));
        after.is_empty() || after.starts_with(',')
    }

    fn index(&mut self) -> Step<i64> {
        let (text, stop) = self.until("]");
        if stop.is_none() {
            return Err(End::Index);
        }
        let wrong_index = || format!("error parsing index: strconv.Atoi: parsing {text:?}: invalid syntax");
        text.parse().map_err(|_| End::Wrong(wrong_index()))
    }

    /// Reads what follows an index and sets it in the list. The list comes back also where something went wrong: Helm
    /// keeps what was set until a text ended.
    fn item(
        &mut self,
        mut list: Vec<Value>,
        index: i64,
        names: usize,
        lists: usize,
    ) -> (Vec<Value>, Step<()>) {
        let Ok(at) = usize::try_from(index) else {
            return (list, wrong(format!("negative {index} index not allowed")));
        };
        let (text, stop) = self.until("[.=");
        if !text.is_empty() {
            let runes: Vec<String> = text.chars().map(|c| format!("{c:?}")).collect();
            return (list, wrong(format!("unexpected data at end of array index: [{}]", runes.join(" "))));
        }
        let found = match stop {
            None => Err(End::Text),
            Some('=') => self.right_side(),
            Some('[') => self.inner_list(&mut list, at, names, lists + 1),
            Some(_) => self.inner_map(&mut list, at, names),
        };
        let end = found.and_then(|value| self.set_item(&mut list, index, at, value));
        (list, end)
    }

    fn inner_list(&mut self, list: &mut [Value], at: usize, names: usize, lists: usize) -> Step<Value> {
        if lists > LISTS_MAX {
            return wrong(format!("lists lie deeper inside one another than {LISTS_MAX}"));
        }
        let index = self.index()?;
        let inner = match list.get_mut(at).map(std::mem::take) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::List(items)) => items,
            Some(other) => return wrong(conversion(&other, "[]interface {}")),
        };
        let (inner, end) = self.item(inner, index, names, lists);
        end.map(|()| Value::List(inner))
    }

    fn inner_map(&mut self, list: &mut [Value], at: usize, names: usize) -> Step<Value> {
        let mut inner = match list.get_mut(at).map(std::mem::take) {
            Some(Value::Map(map)) => map,
            _ => Map::new(),
        };
        let end = self.key(&mut inner, names);
        if let (Err(_), Some(slot)) = (&end, list.get_mut(at)) {
            *slot = Value::Map(std::mem::take(&mut inner));
        }
        end.map(|()| Value::Map(inner))
    }

    fn set_item(&mut self, list: &mut Vec<Value>, index: i64, at: usize, value: Value) -> Step<()> {
        if index > INDEX_MAX {
            return wrong(format!("index of {index} is greater than maximum supported index of {INDEX_MAX}"));
        }
        if list.len() <= at {
            self.items += at + 1 - list.len();
            if self.items > ITEMS_MAX {
                return wrong(format!("indexes make more than {ITEMS_MAX} items"));
            }
            list.resize(at + 1, Value::Null);
        }
        list[at] = value;
        Ok(())
    }

    /// Reads up to one of the characters, and passes over it. `None` where the text ends first.
    fn until(&mut self, stops: &str) -> (String, Option<char>) {
        let mut out = String::new();
        let mut chars = self.text[self.at..].char_indices();
        while let Some((offset, c)) = chars.next() {
            if stops.contains(c) {
                self.at += offset + c.len_utf8();
                return (out, Some(c));
            }
            match c {
                '\\' if !self.is_literal() => out.extend(chars.next().map(|(_, escaped)| escaped)),
                c => out.push(c),
            }
        }
        self.at = self.text.len();
        (out, None)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn is_literal(&self) -> bool {
        matches!(self.kind, Kind::Literal)
    }
}

/// Sets a value; one without a name is lost.
fn set(values: &mut Map, name: &str, value: Value) {
    if !name.is_empty() {
        values.insert(name, value);
    }
}

fn typed(text: &str) -> Value {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("false") {
        return Value::Bool(is("true"));
    }
    if is("null") {
        return Value::Null;
    }
    if text == "0" {
        return Value::Int(0);
    }
    let number = if text.starts_with('0') { None } else { text.parse().ok() };
    number.map_or_else(|| text.into(), Value::Int)
}

/// What Go says where a value has another type than a name or an index needs.
fn conversion(value: &Value, wanted: &str) -> String {
    let have = match value {
        Value::Null => "nil",
        Value::Bool(_) => "bool",
        Value::Int(_) => "int64",
        Value::Float(_) => "float64",
        Value::Text(_) => "string",
        Value::List(_) => "[]interface {}",
        Value::Map(_) => "map[string]interface {}",
    };
    format!("unable to parse key: interface conversion: interface {{}} is {have}, not {wanted}")
}

impl fmt::Debug for Assignments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Assignments(at {})", self.at)
    }
}
