//! The walk through the three sides.

use windlass_core::{FieldPath, Limits, Map, Segment, Text, Value};

use super::{MergeError, MergeProblem, Merged, Sides};
use crate::items::{Items, Key, Unkeyed};
use crate::{ListKind, Mask, SchemaRef};

pub(super) fn run(schema: SchemaRef<'_>, sides: &Sides<'_>, limits: &Limits) -> Result<Merged, MergeError> {
    let mut run = Run { limits, path: Vec::new(), problems: Vec::new(), collapsed: Vec::new() };
    let value = run.value(schema, sides.base, sides.desired, sides.live, schema.patch().retain_keys);
    if run.problems.is_empty() {
        return Ok(Merged { value, collapsed: run.collapsed });
    }
    Err(MergeError { problems: run.problems })
}

struct Run<'l> {
    limits: &'l Limits,
    path: Vec<Segment>,
    problems: Vec<MergeProblem>,
    collapsed: Vec<FieldPath>,
}

impl Run<'_> {
    fn value<'v>(
        &mut self,
        schema: SchemaRef<'v>,
        base: Option<&'v Value>,
        desired: &'v Value,
        live: Option<&'v Value>,
        retain_keys: bool,
    ) -> Value {
        if self.path.len() > self.limits.value_depth_max {
            let limit = self.limits.value_depth_max;
            self.report(|path| MergeProblem::TooDeep { path, limit });
            return Value::Null;
        }
        match desired {
            Value::Map(want) if !schema.is_atomic() => {
                let live = live.and_then(Value::as_map);
                let merged = self.map(schema, base, want, live);
                if retain_keys { retained(merged, want, live) } else { merged }.into()
            }
            Value::List(want) if *schema.list_kind() != ListKind::Atomic => {
                self.list(schema, base, want, live).into()
            }
            other => other.clone(),
        }
    }

    /// Goes through the fields of both maps at once; both are sorted.
    fn map<'v>(
        &mut self,
        schema: SchemaRef<'v>,
        base: Option<&'v Value>,
        want: &'v Map,
        live: Option<&'v Map>,
    ) -> Map {
        let base = base.and_then(Value::as_map);
        let was = |name: &str| base.and_then(|base| base.get(name)).filter(|value| !value.is_null());
        let mut fields = Vec::with_capacity(want.len().max(live.map_or(0, Map::len)));
        for (name, have) in live.into_iter().flat_map(Map::iter).filter(|(name, _)| !want.contains(name)) {
            let stays = match was(name) {
                None => Some(have.clone()),
                Some(was) => subtract(schema.field(name), was, have, self.limits.value_depth_max),
            };
            fields.extend(stays.map(|value| (name.clone(), value)));
        }
        for (name, wanted) in want.iter().filter(|(_, wanted)| !wanted.is_null()) {
            let have = live.and_then(|live| live.get(name));
            self.path.push(Segment::Field(name.clone()));
            let field = schema.field(name);
            let value = self.value(field, was(name), wanted, have, field.patch().retain_keys);
            fields.push((name.clone(), value));
            self.path.pop();
        }
        fields.into_iter().collect()
    }

    fn list<'v>(
        &mut self,
        schema: SchemaRef<'v>,
        base: Option<&'v Value>,
        want: &'v [Value],
        live: Option<&'v Value>,
    ) -> Vec<Value> {
        let want = self.wanted(schema, want);
        let (was, have) = (Items::of_value(schema, base), Items::of_value(schema, live));
        let mut extras = self.extras(schema, &was, &want, &have);
        let mut items = std::mem::take(&mut extras[0]);
        let retain_keys = schema.patch().retain_keys;
        for (at, (key, wanted)) in want.entries.iter().enumerate() {
            // An item of a set is told apart by all that it holds, so it is taken as it is.
            if *schema.list_kind() == ListKind::Set {
                items.push((*wanted).clone());
            } else {
                self.path.push(key.segment(schema.list_kind(), at));
                items.push(self.value(schema.item(), was.get(key), wanted, have.get(key), retain_keys));
                self.path.pop();
            }
            items.append(&mut extras[at + 1]);
        }
        items
    }

    /// Sorts the items of the live list that are not wanted and stay, by the wanted item that they follow; those that
    /// follow none are first.
    fn extras(
        &mut self,
        schema: SchemaRef<'_>,
        was: &Items<'_>,
        want: &Items<'_>,
        have: &Items<'_>,
    ) -> Vec<Vec<Value>> {
        let mut extras = vec![Vec::new(); want.entries.len() + 1];
        let mut behind = 0;
        for (at, (key, item)) in have.entries.iter().enumerate() {
            match want.find(key) {
                Some(_) if have.is_repeated(at) => {
                    let path = self.at(key.segment(schema.list_kind(), at));
                    self.collapsed.push(path);
                }
                Some(place) => behind = place + 1,
                None if was.find(key).is_some() => {}
                None => extras[behind].push((*item).clone()),
            }
        }
        extras
    }

    /// Gives the wanted items with their keys, and reports those that have none or one that was there before.
    fn wanted<'v>(&mut self, schema: SchemaRef<'v>, list: &'v [Value]) -> Items<'v> {
        let kind = schema.list_kind();
        let mut entries = Vec::with_capacity(list.len());
        for (at, item) in list.iter().enumerate() {
            let key = match kind {
                ListKind::Map(keys) => Key::strict(keys, schema.item(), item),
                _ => Ok(Key::Whole(item)),
            };
            match key {
                Ok(key) => entries.push((key, item)),
                Err(why) => self.report_at(Segment::Index(at), |path| match why {
                    Unkeyed::NotAMap => MergeProblem::NotAMap { path, found: item.type_name() },
                    Unkeyed::Missing(key) => MergeProblem::MissingKey { path, key: key.clone() },
                }),
            }
        }
        let items = Items::new(entries);
        for (at, (key, _)) in items.entries.iter().enumerate() {
            if items.is_repeated(at) {
                // An item of a set is all value, which an error does not show.
                let segment = match kind {
                    ListKind::Set => Segment::Index(at),
                    _ => key.segment(kind, at),
                };
                self.report_at(segment, |path| MergeProblem::Repeated { path });
            }
        }
        items
    }

    fn at(&self, segment: Segment) -> FieldPath {
        FieldPath::new(self.path.clone()).then(segment)
    }

    fn report_at(&mut self, segment: Segment, problem: impl FnOnce(FieldPath) -> MergeProblem) {
        self.path.push(segment);
        self.report(problem);
        self.path.pop();
    }

    fn report(&mut self, problem: impl FnOnce(FieldPath) -> MergeProblem) {
        if self.problems.len() < self.limits.problems_max.max(1) {
            let path = FieldPath::new(self.path.clone());
            self.problems.push(problem(Mask::default().kind("", "").path(&path)));
        }
    }
}

