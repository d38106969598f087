//! A map as a sorted slice.

use crate::{Text, Value};

/// The fields of a map, sorted by the bytes of their keys, each key once.
///
/// A sorted vector instead of a tree: objects have few fields, most are read far more often than changed, and the
/// keys are shared by the reader that made them. The last of two equal keys wins in [`FromIterator`]; a reader of
/// manifests refuses them before it comes to that.
///
/// Invariant: `fields` is strictly ascending by key.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Map {
    fields: Vec<(Text, Value)>,
}

impl Map {
    /// Makes an empty map.
    #[must_use]
    pub const fn new() -> Self {
        Self { fields: Vec::new() }
    }

    /// Counts the fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Says whether there is no field.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Gives the value of `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.find(key).ok().map(|at| &self.fields[at].1)
    }

    /// Gives the value of `key` for change.
    #[must_use]
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.find(key).ok().map(|at| &mut self.fields[at].1)
    }

    /// Says whether there is a field `key`, also one whose value is `null`.
    #[must_use]
    pub fn contains(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// Sets `key`, giving back what it held before.
    pub fn insert(&mut self, key: impl Into<Text>, value: impl Into<Value>) -> Option<Value> {
        let (key, value) = (key.into(), value.into());
        match self.find(&key) {
            Ok(at) => Some(std::mem::replace(&mut self.fields[at].1, value)),
            Err(at) => {
                self.fields.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.find(key).ok().map(|at| self.fields.remove(at).1)
    }

    /// Gives the value of `key` for change, a new one from `make` where there is none.
    pub fn entry(&mut self, key: &str, make: impl FnOnce() -> Value) -> &mut Value {
        let at = self.find(key).unwrap_or_else(|at| {
            self.fields.insert(at, (key.into(), make()));
            at
        });
        &mut self.fields[at].1
    }

    /// Keeps the fields for which `keep` holds.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.fields.retain_mut(|(key, value)| keep(key, value));
    }

    /// Goes through the fields in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Text, &Value)> + ExactSizeIterator {
        self.fields.iter().map(|(key, value)| (key, value))
    }

    /// Goes through the fields in the order of their keys, values for change.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&Text, &mut Value)> + ExactSizeIterator {
        self.fields.iter_mut().map(|(key, value)| (&*key, value))
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.fields.binary_search_by(|(have, _)| have.as_str().cmp(key))
    }
}

impl<K: Into<Text>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(fields: I) -> Self {
        let mut fields: Vec<_> = fields.into_iter().map(|(key, value)| (key.into(), value)).collect();
        fields.sort_by(|(a, _): &(Text, Value), (b, _)| a.cmp(b));
        fields.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(&mut later.1, &mut earlier.1);
            }
            same
        });
        Self { fields }
    }
}

impl IntoIterator for Map {
    type Item = (Text, Value);
    type IntoIter = std::vec::IntoIter<(Text, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        self.fields.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_equal_keys_wins() {
        let map: Map =
            [("a", Value::Int(1)), ("b", Value::Int(2)), ("a", Value::Int(3))].into_iter().collect();
        assert_eq!(map.len(), 2);
        assert_eq!(map.get("a"), Some(&Value::Int(3)));
    }

    #[test]
    fn fields_stay_sorted_whatever_the_order_of_insertion() {
        let mut map = Map::new();
        for key in ["m", "a", "z", "b"] {
            map.insert(key, Value::Null);
        }
        let keys: Vec<&str> = map.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["a", "b", "m", "z"]);
    }
}
