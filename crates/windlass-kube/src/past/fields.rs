//! Sets of fields, as `managedFields` has them, and what they select of a value.

use std::collections::BTreeMap;

use windlass_core::{FieldPath, Map, Segment, Text, Value};

/// Steps inside one another that are followed; what is deeper counts as one field.
const DEPTH_MAX: usize = 100;

/// A set of fields: a tree of steps such as `f:spec` and `k:{"name":"web"}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    /// Whether the field itself is in the set, whatever is below it.
    member: bool,
    below: BTreeMap<Text, Fields>,
}

impl Fields {
    /// Reads `fieldsV1`.
    pub(crate) fn read(set: &Value) -> Self {
        Self { member: false, ..Self::node(set, DEPTH_MAX) }
    }

    fn node(set: &Value, depth: usize) -> Self {
        let steps = set.as_map().filter(|steps| depth > 0 && !steps.is_empty());
        let Some(steps) = steps else { return Self { member: true, below: BTreeMap::new() } };
        let below = steps.iter().filter(|(step, _)| step.as_str() != ".");
        let below = below.map(|(step, set)| (step.clone(), Self::node(set, depth - 1))).collect();
        Self { member: steps.contains("."), below }
    }

    /// Writes `fieldsV1`.
    pub(crate) fn write(&self) -> Value {
        let mut steps: Map = self.below.iter().map(|(step, fields)| (step.clone(), fields.write())).collect();
        if self.member && !steps.is_empty() {
            steps.insert(".", Map::new());
        }
        steps.into()
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }

    /// Gives the set that is one field, with nothing told apart below it.
    pub(crate) fn whole() -> Self {
        Self { member: true, below: BTreeMap::new() }
    }

    /// Gives the one field at the end of these steps.
    pub(crate) fn one(steps: &[&str]) -> Self {
        steps.iter().rev().fold(Self::whole(), |fields, step| Self {
            member: false,
            below: BTreeMap::from([(Text::from(*step), fields)]),
        })
    }

    /// Gives the set with one step before it.
    pub(crate) fn under(self, step: &Text) -> Self {
        Self { member: false, below: BTreeMap::from([(step.clone(), self)]) }
    }

    pub(crate) fn union(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }

    fn add(&mut self, other: &Self) {
        self.member |= other.member;
        for (step, fields) in &other.below {
            self.below.entry(step.clone()).or_default().add(fields);
        }
    }

