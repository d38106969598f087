//! Structs of Go inside of data: their fields stay in their order in JSON, and in the YAML of `toYamlPretty`.

use windlass_core::Value as Core;
use windlass_yaml::go;

use super::data::{Numbers, to_core};
use crate::template::{
    GoObject, Shape, Value,
    text::lossy,
    value::{VALUE_DEPTH_MAX, VALUES_MAX},
};

/// Says whether a struct is anywhere in a value. What is too much to look at has none: writing it fails then.
pub(super) fn has_struct(value: &Value) -> bool {
    look(value, 0, &mut 0)
}

fn look(value: &Value, depth: usize, seen: &mut usize) -> bool {
    *seen += 1;
    if depth > VALUE_DEPTH_MAX || *seen > VALUES_MAX {
        return false;
    }
    match value {
        Value::Object(object) => fields_of(&**object).is_some(),
        Value::List(list) => list.with(|items| items.iter().any(|item| look(item, depth + 1, seen))),
        Value::Map(map) => map.with(|entries| entries.values().any(|value| look(value, depth + 1, seen))),
        _ => false,
    }
}

fn fields_of(object: &dyn GoObject) -> Option<Vec<(&'static str, Value)>> {
    if object.marshaled().is_some() { None } else { object.json_fields() }
}

/// How JSON is written.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// Writes a value without structs.
    pub(super) plain: fn(&Core) -> String,
    /// What each level is indented by; `None` for one line.
    pub(super) indent: Option<&'static str>,
}

/// Writes JSON, or gives the text of Go's error.
pub(super) fn json(value: &Value, style: Style) -> Result<String, String> {
    let mut writer = Writer { out: String::new(), style, depth: 0 };
    writer.value(value)?;
    Ok(writer.out)
}

struct Writer {
    out: String,
    style: Style,
    depth: usize,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Result<(), String> {
        if self.depth > VALUE_DEPTH_MAX {
            return Err(format!("json: unsupported value: encountered a cycle via {}", value.type_name()));
        }
        match value {
            Value::Map(map) if !map.is_nil() => {
                let entries: Vec<(String, Value)> =
                    map.entries().into_iter().map(|(key, value)| (lossy(&key).into_owned(), value)).collect();
                self.all('{', '}', &entries, |(key, value)| (Some(key.as_str()), value))
            }
            Value::List(list) if !list.is_nil() => self.all('[', ']', &list.items(), |item| (None, item)),
            Value::Object(object) => match fields_of(&**object) {
                Some(fields) => self.all('{', '}', &fields, |(name, value)| (Some(*name), value)),
                None => self.plain(value),
            },
            _ => self.plain(value),
        }
    }

    fn plain(&mut self, value: &Value) -> Result<(), String> {
        self.out.push_str(&(self.style.plain)(&to_core(value, Numbers::Json)?));
        Ok(())
    }

    fn all<T>(
        &mut self,
        open: char,
        close: char,
        items: &[T],
        part: impl for<'t> Fn(&'t T) -> (Option<&'t str>, &'t Value),
    ) -> Result<(), String> {
        self.out.push(open);
        self.depth += 1;
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push(',');
            }
            self.line();
            let (key, value) = part(item);
            if let Some(key) = key {
                self.out.push_str(&(self.style.plain)(&Core::from(key)));
                self.out.push_str(if self.style.indent.is_some() { ": " } else { ":" });
            }
            self.value(value)?;
        }
        self.depth -= 1;
        if !items.is_empty() {
            self.line();
        }
        self.out.push(close);
        Ok(())
    }

    fn line(&mut self) {
        if let Some(indent) = self.style.indent {
            self.out.push('\n');
            self.out.push_str(&indent.repeat(self.depth));
        }
    }
}

/// Writes YAML as go-yaml v3 does: a struct has the names of its fields in small letters.
pub(super) fn yaml(value: &Value, depth: usize) -> Result<String, String> {
    if depth > VALUE_DEPTH_MAX {
        return Err("yaml: nested too deep".into());
    }
    if !has_struct(value) {
        return Ok(go::to_yaml_v3(&to_core(value, Numbers::Plain)?, 2));
    }
    let mut out = String::new();
    match value {
        Value::List(list) => {
            for item in list.items() {
                out.push_str(&format!("- {}", indented(&yaml(&item, depth + 1)?).trim_start()));
            }
        }
        Value::Map(map) => {
            for (key, value) in map.entries() {
                field(&mut out, &lossy(&key), &value, depth)?;
            }
        }
        Value::Object(object) => {
            let fields = match object.shape() {
                Shape::Struct(fields) | Shape::Pointer(fields) => fields,
                _ => Vec::new(),
            };
            for (name, value) in fields {
                field(&mut out, &name.to_ascii_lowercase(), &value, depth)?;
            }
        }
        _ => {}
    }
    Ok(out)
}

fn field(out: &mut String, key: &str, value: &Value, depth: usize) -> Result<(), String> {
    if has_struct(value) {
        let name = go::to_yaml_v3(&Core::from(key), 2);
        out.push_str(&format!("{}:\n{}", name.trim_end(), indented(&yaml(value, depth + 1)?)));
        return Ok(());
    }
    let value = to_core(value, Numbers::Plain)?;
    out.push_str(&go::to_yaml_v3(&Core::from_iter([(key, value)]), 2));
    Ok(())
}

fn indented(text: &str) -> String {
    let line = |line: &str| if line.trim().is_empty() { line.to_owned() } else { format!("  {line}") };
    text.split_inclusive('\n').map(line).collect()
}
