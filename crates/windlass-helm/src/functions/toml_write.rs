//! Writes TOML as BurntSushi/toml 1.6 does.

use std::cell::Cell;

use crate::template::{
    GoObject, Map, Shape, Value, duration,
    fmt::format_float,
    layout,
    text::lossy,
    value::{VALUE_DEPTH_MAX, VALUES_MAX},
};

/// Why a value cannot be written.
pub(super) enum Refused {
    /// The encoder says so.
    Encoder(String),
    /// Go panics, which no function of Helm catches.
    Panic(String),
}

type Done = Result<(), Refused>;

/// The text of a value as TOML.
pub(super) fn write(value: &Value) -> Result<String, Refused> {
    if value.is_nil() {
        return Err(Refused::Panic("reflect: call of reflect.Value.Type on zero Value".into()));
    }
    let mut writer = Writer { out: String::new(), depth: 0, seen: Cell::new(0) };
    writer.encode(&[], value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    depth: usize,
    /// How many values were looked at.
    seen: Cell<usize>,
}

fn refuse<T>(text: &str) -> Result<T, Refused> {
    Err(Refused::Encoder(text.into()))
}

/// What a value is for TOML.
enum Kind {
    Nothing,
    Table(Vec<(String, Value)>),
    Tables(Vec<Value>),
    Array(Vec<Value>),
    Other,
}

fn entries(map: &Map) -> Kind {
    if map.is_nil() {
        return Kind::Nothing;
    }
    Kind::Table(map.entries().into_iter().map(|(key, value)| (lossy(&key).into_owned(), value)).collect())
}

fn kind(value: &Value, depth: usize, seen: &Cell<usize>) -> Result<Kind, Refused> {
    seen.set(seen.get() + 1);
    if depth > VALUE_DEPTH_MAX || seen.get() > VALUES_MAX {
        return refuse("toml: nested too deep");
    }
    Ok(match value {
        Value::Nil | Value::Null => Kind::Nothing,
        Value::Map(map) => entries(map),
        Value::List(list) if list.is_nil() => Kind::Nothing,
        Value::List(list) => array(list.items(), depth, seen)?,
        Value::Bytes(bytes) => Kind::Array(bytes.iter().map(|byte| Value::Uint8(*byte)).collect()),
        Value::Complex(..) => return refuse("unsupported type: complex128"),
        Value::Object(object) if object.marshaled().is_none() => match object.shape() {
            Shape::Struct(fields) | Shape::Pointer(fields) => Kind::Table(flat(&**object, fields)),
            Shape::Map(_) if matches!(object.json(), Value::Null) => Kind::Nothing,
            Shape::Map(map) => entries(&map),
            Shape::List(list) => array(list.items(), depth, seen)?,
            Shape::Scalar(_) => Kind::Other,
        },
        _ => Kind::Other,
    })
}

/// The fields of a struct, with those of an embedded one among them.
fn flat(object: &dyn GoObject, fields: Vec<(&'static str, Value)>) -> Vec<(String, Value)> {
    let mut out = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        let inner = match &value {
            Value::Object(inner) if object.embedded() == Some(name) => inner.shape(),
            _ => Shape::Scalar(Value::Nil),
        };
        match inner {
            Shape::Struct(inner) => {
                out.extend(inner.into_iter().map(|(name, value)| (name.to_string(), value)));
            }
            _ => out.push((name.to_string(), value)),
        }
    }
    out
}

/// An array of tables if all items are tables; no item may be nil.
fn array(items: Vec<Value>, depth: usize, seen: &Cell<usize>) -> Result<Kind, Refused> {
    let mut all_tables = !items.is_empty();
    for item in &items {
        match kind(item, depth + 1, seen)? {
            Kind::Nothing => return refuse("toml: cannot encode array with nil element"),
            Kind::Table(_) => {}
            _ => all_tables = false,
        }
    }
    Ok(if all_tables { Kind::Tables(items) } else { Kind::Array(items) })
}

impl Writer {
    fn newline(&mut self) {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn indent(&mut self, key: &[String]) {
        self.out.extend(std::iter::repeat_n("  ", key.len().saturating_sub(1)));
    }

    fn encode(&mut self, key: &[String], value: &Value) -> Done {
        self.depth += 1;
        if self.depth > VALUE_DEPTH_MAX {
            return refuse("toml: nested too deep");
        }
        match kind(value, 0, &self.seen)? {
            Kind::Nothing => {}
            Kind::Table(fields) => self.table(key, fields)?,
            Kind::Tables(_) if key.is_empty() => {
                return refuse("toml: top-level values must be Go maps or structs");
            }
            Kind::Tables(items) => {
                for item in items {
                    self.newline();
                    self.header(key, "[[", "]]");
                    if let Kind::Table(fields) = kind(&item, 0, &self.seen)? {
                        self.fields(key, fields)?;
                    }
                }
            }
            Kind::Array(_) | Kind::Other => self.pair(key, value)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn header(&mut self, key: &[String], open: &str, close: &str) {
        self.indent(key);
        let path: Vec<String> = key.iter().map(|part| quoted_key(part)).collect();
        self.out.push_str(&format!("{open}{}{close}", path.join(".")));
        self.newline();
    }

    fn table(&mut self, key: &[String], fields: Vec<(String, Value)>) -> Done {
        if key.len() == 1 {
            self.newline();
        }
        if !key.is_empty() {
            self.header(key, "[", "]");
        }
        self.fields(key, fields)
    }

    /// The plain fields of a table, then those that are tables themselves.
    fn fields(&mut self, key: &[String], fields: Vec<(String, Value)>) -> Done {
        for (name, value) in in_order(fields, &self.seen)? {
            let mut path = key.to_vec();
            path.push(name);
            self.encode(&path, &value)?;
        }
        Ok(())
    }

    fn pair(&mut self, key: &[String], value: &Value) -> Done {
        let Some(name) = key.last() else {
            return self.element(value);
        };
        self.indent(key);
        self.out.push_str(&format!("{} = ", quoted_key(name)));
        self.element(value)?;
        self.newline();
        Ok(())
    }

    fn element(&mut self, value: &Value) -> Done {
        self.depth += 1;
        if self.depth > VALUE_DEPTH_MAX {
            return refuse("toml: nested too deep");
        }
        match kind(value, 0, &self.seen)? {
            Kind::Table(fields) => self.inline_table(fields)?,
            Kind::Tables(items) | Kind::Array(items) => {
                self.out.push('[');
                for (index, item) in items.iter().enumerate() {
                    self.out.push_str(if index > 0 { ", " } else { "" });
                    self.element(item)?;
                }
                self.out.push(']');
            }
            Kind::Nothing => {}
            Kind::Other => self.scalar(value),
        }
        self.depth -= 1;
        Ok(())
    }

    fn inline_table(&mut self, fields: Vec<(String, Value)>) -> Done {
        let fields = in_order(fields, &self.seen)?;
        let last = fields.len();
        self.out.push('{');
        for (index, (name, value)) in fields.iter().enumerate() {
            if matches!(kind(value, 0, &self.seen)?, Kind::Nothing) {
                continue;
            }
            self.out.push_str(&format!("{} = ", quoted_key(name)));
            self.element(value)?;
            if index + 1 < last {
                self.out.push_str(", ");
            }
        }
        self.out.push('}');
        Ok(())
    }

    fn scalar(&mut self, value: &Value) {
        let text = match value {
            Value::Bool(truth) => truth.to_string(),
            Value::Int(number) | Value::Int64(number) => number.to_string(),
            Value::Uint8(number) => number.to_string(),
            Value::Uint64(number) => number.to_string(),
            Value::Float(number) => float(*number),
            Value::Text(text) => quoted(&lossy(text)),
            Value::Duration(nanos) => quoted(&duration::show(*nanos)),
            Value::Time(time) => {
                let name = time.zone_name();
                let layout = match name.as_str() {
                    "datetime-local" => "2006-01-02T15:04:05.999999999",
                    "date-local" => "2006-01-02",
                    "time-local" => "15:04:05.999999999",
                    _ => "2006-01-02T15:04:05.999999999Z07:00",
                };
                layout::format(time, layout)
            }
            Value::Object(object) => match (object.marshaled(), object.shape()) {
                (_, Shape::Scalar(inner)) => return self.scalar(&inner),
                (Some(text), _) => quoted(&text),
                _ => String::new(),
            },
            _ => String::new(),
        };
        self.out.push_str(&text);
    }
}

/// Fields sorted by name, those that are tables behind the others.
fn in_order(fields: Vec<(String, Value)>, seen: &Cell<usize>) -> Result<Vec<(String, Value)>, Refused> {
    let (mut direct, mut tables) = (Vec::new(), Vec::new());
    for (name, value) in fields {
        match kind(&value, 0, seen)? {
            Kind::Table(_) | Kind::Tables(_) => tables.push((name, value)),
            _ => direct.push((name, value)),
        }
    }
    direct.append(&mut tables);
    Ok(direct)
}

fn float(number: f64) -> String {
    if number.is_nan() {
        return if number.is_sign_negative() { "-nan" } else { "nan" }.into();
    }
    if number.is_infinite() {
        return if number < 0.0 { "-inf" } else { "inf" }.into();
    }
    let text = format_float(number, 'g', None);
    if text.contains(['e', '.']) { text } else { text + ".0" }
}

fn quoted_key(key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !key.is_empty() && key.bytes().all(bare) { key.into() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x08' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\x0c' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\x1f' | '\x7f' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}
