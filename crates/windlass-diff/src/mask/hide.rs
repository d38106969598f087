//! Putting masks over values and paths.

use windlass_core::{FieldPath, Map, Segment, Text, Value};

use super::KindMask;
use crate::FieldChange;
use crate::text::Shown;

/// Further ends of the names of variables and parameters; as names of fields they mostly name a Secret.
const VARIABLES: [&str; 5] = ["secret", "secrets", "pass", "pwd", "dsn"];

/// Maps and lists inside one another; what is deeper is masked.
const DEPTH_MAX: usize = 100;

/// Gives both values of a change, masked.
pub(super) fn pair(mask: &KindMask<'_>, change: &FieldChange) -> (Option<Shown>, Option<Shown>) {
    let mut walk = Walk { mask, path: change.path.segments().to_vec() };
    let (before, after) = (change.before.as_ref(), change.after.as_ref());
    if mask.hides(change) {
        let changed = before.is_some() && after.is_some() && before != after;
        return (before.map(|_| Shown::Secret { changed: false }), after.map(|_| Shown::Secret { changed }));
    }
    let older = before.map(|before| walk.shown(before, None, after));
    let newer = after.map(|after| walk.shown(after, before, before));
    (older, newer)
}

/// Gives a path without the values that may be secret.
pub(super) fn path(mask: &KindMask<'_>, path: &FieldPath) -> FieldPath {
    masked(mask, path.segments(), path.segments().len())
}

/// Gives the path of a change without the values that may be secret.
pub(super) fn path_of(mask: &KindMask<'_>, change: &FieldChange) -> FieldPath {
    let segments = change.path.segments();
    let variable = change.named.iter().any(|name| mask.is_variable(name));
    let readable = if variable { segments.iter().position(is_value) } else { None };
    masked(mask, segments, readable.unwrap_or(segments.len()))
}

/// Masks a path of which only the first `readable` segments may show values.
fn masked(mask: &KindMask<'_>, segments: &[Segment], readable: usize) -> FieldPath {
    let masked = segments.iter().enumerate().map(|(at, segment)| match segment {
        Segment::Item(_) if at > readable || mask.is_below_secret(&segments[..=at]) => {
            Segment::Item(Shown::SECRET.into())
        }
        Segment::Item(value) => Segment::Item(mask.alone(segments[..=at].to_vec(), value)),
        Segment::Key(keys) => {
            let show = |(name, value): &(Text, Value)| {
                let mut place = segments[..=at].to_vec();
                place.push(Segment::Field(name.clone()));
                let hidden = at > readable || mask.is_below_secret(&place);
                (name.clone(), if hidden { Shown::SECRET.into() } else { mask.alone(place, value) })
            };
            Segment::Key(keys.iter().map(show).collect())
        }
        other => other.clone(),
    });
    FieldPath::new(masked.collect())
}

/// Gives a name in lower case, without separators.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

struct Walk<'m> {
    mask: &'m KindMask<'m>,
    path: Vec<Segment>,
}

impl Walk<'_> {
    /// Shows `value`. `older` is what it was, where it is the newer one; `other` is the other side, which decides as
    /// well whether it is secret.
    fn shown(&mut self, value: &Value, older: Option<&Value>, other: Option<&Value>) -> Shown {
        if self.is_secret(value) || other.is_some_and(|other| self.is_secret(other)) {
            return Shown::Secret { changed: older.is_some_and(|older| older != value) };
        }
        Shown::Value(self.below(value, older, other))
    }

    fn is_secret(&self, value: &Value) -> bool {
        self.path.len() > DEPTH_MAX
            || self.mask.is_ruled(&self.path)
            || self.mask.is_secret(&self.path, value)
    }

    fn below(&mut self, value: &Value, older: Option<&Value>, other: Option<&Value>) -> Value {
        match value {
            Value::Map(map) => {
                let get = |side| fields_of(side);
                let (older, other) = (get(older), get(other));
                let fields = map.iter().map(|(name, field)| {
                    let variable = name == "value" && self.mask.names_variable(value);
                    let segment = Segment::Field(name.clone());
                    (name.clone(), self.step(segment, variable, field, older.get(name), other.get(name)))
                });
                fields.collect()
            }
            Value::List(list) => {
                let items = |side| items_of(side);
                let (older, other) = (items(older), items(other));
                let items = list.iter().enumerate().map(|(at, item)| {
                    self.step(Segment::Index(at), false, item, older.get(at), other.get(at))
                });
                items.collect()
            }
            Value::Text(text) => self.mask.redact(text, older.and_then(Value::as_text)).into(),
            scalar => scalar.clone(),
        }
    }

    fn step(
        &mut self,
        segment: Segment,
        variable: bool,
        value: &Value,
        older: Option<&Value>,
        other: Option<&Value>,
    ) -> Value {
        if variable {
            return Shown::Secret { changed: older.is_some_and(|older| older != value) }.into_value();
        }
        self.path.push(segment);
        let shown = self.shown(value, older, other);
        self.path.pop();
        shown.into_value()
    }
}

