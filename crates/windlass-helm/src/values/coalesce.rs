//! What becomes of a user's values and the defaults of charts: rules that Helm calls coalescing.
//!
//! Maps of Go are shared where Helm shares them: what a subchart's defaults add below a table of a table of `global` is seen
//! by its parent too. That is why this works on the values of the template language and not on plain ones.

use crate::template::{HelmVersion, List, Map, Text, Value};

pub(crate) const GLOBAL: &str = "global";

/// A chart as coalescing sees it.
pub(crate) trait Defaults {
    /// The name, under which a parent has values for it.
    fn name(&self) -> &str;
    /// A fresh copy of its default values.
    fn copy(&self) -> Map;
    /// The charts inside.
    fn inner(&self) -> &[Self]
    where
        Self: Sized;
}

/// A chart's values for a subchart are not a map: the name of the subchart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeMismatch(pub(crate) String, pub(crate) String);

/// How to coalesce.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) version: HelmVersion,
    /// Nulls are kept: what is merged now is coalesced later.
    pub(crate) merge: bool,
}

impl Rules {
    /// Puts the defaults of a chart and of those inside it under `values`, which it changes.
    pub(crate) fn coalesce<C: Defaults>(self, chart: &C, values: &Map) -> Result<(), TypeMismatch> {
        self.own(chart, values);
        for subchart in chart.inner() {
            let name = subchart.name();
            let inner = match values.get(name) {
                None => {
                    let map = Map::new();
                    values.set(name, Value::Map(map.clone()));
                    map
                }
                Some(Value::Map(map)) => map,
                Some(other) => return Err(TypeMismatch(name.to_owned(), other.type_name().into_owned())),
            };
            push_globals(&inner, values);
            self.coalesce(subchart, &inner)?;
        }
        Ok(())
    }

    /// Puts the defaults of one chart under `values`.
    fn own<C: Defaults>(self, chart: &C, values: &Map) {
        for (key, default) in chart.copy().entries() {
            match values.get(&*key) {
                Some(value) if value.is_nil() && !self.merge => {
                    values.unset(&*key);
                }
                Some(Value::Map(own)) => {
                    if let Value::Map(default) = default {
                        let of_subchart = chart.inner().iter().any(|one| one.name().as_bytes() == &*key);
                        let rules = Self { merge: self.merge || of_subchart, ..self };
                        if rules.drops_nulls() {
                            without_nulls(&default);
                        }
                        rules.tables(&own, &default);
                    }
                }
                Some(_) => {}
                None => {
                    if self.drops_nulls() {
                        match &default {
                            value if value.is_nil() => continue,
                            Value::Map(map) => without_nulls(map),
                            _ => {}
                        }
                    }
                    values.set(key, default);
                }
            }
        }
    }

    /// Helm 4 takes the nulls out of defaults before they are used.
    fn drops_nulls(self) -> bool {
        !self.merge && self.version == HelmVersion::V4
    }

    /// Puts a table under another, which wins.
    pub(crate) fn tables(self, over: &Map, under: &Map) {
        let nulls: Vec<Text> = nulls_of(over);
        let overridden: Vec<Text> = nulls
            .iter()
            .filter(|key| under.get(&***key).is_some_and(|value| !value.is_nil()))
            .cloned()
            .collect();
        for key in &nulls {
            under.set(key.clone(), Value::Null);
        }
        for (key, value) in under.entries() {
            match over.get(&*key) {
                Some(own) if !self.merge && own.is_nil() && overridden.contains(&key) => {
                    over.unset(&*key);
                }
                None => over.set(key, value),
                Some(Value::Map(own)) => {
                    if let Value::Map(value) = value {
                        self.tables(&own, &value);
                    }
                }
                Some(_) => {}
            }
        }
    }
}

fn nulls_of(map: &Map) -> Vec<Text> {
    map.with(|entries| {
        entries.iter().filter(|(_, value)| value.is_nil()).map(|(key, _)| key.clone()).collect()
    })
}

/// Gives a subchart the globals of its parent: the parent's win, in tables too.
fn push_globals(subchart: &Map, parent: &Map) {
    let own = match subchart.get(GLOBAL) {
        None => Map::new(),
        Some(Value::Map(map)) => map,
        Some(_) => return,
    };
    let given = match parent.get(GLOBAL) {
        None => Map::new(),
        Some(Value::Map(map)) => map,
        Some(_) => return,
    };
    let merging = Rules { version: HelmVersion::V4, merge: true };
    for (key, value) in given.entries() {
        match (value, own.get(&*key)) {
            (Value::Map(table), have) => {
                // The table itself is the subchart's own, what lies below is shared with the parent.
                let table: Map = table.entries().into_iter().collect();
                match have {
                    None => own.set(key, Value::Map(table)),
                    Some(Value::Map(have)) => {
                        merging.tables(&table, &have);
                        own.set(key, Value::Map(table));
                    }
                    Some(_) => {}
                }
            }
            (_, Some(Value::Map(_))) => {}
            (value, _) => own.set(key, value),
        }
    }
    subchart.set(GLOBAL, Value::Map(own));
}

/// Takes the nulls out of a table and of those in it.
pub(crate) fn without_nulls(map: &Map) {
    for (key, value) in map.entries() {
        match value {
            value if value.is_nil() => {
                map.unset(&*key);
            }
            Value::Map(inner) => without_nulls(&inner),
            _ => {}
        }
    }
}

/// Copies a table and all that lies below it.
pub(crate) fn deep_copy(map: &Map) -> Map {
    map.with(|entries| entries.iter().map(|(key, value)| (key.clone(), copy_of(value))).collect())
}

fn copy_of(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(deep_copy(map)),
        Value::List(list) => {
            let items: Vec<Value> = list.with(|items| items.iter().map(copy_of).collect());
            Value::List(List::with_capacity(items, list.capacity()))
        }
        other => other.clone(),
    }
}
