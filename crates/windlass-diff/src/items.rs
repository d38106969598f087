//! The items of a list that has keys, or is a set: which item is which.

use std::collections::BTreeMap;

use windlass_core::{Segment, Text, Value};

use crate::{ListKind, SchemaRef};

/// Up to this many items a search is quicker than an index.
const SEARCH_MAX: usize = 12;

static NULL: Value = Value::Null;

/// What tells one item from another.
#[derive(Clone, PartialEq)]
pub(crate) enum Key<'v> {
    /// The values of its key fields, defaults filled in.
    Fields(Vec<&'v Value>),
    /// All of it: an item of a set, or one that has no keys.
    Whole(&'v Value),
}

/// Why an item has no key.
pub(crate) enum Unkeyed<'v> {
    NotAMap,
    Missing(&'v Text),
}

/// The items of one list with their keys, in their order.
pub(crate) struct Items<'v> {
    pub(crate) entries: Vec<(Key<'v>, &'v Value)>,
    index: BTreeMap<String, Vec<usize>>,
}

impl<'v> Key<'v> {
    /// Gives the key of an item, or why it has none.
    pub(crate) fn strict(
        keys: &'v [Text],
        schema: SchemaRef<'v>,
        item: &'v Value,
    ) -> Result<Self, Unkeyed<'v>> {
        if item.as_map().is_none() {
            return Err(Unkeyed::NotAMap);
        }
        let find = |key: &'v Text| field(key, schema, item).ok_or(Unkeyed::Missing(key));
        keys.iter().map(find).collect::<Result<_, _>>().map(Key::Fields)
    }

    /// Gives the best key there is: missing fields count as null, and an item without any is told apart by all of it.
    fn lenient(keys: &'v [Text], schema: SchemaRef<'v>, item: &'v Value) -> Self {
        let found: Vec<Option<&Value>> = keys.iter().map(|key| field(key, schema, item)).collect();
        if found.iter().all(Option::is_none) {
            return Self::Whole(item);
        }
        Self::Fields(found.into_iter().map(|value| value.unwrap_or(&NULL)).collect())
    }

    /// Gives the step of a path that leads to the item.
    pub(crate) fn segment(&self, kind: &ListKind, at: usize) -> Segment {
        match (self, kind) {
            (Self::Fields(values), ListKind::Map(keys)) => {
                Segment::Key(keys.iter().cloned().zip(values.iter().map(|value| (*value).clone())).collect())
            }
            (Self::Whole(value), ListKind::Set) => Segment::Item((*value).clone()),
            _ => Segment::Index(at),
        }
    }

    fn id(&self) -> String {
        match self {
            Self::Whole(value) => value.canonical(),
            Self::Fields(values) => {
                values.iter().map(|value| value.canonical()).collect::<Vec<_>>().join("\u{0}")
            }
        }
    }
}

fn field<'v>(key: &str, schema: SchemaRef<'v>, item: &'v Value) -> Option<&'v Value> {
    item.get(key).filter(|value| !value.is_null()).or_else(|| schema.default_of(key))
}

impl<'v> Items<'v> {
    /// Gives the items of a list that is not atomic. `schema` is that of the list.
    pub(crate) fn of(schema: SchemaRef<'v>, list: &'v [Value]) -> Self {
        let key = |item: &'v Value| match schema.list_kind() {
            ListKind::Map(keys) => Key::lenient(keys, schema.item(), item),
            _ => Key::Whole(item),
        };
        Self::new(list.iter().map(|item| (key(item), item)).collect())
    }

    pub(crate) fn new(entries: Vec<(Key<'v>, &'v Value)>) -> Self {
        let mut index: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        if entries.len() > SEARCH_MAX {
            for (at, (key, _)) in entries.iter().enumerate() {
                index.entry(key.id()).or_default().push(at);
            }
        }
        Self { entries, index }
    }

    /// Gives the items of a value, none where it is not a list.
    pub(crate) fn of_value(schema: SchemaRef<'v>, value: Option<&'v Value>) -> Self {
        Self::of(schema, value.and_then(Value::as_list).unwrap_or_default())
    }

    /// Finds the place of the first item with a key.
    pub(crate) fn find(&self, key: &Key<'_>) -> Option<usize> {
        self.nth(key, 0)
    }

    /// Finds the place of an item with a key, after `skip` others with the same one.
    pub(crate) fn nth(&self, key: &Key<'_>, skip: usize) -> Option<usize> {
        if self.entries.len() > SEARCH_MAX {
            return self.index.get(&key.id()).and_then(|places| places.get(skip)).copied();
        }
        let mut places = self.entries.iter().enumerate().filter(|(_, (have, _))| have == key);
        places.nth(skip).map(|(at, _)| at)
    }

    /// Finds the first item with a key.
    pub(crate) fn get(&self, key: &Key<'_>) -> Option<&'v Value> {
        self.find(key).map(|at| self.entries[at].1)
    }

    /// Says whether an earlier item has the key of the one at `at`.
    pub(crate) fn is_repeated(&self, at: usize) -> bool {
        self.find(&self.entries[at].0).is_some_and(|first| first < at)
    }
}