impl KindMask<'_> {
    /// Says whether a rule names exactly this place.
    fn is_ruled(&self, path: &[Segment]) -> bool {
        self.rules.iter().any(|rule| rule.covers(path, false))
    }

    /// Says whether a value is secret by the name of its field or by its content.
    fn is_secret(&self, path: &[Segment], value: &Value) -> bool {
        self.has_secret(value) || (is_scalar(value) && field_of(path).is_some_and(|name| self.is_named(name)))
    }

    pub(super) fn is_named(&self, name: &str) -> bool {
        let name = plain(name);
        self.names.iter().any(|end| name.ends_with(end.as_str()))
    }

    fn is_variable(&self, name: &str) -> bool {
        let plain = plain(name);
        !self.names.is_empty() && (self.is_named(name) || VARIABLES.iter().any(|end| plain.ends_with(end)))
    }

    fn names_variable(&self, map: &Value) -> bool {
        ["name", "key"].iter().any(|field| map.text_at(&[field]).is_some_and(|name| self.is_variable(name)))
    }

    /// Says whether a change lies in a secret, whatever its values are.
    fn hides(&self, change: &FieldChange) -> bool {
        let path = change.path.segments();
        change.named.iter().any(|name| self.is_variable(name))
            || self.is_below_secret(path)
            || change.keys.iter().any(|key| self.is_secret_key(path, key))
    }

    /// Says whether a place lies below one that a rule names, or in the `value` of an item whose key names a secret.
    fn is_below_secret(&self, path: &[Segment]) -> bool {
        (1..path.len()).any(|end| self.is_ruled(&path[..end]))
            || path.windows(2).any(|pair| is_value(&pair[1]) && self.is_key_of_variable(&pair[0]))
    }

    fn is_key_of_variable(&self, segment: &Segment) -> bool {
        let Segment::Key(keys) = segment else { return false };
        keys.iter().any(|(_, value)| value.as_text().is_some_and(|name| self.is_variable(name)))
    }

    /// Says whether the field that tells the items of a list apart is a secret.
    fn is_secret_key(&self, list: &[Segment], key: &Text) -> bool {
        let mut place = list.to_vec();
        place.extend([Segment::Index(0), Segment::Field(key.clone())]);
        self.is_ruled(&place) || self.is_named(key)
    }

    /// Shows a value that is part of a path.
    fn alone(&self, path: Vec<Segment>, value: &Value) -> Value {
        Walk { mask: self, path }.shown(value, None, None).into_value()
    }

    fn has_secret(&self, value: &Value) -> bool {
        self.contents && value.as_text().is_some_and(looks_secret)
    }
}

static NOTHING: Map = Map::new();

fn fields_of(side: Option<&Value>) -> &Map {
    side.and_then(Value::as_map).unwrap_or(&NOTHING)
}

fn items_of(side: Option<&Value>) -> &[Value] {
    side.and_then(Value::as_list).unwrap_or_default()
}

fn is_value(segment: &Segment) -> bool {
    matches!(segment, Segment::Field(name) if name == "value")
}

/// A text or a number, or a list of them.
fn is_scalar(value: &Value) -> bool {
    match value {
        Value::Text(_) | Value::Int(_) | Value::Float(_) => true,
        Value::List(items) => !items.is_empty() && items.iter().all(is_scalar),
        _ => false,
    }
}

/// Gives the field that a value is in, also as an item of a list.
fn field_of(path: &[Segment]) -> Option<&Text> {
    path.iter().rev().find_map(|segment| match segment {
        Segment::Field(name) => Some(Some(name)),
        Segment::Index(_) | Segment::Item(_) => None,
        _ => Some(None),
    })?
}

fn looks_secret(text: &str) -> bool {
    text.contains("PRIVATE KEY-----") || text.contains("AGE-SECRET-KEY-1") || has_url_password(text)
}

/// Looks for `://user:password@`.
fn has_url_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, _)| {
        let rest = &text[at + 3..];
        let end = rest.find(|c: char| c == '/' || c.is_whitespace() || c == '"').unwrap_or(rest.len());
        rest[..end].rsplit_once('@').is_some_and(|(user, _)| user.contains(':') && !user.ends_with(':'))
    })
}
