//! JSON as Kubernetes means it.

mod canonical;
mod map;
mod serial;

use std::fmt;

pub use map::Map;

use crate::Text;

/// A JSON value as Kubernetes means it: 64-bit integers, 64-bit floats, text, lists and sorted maps.
///
/// - An integer beyond the range of `i64` is a [`Value::Float`], as in Go's Kubernetes tools.
/// - `1` and `1.0` are unequal: [`Value::Int`] and [`Value::Float`] are different spellings, and a comparison reports
///   them as such.
/// - A float is never NaN or infinite when it came from a reader; [`Value::float`] refuses them.
/// - `Debug` masks: it shows the shape and the size, never the contents, because any value may hold a secret.
/// - [`Value::canonical`] is the one text from which digests are made.
///
/// ```
/// use windlass_core::Value;
/// let value = Value::from_iter([("replicas", Value::Int(3)), ("name", "web".into())]);
/// assert_eq!(value.canonical(), r#"{"name":"web","replicas":3}"#);
/// assert_eq!(value.get("replicas"), Some(&Value::Int(3)));
/// assert_eq!(format!("{value:?}"), "{2 fields}");
/// ```
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// JSON `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number without a fraction or an exponent that fits into 64 signed bits.
    Int(i64),
    /// Any other finite number.
    Float(f64),
    /// A string.
    Text(Text),
    /// A list, in its order.
    List(Vec<Value>),
    /// A map, sorted by key, each key once.
    Map(Map),
}

impl Value {
    /// Makes a float, or `None` where JSON has no spelling for it (NaN, infinities).
    #[must_use]
    pub fn float(number: f64) -> Option<Self> {
        number.is_finite().then_some(Self::Float(number))
    }

    /// Gives the field `key` of a map; `None` for a missing field and for anything that is not a map.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map().and_then(|map| map.get(key))
    }

    /// Follows field names from here: `value.at(&["metadata", "name"])`.
    #[must_use]
    pub fn at(&self, fields: &[&str]) -> Option<&Value> {
        fields.iter().try_fold(self, |value, field| value.get(field))
    }

    /// Follows field names to a text.
    #[must_use]
    pub fn text_at(&self, fields: &[&str]) -> Option<&str> {
        self.at(fields).and_then(Value::as_text)
    }

    /// Gives the text, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Gives the integer, if it is one.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Gives the boolean, if it is one.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Gives the list, if it is one.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Gives the map, if it is one.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Gives the map for change, if it is one.
    #[must_use]
    pub fn as_map_mut(&mut self) -> Option<&mut Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Says whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Names the type as an error message would: `null`, `boolean`, `integer`, `number`, `text`, `list`, `map`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) => "integer",
            Self::Float(_) => "number",
            Self::Text(_) => "text",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }
}

/// Shows shape and size, never contents.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List(items) => write!(f, "[{} items]", items.len()),
            Self::Map(map) => write!(f, "{{{} fields}}", map.len()),
            other => write!(f, "<{}>", other.type_name()),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Text> for Value {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(items)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl FromIterator<Value> for Value {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        Self::List(items.into_iter().collect())
    }
}

impl<K: Into<Text>> FromIterator<(K, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(fields: I) -> Self {
        Self::Map(fields.into_iter().collect())
    }
}
