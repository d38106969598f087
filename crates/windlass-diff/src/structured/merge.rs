//! What is applied, merged into what is live.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use windlass_core::{Limits, Map, Segment, Value};

use super::order::Step;
use super::walk::{Type, Types, Walk};
use super::{StructuredError, StructuredProblem};
use crate::{ListKind, SchemaRef};

static NULL: Value = Value::Null;

/// Merges what is applied into what is live: nothing goes, and where both have a field the applied one wins.
///
/// Items are in their live order where what is applied has them in that order too, else in the applied one; items that only
/// the live list has stay behind what they followed. [`crate::merge::three_way`] also takes out what was applied before.
///
/// # Errors
/// [`StructuredError`] where items cannot be told apart, two applied items have one key, or neither value has the type of
/// the schema.
pub fn merge(
    schema: SchemaRef<'_>,
    live: &Value,
    applied: &Value,
    limits: &Limits,
) -> Result<Value, StructuredError> {
    let mut walk = Walk::begin(limits, &[live, applied])?;
    let merged = merged(schema, Some(live), Some(applied), &mut walk).unwrap_or_default();
    walk.end(merged)
}

/// Merges two values; `None` where nothing is left to say.
fn merged(
    schema: SchemaRef<'_>,
    live: Option<&Value>,
    applied: Option<&Value>,
    walk: &mut Walk<'_>,
) -> Option<Value> {
    let types = Types::of(schema).narrowed(applied.or(live));
    let leaf = || applied.or(live).cloned();
    match types.first() {
        Type::Scalar(scalar) => {
            walk.check_scalars(scalar, live, applied);
            leaf()
        }
        Type::Map => {
            let [live, applied] = [live, applied].map(|side| side.and_then(Value::as_map));
            let empty = |side: Option<&Map>| side.is_none_or(Map::is_empty);
            if schema.is_atomic() || empty(live) && empty(applied) {
                return leaf();
            }
            let map = maps(schema, live, applied, walk);
            (!map.is_empty()).then(|| map.into())
        }
        Type::List => {
            let [live, applied] =
                [live, applied].map(|side| side.and_then(Value::as_list).unwrap_or_default());
            if *schema.list_kind() == ListKind::Atomic || live.is_empty() && applied.is_empty() {
                return leaf();
            }
            let list = lists(schema, live, applied, walk);
            (!list.is_empty()).then(|| list.into())
        }
    }
}

fn maps(schema: SchemaRef<'_>, live: Option<&Map>, applied: Option<&Map>, walk: &mut Walk<'_>) -> Map {
    let mut fields = Vec::new();
    for (name, live, applied) in super::zip::fields(live, applied) {
        let merged =
            walk.at(Segment::Field(name.clone()), |walk| merged(schema.field(name), live, applied, walk));
        fields.extend(merged.map(|value| (name.clone(), value)));
    }
    fields.into_iter().collect()
}

fn lists(schema: SchemaRef<'_>, live: &[Value], applied: &[Value], walk: &mut Walk<'_>) -> Vec<Value> {
    let (applied, live) = (walk.steps(schema, applied), walk.steps(schema, live));
    let wanted = once_each(&applied, walk);
    let mut have: BTreeMap<Step<'_>, &Value> = BTreeMap::new();
    for (step, item) in &live {
        // Of several live items with one key none is the one that is meant.
        have.entry(Step(step)).and_modify(|have| *have = &NULL).or_insert(*item);
    }
    let rest: VecDeque<_> = applied.iter().collect();
    let shared = rest.iter().map(|(step, _)| step).filter(|step| have.contains_key(&Step(step))).collect();
    let mut merge = ListMerge { schema, have: &have, rest, shared, items: Vec::new() };
    for (step, item) in &live {
        if !wanted.contains(&Step(step)) {
            merge.put(step, Some(item), None, walk);
        } else {
            match merge.shared.front().copied() {
                Some(next) if Step(next) == Step(step) => merge.take_until(next, walk),
                Some(_) => {}
                None => merge.take_one(walk),
            }
        }
    }
    while !merge.rest.is_empty() {
        merge.take_one(walk);
    }
    merge.items
}

/// Gives the applied steps, and reports those that repeat.
fn once_each<'s>(applied: &'s [(Segment, &Value)], walk: &mut Walk<'_>) -> BTreeSet<Step<'s>> {
    let mut wanted = BTreeSet::new();
    for (step, _) in applied {
        if !wanted.insert(Step(step)) {
            walk.at(step.clone(), |walk| walk.report(|path| StructuredProblem::Repeated { path }));
        }
    }
    wanted
}

/// A list in the making.
struct ListMerge<'m> {
    schema: SchemaRef<'m>,
    have: &'m BTreeMap<Step<'m>, &'m Value>,
    /// The applied items that are still to come.
    rest: VecDeque<&'m (Segment, &'m Value)>,
    /// Those of them that are also live.
    shared: VecDeque<&'m Segment>,
    items: Vec<Value>,
}

impl<'m> ListMerge<'m> {
    fn take_until(&mut self, last: &Segment, walk: &mut Walk<'_>) {
        while let Some((step, _)) = self.rest.front().copied() {
            self.take_one(walk);
            if Step(step) == Step(last) {
                return;
            }
        }
    }

    fn take_one(&mut self, walk: &mut Walk<'_>) {
        if let Some((step, item)) = self.rest.pop_front() {
            if self.shared.front().is_some_and(|next| Step(next) == Step(step)) {
                self.shared.pop_front();
            }
            self.put(step, self.have.get(&Step(step)).copied(), Some(item), walk);
        }
    }

    fn put(&mut self, step: &Segment, live: Option<&Value>, applied: Option<&Value>, walk: &mut Walk<'_>) {
        let schema = self.schema.item();
        self.items.extend(walk.at(step.clone(), |walk| merged(schema, live, applied, walk)));
    }
}
