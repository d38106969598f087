//! The walk through both values, with what is wanted and what was applied beside them.

use windlass_core::{FieldPath, Map, Segment, Text, Value};

use super::{Facts, FieldChange, cause};
use crate::items::{Items, Key};
use crate::{ListKind, SchemaRef, spelling};

/// Maps and lists inside one another; what is deeper is compared whole.
const DEPTH_MAX: usize = 100;

pub(super) fn walk(
    schema: SchemaRef<'_>,
    before: Option<&Value>,
    after: Option<&Value>,
    facts: &Facts<'_>,
) -> Vec<FieldChange> {
    // Most objects are as they should be, and this is the quickest way to see it.
    if before == after {
        return Vec::new();
    }
    let place = Place { schema, before, after, wanted: facts.wanted, applied: facts.applied_before };
    let mut walk = Walk { facts, path: Vec::new(), named: Vec::new(), changes: Vec::new() };
    walk.value(place);
    walk.changes
}

/// One place of all the values.
#[derive(Clone, Copy)]
pub(super) struct Place<'v> {
    pub(super) schema: SchemaRef<'v>,
    pub(super) before: Option<&'v Value>,
    pub(super) after: Option<&'v Value>,
    pub(super) wanted: Option<&'v Value>,
    pub(super) applied: Option<&'v Value>,
}

struct Walk<'v> {
    facts: &'v Facts<'v>,
    path: Vec<Segment>,
    named: Vec<Text>,
    changes: Vec<FieldChange>,
}

impl<'v> Walk<'v> {
    fn value(&mut self, place: Place<'v>) {
        match (place.before, place.after) {
            _ if self.path.len() >= DEPTH_MAX => self.leaf(place),
            (Some(Value::Map(before)), Some(Value::Map(after))) => self.map(place, before, after),
            (Some(Value::List(before)), Some(Value::List(after))) => self.list(place, before, after),
            _ => self.leaf(place),
        }
    }

    fn leaf(&mut self, place: Place<'v>) {
        if place.before != place.after {
            self.report(place, false);
        }
    }

    fn map(&mut self, place: Place<'v>, before: &'v Map, after: &'v Map) {
        let (mut left, mut right) = (before.iter().peekable(), after.iter().peekable());
        loop {
            let name = match (left.peek(), right.peek()) {
                (Some((a, _)), Some((b, _))) => (*a).min(*b),
                (Some((name, _)), None) | (None, Some((name, _))) => *name,
                (None, None) => break,
            };
            let before = left.next_if(|(have, _)| *have == name).map(|(_, value)| value);
            let after = right.next_if(|(have, _)| *have == name).map(|(_, value)| value);
            let named = self.named.len();
            if name == "value" {
                self.named.extend(names_of(place.before).chain(names_of(place.after)));
            }
            self.step(
                Segment::Field(name.clone()),
                Place {
                    schema: place.schema.field(name),
                    before,
                    after,
                    wanted: place.wanted.and_then(|wanted| wanted.get(name)),
                    applied: place.applied.and_then(|applied| applied.get(name)),
                },
            );
            self.named.truncate(named);
        }
    }

    fn list(&mut self, place: Place<'v>, before: &'v [Value], after: &'v [Value]) {
        let maps = |list: &[Value]| list.iter().all(|item| item.as_map().is_some());
        match place.schema.list_kind() {
            ListKind::Atomic if before.len() == after.len() && maps(before) && maps(after) => {
                self.places(place, before, after);
            }
            ListKind::Atomic => self.leaf(place),
            ListKind::Set | ListKind::Map(_) => self.keyed(place, before, after),
        }
    }

    fn places(&mut self, place: Place<'v>, before: &'v [Value], after: &'v [Value]) {
        let nth =
            |list: Option<&'v Value>, at: usize| list.and_then(Value::as_list).and_then(|list| list.get(at));
        for (at, (before, after)) in before.iter().zip(after).enumerate() {
            self.step(
                Segment::Index(at),
                Place {
                    schema: place.schema.item(),
                    before: Some(before),
                    after: Some(after),
                    wanted: nth(place.wanted, at),
                    applied: nth(place.applied, at),
                },
            );
        }
    }