    /// Takes out what `other` has: a field that it has as a whole goes with all that is below it. A map goes out with the last
    /// field of it: alone it would stand for all that is in it.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let below = self.below.iter().filter_map(|(step, fields)| {
            let left = match other.below.get(step) {
                None => fields.clone(),
                Some(other) if other.is_whole() => return None,
                Some(other) => fields.without(other),
            };
            let emptied = step.starts_with("f:") && left.below.is_empty() && !fields.below.is_empty();
            (!left.is_empty() && !emptied).then(|| (step.clone(), left))
        });
        Self { member: self.member && !other.member, below: below.collect() }
    }

    /// Gives what is in both. A field that one of them has as a whole is all that the other has there.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        if self.is_whole() {
            return other.clone();
        }
        if other.is_whole() {
            return self.clone();
        }
        let below = self.below.iter().filter_map(|(step, fields)| {
            let both = fields.intersection(other.below.get(step)?);
            (!both.is_empty()).then(|| (step.clone(), both))
        });
        Self { member: self.member && other.member, below: below.collect() }
    }

    /// Gives the fields of this set that `other` has, or has something of.
    pub(crate) fn touched(&self, other: &Self) -> Self {
        if self.is_whole() || other.is_whole() {
            return self.clone();
        }
        let below = self.below.iter().filter_map(|(step, fields)| {
            let both = fields.touched(other.below.get(step)?);
            (!both.is_empty()).then(|| (step.clone(), both))
        });
        Self { member: self.member && other.member, below: below.collect() }
    }

    /// Gives what would go if only `kept` were named from now on: a field below which something is kept stays itself.
    pub(crate) fn leaving(&self, kept: &Self) -> Self {
        let below = self.below.iter().filter_map(|(step, fields)| {
            let left = match kept.below.get(step) {
                None => fields.clone(),
                Some(kept) if kept.is_whole() => return None,
                Some(kept) => Self { member: false, ..fields.leaving(kept) },
            };
            (!left.is_empty()).then(|| (step.clone(), left))
        });
        Self { member: false, below: below.collect() }
    }

    /// Gives what goes although others hold `held`. Whoever holds a map whose fields are told apart here holds none of them: it is
    /// what is left of an entry from which the fields were taken.
    pub(crate) fn not_held(&self, held: &Self) -> Self {
        let below = self.below.iter().filter_map(|(step, fields)| {
            let left = match held.below.get(step) {
                None => fields.clone(),
                Some(_) if fields.is_whole() => return None,
                Some(held) => Self { member: false, ..fields.not_held(held) },
            };
            (!left.is_empty()).then(|| (step.clone(), left))
        });
        Self { member: false, below: below.collect() }
    }

    /// Takes each map as a whole in which nothing is kept: with the last field that somebody holds of it goes what nobody holds,
    /// such as what the server had filled in beside it.
    pub(crate) fn with_emptied(&self, kept: &Self) -> Self {
        let none = Self::default();
        let below = self.below.iter().map(|(step, fields)| {
            let left = kept.below.get(step);
            let fields = fields.with_emptied(left.unwrap_or(&none));
            let member = fields.member || (left.is_none() && step.starts_with("f:"));
            (step.clone(), Self { member, ..fields })
        });
        Self { member: self.member, below: below.collect() }
    }

    /// Says whether it is one field as a whole, with nothing told apart below it.
    pub(crate) fn is_whole(&self) -> bool {
        self.member && self.below.is_empty()
    }

    pub(crate) fn get(&self, step: &str) -> Option<&Self> {
        self.below.get(step)
    }

    pub(crate) fn has_itself(&self) -> bool {
        self.member
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = (&Text, &Self)> {
        self.below.iter()
    }

    /// Says whether it has fields of an item of a list without the item itself.
    pub(crate) fn has_bare_items(&self) -> bool {
        self.below
            .iter()
            .any(|(step, fields)| (step.starts_with("k:") && !fields.member) || fields.has_bare_items())
    }

    /// Keeps what is at a path that is written without places in lists: any item will do there.
    pub(crate) fn at(&self, path: &[Text]) -> Self {
        let Some((first, rest)) = path.split_first() else { return self.clone() };
        let below = self.below.iter().filter_map(|(step, fields)| {
            let left = match step.split_once(':') {
                Some(("f", name)) if name == first.as_str() => fields.at(rest),
                Some(("k" | "v" | "i", _)) => fields.at(path),
                _ => return None,
            };
            (!left.is_empty()).then(|| (step.clone(), left))
        });
        Self { member: false, below: below.collect() }
    }

    /// Drops a step and all below it.
    pub(crate) fn drop_step(mut self, steps: &[&str]) -> Self {
        if let Some((first, rest)) = steps.split_first() {
            if rest.is_empty() {
                self.below.remove(*first);
            } else if let Some(fields) = self.below.remove(*first) {
                let left = fields.drop_step(rest);
                if !left.is_empty() {
                    self.below.insert(Text::from(*first), left);
                }
            }
        }
        self
    }

    /// Keeps what a value has.
    pub(crate) fn found_in(&self, value: &Value) -> Self {
        let below = self.below.iter().filter_map(|(step, fields)| {
            let left = fields.found_in(child(value, step)?);
            (!left.is_empty()).then(|| (step.clone(), left))
        });
        Self { member: self.member, below: below.collect() }
    }

    /// Takes the fields out of a value. What becomes empty by that goes as well.
    pub(crate) fn take_out(&self, value: &mut Value) {
        for (step, fields) in &self.below {
            if fields.member {
                remove(value, step);
            } else if let Some(inner) = child_mut(value, step) {
                fields.take_out(inner);
                if is_bare(inner) {
                    remove(value, step);
                }
            }
        }
    }

    /// Names the outermost fields of the set, at most `max`.
    pub(crate) fn paths(&self, max: usize) -> Vec<FieldPath> {
        let mut paths = Vec::new();
        self.collect(&FieldPath::root(), max, &mut paths);
        paths
    }

    fn collect(&self, at: &FieldPath, max: usize, paths: &mut Vec<FieldPath>) {
        for (step, fields) in &self.below {
            if paths.len() >= max {
                return;
            }
            let Some(segment) = segment(step) else { continue };
            let path = at.clone().then(segment);
            if fields.member {
                paths.push(path);
            } else {
                fields.collect(&path, max, paths);
            }
        }
    }
}

fn is_bare(value: &Value) -> bool {
    value.as_map().is_some_and(Map::is_empty) || value.as_list().is_some_and(<[Value]>::is_empty)
}

pub(super) fn child<'v>(value: &'v Value, step: &str) -> Option<&'v Value> {
    match (step.split_once(':')?, value) {
        (("f", name), Value::Map(map)) => map.get(name),
        (_, Value::List(items)) => items.get(crate::stamp::item(items, step)?),
        _ => None,
    }
}

