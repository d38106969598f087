//! The values of a template: those of Go, with its types.

use std::{cell::RefCell, collections::BTreeMap, fmt, rc::Rc};

use super::{GoObject, Text, Time};

mod from;

/// A value as Go's reflection sees it.
///
/// Lists and maps share identity: a clone is the same map, and `set` on one is seen through the other.
#[derive(Clone, Default)]
pub enum Value {
    /// Go's invalid value: an untyped nil, such as the result of a pipeline that found nothing.
    #[default]
    Nil,
    /// A nil inside a map or a list. Its fields are an error, those of [`Value::Nil`] are not.
    Null,
    /// `bool`.
    Bool(bool),
    /// `int`, such as a number in a template.
    Int(i64),
    /// `int64`, such as a number of `--set`.
    Int64(i64),
    /// `uint8`, such as a byte of a string.
    Uint8(u8),
    /// `uint64`.
    Uint64(u64),
    /// `float64`, such as every number of a values file.
    Float(f64),
    /// `complex128`: real and imaginary part.
    Complex(f64, f64),
    /// `time.Duration`, in nanoseconds.
    Duration(i64),
    /// `string`.
    Text(Text),
    /// `[]uint8`.
    Bytes(Rc<[u8]>),
    /// A slice.
    List(List),
    /// A map with string keys.
    Map(Map),
    /// `time.Time`.
    Time(Rc<Time>),
    /// A type with methods, or a struct.
    Object(Rc<dyn GoObject>),
}

/// The element type of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListType {
    /// `[]interface {}`.
    Any,
    /// `[]string`.
    Texts,
    /// `[]int`.
    Ints,
    /// `[][]interface {}`.
    Lists,
}

/// The type of a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapType {
    /// `map[string]interface {}`.
    Any,
    /// `map[string]string`.
    Texts,
    /// `map[string]interface {}` under a name, such as `common.Values`.
    Named(&'static str),
}

/// A slice: a clone is the same slice.
#[derive(Clone)]
pub struct List(Rc<ListData>);

struct ListData {
    element: ListType,
    nil: bool,
    capacity: usize,
    items: RefCell<Vec<Value>>,
}

/// A map with string keys: a clone is the same map.
#[derive(Clone)]
pub struct Map(Rc<MapData>);

struct MapData {
    kind: MapType,
    nil: bool,
    entries: RefCell<BTreeMap<Text, Value>>,
}

impl List {
    /// Makes a `[]interface {}`.
    #[must_use]
    pub fn new(items: Vec<Value>) -> Self {
        Self::typed(ListType::Any, items)
    }

    /// Makes a slice of an element type.
    #[must_use]
    pub fn typed(element: ListType, items: Vec<Value>) -> Self {
        let capacity = items.len();
        Self(Rc::new(ListData { element, nil: false, capacity, items: RefCell::new(items) }))
    }

    /// Makes a `[]string`.
    #[must_use]
    pub fn texts<T: Into<Text>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::typed(ListType::Texts, items.into_iter().map(|text| Value::Text(text.into())).collect())
    }

    /// Makes the nil slice of an element type.
    #[must_use]
    pub fn nil(element: ListType) -> Self {
        Self(Rc::new(ListData { element, nil: true, capacity: 0, items: RefCell::default() }))
    }

    /// As [`List::new`], in an array with room for `capacity` items, which a slice expression can reach.
    pub(crate) fn with_capacity(items: Vec<Value>, capacity: usize) -> Self {
        Self(Rc::new(ListData { element: ListType::Any, nil: false, capacity, items: RefCell::new(items) }))
    }

    /// The element type.
    #[must_use]
    pub fn element(&self) -> ListType {
        self.0.element
    }

    /// Whether this is a nil slice.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    pub(crate) fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// The number of items.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.items.borrow().len()
    }

    /// Whether there is no item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.0.items.borrow().get(index).cloned()
    }

    /// All items. Lists and maps in them are shared, not copied.
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        self.0.items.borrow().clone()
    }

    /// Sorts the items in place, as Go's sort of a shared slice does.
    pub(crate) fn sort_texts(&self) {
        self.0.items.borrow_mut().sort_by(|a, b| text_of(a).cmp(text_of(b)));
    }

    /// Shows the items to `look` without a copy.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&[Value]) -> R) -> R {
        look(&self.0.items.borrow())
    }

    /// Whether both are one slice.
    #[must_use]
    pub fn same(&self, other: &List) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

fn text_of(value: &Value) -> &[u8] {
    match value {
        Value::Text(text) => text,
        _ => b"",
    }
}

impl Map {
    /// Makes an empty `map[string]interface {}`.
    #[must_use]
    pub fn new() -> Self {
        Self::typed(MapType::Any)
    }

