//! Reading configuration into structs, as Go's `encoding/json` does: names of fields in any case, null is nothing.

use windlass_core::{Error, ErrorKind, Map, Result, Text, Value};

/// What happens to fields that are not known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// They are errors.
    Strict,
    /// They are ignored.
    Lenient,
}

/// The fields of a map, taken one by one.
pub(crate) struct Fields<'v> {
    map: Option<&'v Map>,
    taken: Vec<&'v str>,
    reading: Reading,
}

impl<'v> Fields<'v> {
    pub(crate) fn of(value: &'v Value, reading: Reading) -> Result<Self> {
        let map = match value {
            Value::Null => None,
            Value::Map(map) => Some(map),
            other => return Err(wrong("map", other)),
        };
        Ok(Self { map, taken: Vec::new(), reading })
    }

    /// Takes a field; the last of several spellings counts, as far as an exact one does not stand there.
    pub(crate) fn take(&mut self, name: &str) -> Option<&'v Value> {
        let map = self.map?;
        let mut found = None;
        for (key, value) in map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)) {
            self.taken.push(key.as_str());
            if !value.is_null() && (found.is_none() || key.as_str() == name) {
                found = Some(value);
            }
        }
        found
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Result<Text> {
        Ok(self.text_if(name)?.unwrap_or_default())
    }

    pub(crate) fn text_if(&mut self, name: &'static str) -> Result<Option<Text>> {
        self.take(name)
            .map(|value| as_text(value).map_err(|error| error.with_each("field", name)))
            .transpose()
    }

    pub(crate) fn truth(&mut self, name: &'static str) -> Result<bool> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(truth)) => Ok(*truth),
            Some(other) => Err(wrong("boolean", other).with("field", name)),
        }
    }

    pub(crate) fn int(&mut self, name: &'static str) -> Result<i64> {
        match self.take(name) {
            None => Ok(0),
            Some(Value::Int(number)) => Ok(*number),
            Some(other) => Err(wrong("integer", other).with("field", name)),
        }
    }

    /// Takes a list and reads each item.
    pub(crate) fn list<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&Value, Reading) -> Result<T>,
    ) -> Result<Vec<T>> {
        Ok(self.list_if(name, read)?.unwrap_or_default())
    }

    /// Takes a list and reads each item; `None` where there is no such field.
    pub(crate) fn list_if<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&Value, Reading) -> Result<T>,
    ) -> Result<Option<Vec<T>>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let items = value.as_list().ok_or_else(|| wrong("list", value).with("field", name))?;
        let reading = self.reading;
        let (mut out, mut problems) = (Vec::with_capacity(items.len()), Vec::new());
        for (at, item) in items.iter().enumerate() {
            match read(item, reading) {
                Ok(item) => out.push(item),
                Err(error) => problems.push(error.with_each("field", format!("{name}[{at}]"))),
            }
        }
        Error::all(problems).map_or(Ok(Some(out)), Err)
    }

    pub(crate) fn texts(&mut self, name: &'static str) -> Result<Vec<Text>> {
        self.list(name, |value, _| as_text(value))
    }

    pub(crate) fn texts_if(&mut self, name: &'static str) -> Result<Option<Vec<Text>>> {
        self.list_if(name, |value, _| as_text(value))
    }

    /// Takes a map of texts, sorted by its keys; `None` where there is none.
    pub(crate) fn pairs_if(&mut self, name: &'static str) -> Result<Option<Vec<(Text, Text)>>> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let map = value.as_map().ok_or_else(|| wrong("map", value).with("field", name))?;
        let pair = |(key, value): (&Text, &Value)| {
            let text = as_text(value).map_err(|error| error.with_each("field", format!("{name}.{key}")))?;
            Ok((key.clone(), text))
        };
        map.iter().map(pair).collect::<Result<_>>().map(Some)
    }

    pub(crate) fn pairs(&mut self, name: &'static str) -> Result<Vec<(Text, Text)>> {
        Ok(self.pairs_if(name)?.unwrap_or_default())
    }

    /// Takes a struct; `None` where there is none.
    pub(crate) fn inner<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&Value, Reading) -> Result<T>,
    ) -> Result<Option<T>> {
        let reading = self.reading;
        let inner = self.take(name).map(|value| read(value, reading));
        inner.transpose().map_err(|error| error.with_each("field", name))
    }

    /// Reports what was not taken.
    pub(crate) fn end(self) -> Result<()> {
        if self.reading == Reading::Lenient {
            return Ok(());
        }
        let keys = self.map.into_iter().flat_map(Map::iter).map(|(key, _)| key);
        let unknown = keys.filter(|key| !self.taken.contains(&key.as_str()));
        let problems = unknown.map(|key| Error::new(ErrorKind::Invalid, "unknown field").with("field", key));
        Error::all(problems).map_or(Ok(()), Err)
    }
}

pub(crate) fn as_text(value: &Value) -> Result<Text> {
    match value {
        Value::Text(text) => Ok(text.clone()),
        Value::Null => Ok(Text::default()),
        other => Err(wrong("text", other)),
    }
}

fn wrong(expected: &str, found: &Value) -> Error {
    Error::new(ErrorKind::Invalid, format!("expected a {expected}, found a {}", found.type_name()))
}