    fn keyed(&mut self, place: Place<'v>, before: &'v [Value], after: &'v [Value]) {
        let before = Items::of(place.schema, before);
        let after = Items::of(place.schema, after);
        let wanted = Items::of_value(place.schema, place.wanted);
        let applied = Items::of_value(place.schema, place.applied);
        let item = |key: &Key<'v>, before, after| Place {
            schema: place.schema.item(),
            before,
            after,
            wanted: wanted.get(key),
            applied: applied.get(key),
        };
        let kind = place.schema.list_kind();
        let pairs = pair(&before, &after);
        for (at, (key, gone)) in before.entries.iter().enumerate().filter(|(at, _)| !pairs.kept[*at]) {
            self.step(key.segment(kind, at), item(key, Some(gone), None));
        }
        for (at, (key, value)) in after.entries.iter().enumerate() {
            let before = pairs.before[at].map(|at| before.entries[at].1);
            self.step(key.segment(kind, at), item(key, before, Some(value)));
        }
        if !pairs.before.iter().flatten().is_sorted() {
            self.order(place, &before, &after);
        }
    }

    fn step(&mut self, segment: Segment, place: Place<'v>) {
        self.path.push(segment);
        self.value(place);
        self.path.pop();
    }

    fn order(&mut self, place: Place<'v>, before: &Items<'v>, after: &Items<'v>) {
        let (before, after) = (keys(before), keys(after));
        let wanted = place.wanted.is_some().then(|| keys(&Items::of_value(place.schema, place.wanted)));
        let applied = place.applied.is_some().then(|| keys(&Items::of_value(place.schema, place.applied)));
        self.report(
            Place {
                schema: place.schema,
                before: Some(&before),
                after: Some(&after),
                wanted: wanted.as_ref(),
                applied: applied.as_ref(),
            },
            true,
        );
    }

    fn report(&mut self, place: Place<'_>, order: bool) {
        let path = FieldPath::new(self.path.clone());
        let holder = self.facts.holders.and_then(|holders| holders(&path));
        let spelled = if order {
            *place.schema.list_kind() == ListKind::Set
        } else {
            spelling::same(place.schema, place.before, place.after)
        };
        let cause = cause::of(place, spelled, self.facts.wanted.is_some(), holder.is_some());
        let (before, after) = (place.before.cloned(), place.after.cloned());
        let named = self.named.clone();
        let keys = match place.schema.list_kind() {
            ListKind::Map(keys) if order => keys.clone(),
            _ => Vec::new(),
        };
        self.changes.push(FieldChange { path, before, after, cause, holder, order, named, keys });
    }
}

/// Which item of one list is which of the other.
struct Pairs {
    /// For each item of `before`, whether it is still there.
    kept: Vec<bool>,
    /// For each item of `after`, where it was.
    before: Vec<Option<usize>>,
}

/// Repeated keys pair up in their order.
fn pair(before: &Items<'_>, after: &Items<'_>) -> Pairs {
    let mut pairs = Pairs { kept: vec![false; before.entries.len()], before: Vec::new() };
    let mut taken = vec![0; before.entries.len()];
    for (key, _) in &after.entries {
        let place = before.find(key).and_then(|first| {
            taken[first] += 1;
            before.nth(key, taken[first] - 1)
        });
        if let Some(place) = place {
            pairs.kept[place] = true;
        }
        pairs.before.push(place);
    }
    pairs
}

/// What a map calls itself.
fn names_of(value: Option<&Value>) -> impl Iterator<Item = Text> {
    let names = ["name", "key"].into_iter().filter_map(move |field| value?.text_at(&[field]));
    names.map(Text::from)
}

/// The keys of a list in their order, as a person would name the items.
fn keys(items: &Items<'_>) -> Value {
    let name = |key: &Key<'_>| match key {
        Key::Whole(value) => (*value).clone(),
        Key::Fields(values) => match values.as_slice() {
            [one] => (*one).clone(),
            many => many.iter().map(|value| (*value).clone()).collect(),
        },
    };
    items.entries.iter().map(|(key, _)| name(key)).collect()
}