    /// Makes an empty map of a type.
    #[must_use]
    pub fn typed(kind: MapType) -> Self {
        Self(Rc::new(MapData { kind, nil: false, entries: RefCell::default() }))
    }

    /// Makes the nil map, which is empty and takes no entries in Go.
    #[must_use]
    pub fn nil() -> Self {
        Self(Rc::new(MapData { kind: MapType::Any, nil: true, entries: RefCell::default() }))
    }

    /// Whether this is the nil map.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        self.0.nil
    }

    /// The type.
    #[must_use]
    pub fn kind(&self) -> MapType {
        self.0.kind
    }

    /// The same entries (copied one level deep) under another type.
    #[must_use]
    pub fn retyped(&self, kind: MapType) -> Self {
        Self(Rc::new(MapData { kind, nil: false, entries: RefCell::new(self.0.entries.borrow().clone()) }))
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    /// Whether there is no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value under `key`. Lists and maps are shared, not copied.
    #[must_use]
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.entries.borrow().get(key.as_ref()).cloned()
    }

    /// Whether there is an entry `key`.
    #[must_use]
    pub fn contains(&self, key: impl AsRef<[u8]>) -> bool {
        self.0.entries.borrow().contains_key(key.as_ref())
    }

    /// Puts a value under `key`, seen through every clone.
    pub fn set(&self, key: impl Into<Text>, value: Value) {
        // The old value is dropped after the borrow: it may hold this very map.
        let old = self.0.entries.borrow_mut().insert(key.into(), value);
        drop(old);
    }

    /// Takes the entry `key` out.
    pub fn unset(&self, key: impl AsRef<[u8]>) -> Option<Value> {
        self.0.entries.borrow_mut().remove(key.as_ref())
    }

    /// All entries, sorted by key. Lists and maps in them are shared, not copied.
    #[must_use]
    pub fn entries(&self) -> Vec<(Text, Value)> {
        self.0.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Shows the entries to `look` without a copy.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&BTreeMap<Text, Value>) -> R) -> R {
        look(&self.0.entries.borrow())
    }

    /// Whether both are one map.
    #[must_use]
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Default for Map {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Into<Text>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let entries = entries.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Self(Rc::new(MapData { kind: MapType::Any, nil: false, entries: RefCell::new(entries) }))
    }
}

impl Drop for ListData {
    /// Takes deep trees down without recursion, which could overflow the stack.
    fn drop(&mut self) {
        take_down(self.items.take());
    }
}

impl Drop for MapData {
    /// Takes deep trees down without recursion, which could overflow the stack.
    fn drop(&mut self) {
        take_down(self.entries.take().into_values().collect());
    }
}

fn take_down(mut rest: Vec<Value>) {
    while let Some(value) = rest.pop() {
        match value {
            Value::List(list) if Rc::strong_count(&list.0) == 1 => {
                rest.append(&mut list.0.items.borrow_mut())
            }
            Value::Map(map) if Rc::strong_count(&map.0) == 1 => {
                rest.extend(std::mem::take(&mut *map.0.entries.borrow_mut()).into_values());
            }
            _ => {}
        }
    }
}

impl Value {
    /// Makes a value of parsed YAML or JSON, with every number a `float64`: what a values file holds.
    #[must_use]
    pub fn of_file(value: &windlass_core::Value) -> Self {
        use windlass_core::Value as Core;
        match value {
            Core::Null => Self::Null,
            Core::Bool(truth) => Self::Bool(*truth),
            // As Go does: a number of JSON is a float64, and digits beyond its precision are lost.
            #[allow(clippy::cast_precision_loss)]
            Core::Int(number) => Self::Float(*number as f64),
            Core::Float(number) => Self::Float(*number),
            Core::Text(text) => Self::Text(Text::from(&**text)),
            Core::List(items) => {
                let values: Vec<Value> = items.iter().map(Self::of_file).collect();
                let capacity = values.len().next_power_of_two();
                Self::List(List::with_capacity(values, capacity))
            }
            Core::Map(map) => {
                Self::Map(map.iter().map(|(key, value)| (&**key, Self::of_file(value))).collect())
            }
        }
    }

    /// Whether this is nil of either kind.
    #[must_use]
    pub fn is_nil(&self) -> bool {
        matches!(self, Self::Nil | Self::Null)
    }
}

impl fmt::Debug for Value {
    /// Only the type: a value may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.type_name())
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "List({} items)", self.len())
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Map({} entries)", self.len())
    }
}

/// How deep a value may nest where it is printed, compared or copied.
pub(crate) const VALUE_DEPTH_MAX: usize = 500;

/// How many values are visited where one is printed, compared or copied: a value that shares its parts may unfold to any
/// number.
pub(crate) const VALUES_MAX: usize = 2_000_000;

/// How many bytes of text count as one more value where a text is copied.
pub(crate) const BYTES_A_VALUE: usize = 256;
