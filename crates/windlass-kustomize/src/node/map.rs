//! A map in the order of its fields.

use windlass_core::Text;

use super::Node;

/// The fields of a map in the order in which they were written or added. A key may stand there twice, as it may in a
/// file; the first counts until the end, where it is an error.
#[derive(Clone, Default)]
pub(crate) struct Map {
    fields: Vec<(Text, Node)>,
}

impl Map {
    pub(crate) const fn new() -> Self {
        Self { fields: Vec::new() }
    }

    pub(crate) fn of(fields: Vec<(Text, Node)>) -> Self {
        Self { fields }
    }

    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.fields.iter().find(|(have, _)| have.as_str() == key).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.fields.iter_mut().find(|(have, _)| have.as_str() == key).map(|(_, value)| value)
    }

    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.fields.iter().position(|(have, _)| have.as_str() == key)
    }

    pub(crate) fn at_mut(&mut self, at: usize) -> &mut Node {
        &mut self.fields[at].1
    }

    /// Adds a field at the end, without looking whether there is one of that name.
    pub(crate) fn push(&mut self, key: impl Into<Text>, value: Node) {
        self.fields.push((key.into(), value));
    }

    /// Sets a field: in its place, or at the end.
    pub(crate) fn put(&mut self, key: &str, value: Node) {
        match self.get_mut(key) {
            Some(have) => *have = value,
            None => self.push(key, value),
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        self.position(key).map(|at| self.fields.remove(at).1)
    }

    /// Gives the field for change, a new one from `make` where there is none.
    pub(crate) fn entry(&mut self, key: &str, make: impl FnOnce() -> Node) -> &mut Node {
        let at = self.position(key).unwrap_or_else(|| {
            self.fields.push((key.into(), make()));
            self.fields.len() - 1
        });
        &mut self.fields[at].1
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&Text, &Node)> + ExactSizeIterator {
        self.fields.iter().map(|(key, value)| (key, value))
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&Text, &mut Node)> {
        self.fields.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// Gives a key that appears twice.
    pub(crate) fn twice(&self) -> Option<&Text> {
        let mut keys: Vec<&Text> = self.fields.iter().map(|(key, _)| key).collect();
        keys.sort_unstable();
        keys.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
    }

    /// Leaves the first of the fields that have one key.
    pub(crate) fn keep_first(&mut self) {
        if self.twice().is_none() {
            return;
        }
        let mut seen = std::collections::HashSet::new();
        self.fields.retain(|(key, _)| seen.insert(key.clone()));
    }

    pub(crate) fn into_fields(self) -> Vec<(Text, Node)> {
        self.fields
    }
}