pub(super) fn child_mut<'v>(value: &'v mut Value, step: &str) -> Option<&'v mut Value> {
    match (step.split_once(':')?, value) {
        (("f", name), Value::Map(map)) => map.get_mut(name),
        (_, Value::List(items)) => {
            let at = crate::stamp::item(items, step)?;
            items.get_mut(at)
        }
        _ => None,
    }
}

fn remove(value: &mut Value, step: &str) {
    match (step.split_once(':'), value) {
        (Some(("f", name)), Value::Map(map)) => drop(map.remove(name)),
        (Some(_), Value::List(items)) => {
            if let Some(at) = crate::stamp::item(items, step) {
                items.remove(at);
            }
        }
        _ => {}
    }
}

fn segment(step: &str) -> Option<Segment> {
    let (sort, rest) = step.split_once(':')?;
    match sort {
        "f" => Some(Segment::Field(rest.into())),
        "i" => rest.parse().ok().map(Segment::Index),
        "v" => serde_json::from_str(rest).ok().map(Segment::Item),
        "k" => {
            let keys: Value = serde_json::from_str(rest).ok()?;
            let keys = keys.as_map()?.iter().map(|(key, value)| (key.clone(), value.clone()));
            Some(Segment::Key(keys.collect()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    fn set(text: &str) -> Fields {
        Fields::read(&read(text))
    }

    #[test]
    fn a_set_is_written_as_it_was_read() {
        for text in [
            "{}",
            r#"{"f:a":{}}"#,
            r#"{"f:a":{".":{},"f:b":{}},"f:c":{"k:{\"name\":\"x\"}":{".":{},"f:name":{}}}}"#,
        ] {
            assert_eq!(set(text).write(), read(text));
        }
    }

    #[test]
    fn a_member_that_gets_steps_below_stays_a_member() {
        let join = |a: &str, b: &str| set(a).union(&set(b)).write().canonical();
        assert_eq!(join(r#"{"f:a":{}}"#, r#"{"f:a":{"f:b":{}}}"#), r#"{"f:a":{".":{},"f:b":{}}}"#);
        assert_eq!(join(r#"{"f:a":{"f:b":{}}}"#, r#"{"f:a":{"f:c":{}}}"#), r#"{"f:a":{"f:b":{},"f:c":{}}}"#);
    }

    #[test]
    fn what_is_taken_out_of_a_set_leaves_the_rest() {
        let less = |a: &str, b: &str| set(a).without(&set(b)).write().canonical();
        assert_eq!(less(r#"{"f:a":{"f:b":{},"f:c":{}}}"#, r#"{"f:a":{"f:b":{}}}"#), r#"{"f:a":{"f:c":{}}}"#);
        assert_eq!(less(r#"{"f:a":{"f:b":{}}}"#, r#"{"f:a":{}}"#), "{}", "a whole takes what is below it");
        assert_eq!(less(r#"{"f:a":{".":{},"f:b":{}}}"#, r#"{"f:a":{".":{},"f:b":{}}}"#), "{}");
        assert_eq!(
            less(r#"{"f:a":{".":{},"f:b":{}}}"#, r#"{"f:a":{"f:b":{}}}"#),
            "{}",
            "no map without its fields"
        );
        let item = r#"{"k:{\"name\":\"x\"}":{".":{},"f:b":{}}}"#;
        let left = less(item, r#"{"k:{\"name\":\"x\"}":{"f:b":{}}}"#);
        assert_eq!(left, r#"{"k:{\"name\":\"x\"}":{}}"#, "an item is one without its fields");
    }

    #[test]
    fn a_map_that_is_held_is_touched_by_a_field_in_it() {
        let touched = |held: &str, wanted: &str| set(held).touched(&set(wanted)).write().canonical();
        let labels = r#"{"f:labels":{"f:a":{},"f:b":{}}}"#;
        assert_eq!(touched(r#"{"f:labels":{},"f:other":{}}"#, labels), r#"{"f:labels":{}}"#);
        assert_eq!(touched(labels, r#"{"f:labels":{"f:b":{},"f:c":{}}}"#), r#"{"f:labels":{"f:b":{}}}"#);
        assert_eq!(touched(labels, r#"{"f:other":{}}"#), "{}");
    }

    #[test]
    fn a_field_below_which_something_is_kept_stays() {
        let leaving = |a: &str, kept: &str| set(a).leaving(&set(kept)).write().canonical();
        let item = r#"{"f:list":{"k:{\"name\":\"x\"}":{".":{},"f:name":{},"f:v":{}}}}"#;
        assert_eq!(leaving(item, "{}"), item);
        assert_eq!(
            leaving(item, r#"{"f:list":{"k:{\"name\":\"x\"}":{"f:name":{}}}}"#),
            r#"{"f:list":{"k:{\"name\":\"x\"}":{"f:v":{}}}}"#
        );
        assert_eq!(leaving(r#"{"f:a":{"f:b":{}}}"#, r#"{"f:a":{}}"#), "{}", "a whole keeps what is below it");
    }

    #[test]
    fn whoever_holds_an_emptied_map_holds_no_field_of_it() {
        let goes = |a: &str, held: &str| set(a).not_held(&set(held)).write().canonical();
        let map = r#"{"f:a":{".":{},"f:b":{},"f:c":{}}}"#;
        assert_eq!(goes(map, r#"{"f:a":{}}"#), r#"{"f:a":{"f:b":{},"f:c":{}}}"#);
        assert_eq!(goes(map, r#"{"f:a":{"f:b":{}}}"#), r#"{"f:a":{"f:c":{}}}"#);
        assert_eq!(goes(r#"{"f:a":{}}"#, r#"{"f:a":{}}"#), "{}", "one value is held as a whole");
        assert_eq!(goes(map, "{}"), map);
    }

    #[test]
    fn with_the_last_field_of_a_map_goes_what_nobody_holds_of_it() {
        let left = |kept: &str| {
            let mut value = read(r#"{"s":{"down":{"policies":[1],"window":60},"up":{"window":0}},"max":5}"#);
            set(r#"{"f:s":{"f:down":{"f:window":{}}}}"#).with_emptied(&set(kept)).take_out(&mut value);
            value.canonical()
        };
        assert_eq!(left(r#"{"f:max":{}}"#), r#"{"max":5}"#);
        assert_eq!(left(r#"{"f:s":{"f:up":{"f:window":{}}}}"#), r#"{"max":5,"s":{"up":{"window":0}}}"#);
        let beside = left(r#"{"f:s":{"f:down":{"f:policies":{}}}}"#);
        assert_eq!(beside, r#"{"max":5,"s":{"down":{"policies":[1]},"up":{"window":0}}}"#);
    }

    #[test]
    fn what_is_empty_after_its_last_field_went_goes_as_well() {
        let mut value = read(r#"{"data":{"a":"1"},"list":[{"name":"x","v":1},{"name":"y"}],"kept":{}}"#);
        set(r#"{"f:data":{"f:a":{}},"f:list":{"k:{\"name\":\"x\"}":{"f:v":{}},"k:{\"name\":\"y\"}":{".":{},"f:name":{}}}}"#)
            .take_out(&mut value);
        assert_eq!(value.canonical(), r#"{"kept":{},"list":[{"name":"x"}]}"#);
    }

    #[test]
    fn places_in_lists_are_any_place() {
        let text = r#"{"f:list":{"k:{\"name\":\"x\"}":{".":{},"f:a":{"f:b":{}}},"k:{\"name\":\"y\"}":{"f:c":{}}},"f:o":{}}"#;
        let at = |path: &[&str]| {
            let path: Vec<Text> = path.iter().map(|name| Text::from(*name)).collect();
            set(text).at(&path).write().canonical()
        };
        assert_eq!(at(&["list", "a"]), r#"{"f:list":{"k:{\"name\":\"x\"}":{"f:a":{"f:b":{}}}}}"#);
        assert_eq!(at(&["none"]), "{}");
    }

    #[test]
    fn the_outermost_fields_are_named() {
        let paths = |max| {
            let named = set(r#"{"f:a":{".":{},"f:b":{}},"f:l":{"k:{\"name\":\"x\"}":{"f:v":{}}},"f:z":{}}"#)
                .paths(max);
            named.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(paths(9), "a l[name=x].v z");
        assert_eq!(paths(1), "a");
    }

    #[test]
    fn an_odd_set_is_no_panic() {
        let mut value = read(r#"{"a":[1],"b":{"c":1}}"#);
        for odd in [
            "[]",
            "1",
            r#"{"f":{}}"#,
            r#"{"f:a":{"k:x":{},"i:9":{},"v:{":{},"q:1":{}}}"#,
            r#"{"f:b":{"i:0":{}}}"#,
        ] {
            set(odd).take_out(&mut value);
            set(odd).paths(9);
        }
        assert_eq!(value.canonical(), r#"{"a":[1],"b":{"c":1}}"#);
    }
}