/// Drops the fields that `want` does not name, once what it names differs from the live map: the defaults of one member of
/// a union are wrong beside another. While nothing differs they stay, or no object would ever be as it should.
fn retained(merged: Map, want: &Map, live: Option<&Map>) -> Map {
    let have = |name: &Text| live.and_then(|live| live.get(name)).filter(|value| !value.is_null());
    if want.iter().all(|(name, _)| merged.get(name) == have(name)) {
        return merged;
    }
    merged.into_iter().filter(|(name, _)| want.contains(name)).collect()
}

/// Gives what is left of a live value when what was applied goes; `None` where nothing is.
fn subtract<'v>(schema: SchemaRef<'v>, was: &'v Value, live: &'v Value, depth: usize) -> Option<Value> {
    match (was, live) {
        (Value::Map(was), Value::Map(live)) if depth > 0 && !schema.is_atomic() => {
            subtract_map(schema, was, live, depth)
        }
        (Value::List(was), Value::List(live)) if *schema.list_kind() != ListKind::Atomic => {
            let was = Items::of(schema, was);
            let left = Items::of(schema, live).entries.into_iter().filter(|(key, _)| was.find(key).is_none());
            let left: Vec<Value> = left.map(|(_, item)| item.clone()).collect();
            (!left.is_empty()).then_some(left.into())
        }
        _ => None,
    }
}

fn subtract_map<'v>(schema: SchemaRef<'v>, was: &'v Map, live: &'v Map, depth: usize) -> Option<Value> {
    let left = |(name, have): (&Text, &'v Value)| {
        let stays = match was.get(name).filter(|was| !was.is_null()) {
            None => Some(have.clone()),
            Some(was) => subtract(schema.field(name), was, have, depth - 1),
        };
        stays.map(|value| (name.clone(), value))
    };
    let left: Map = live.iter().filter_map(left).collect();
    (!says_nothing(schema, &left)).then_some(left.into())
}

/// Says whether every field of a map is what a missing field would mean.
fn says_nothing(schema: SchemaRef<'_>, map: &Map) -> bool {
    map.iter().all(|(name, value)| {
        let field = schema.field(name);
        field.when_missing() == Some(value)
            || value.as_map().is_some_and(|map| !map.is_empty() && says_nothing(field, map))
    })
}
