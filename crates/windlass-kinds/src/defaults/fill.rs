//! Running the rules.

use windlass_core::{Map, Value};

use super::table::{Action, Condition, Rule, Step, Table};
use crate::quantity::Quantity;

/// Types that use types; the table goes down to five.
const TYPES_MAX: usize = 16;

pub(super) fn fill(table: &Table, rules: &[Rule], object: &mut Value, depth: usize) {
    if depth > TYPES_MAX {
        return;
    }
    for rule in rules {
        if rule.condition.as_ref().is_none_or(|condition| condition.is_met(object)) {
            let from = match &rule.action {
                Action::From(path) => at(object, path).cloned(),
                _ => None,
            };
            each(&rule.path, object, &mut |place| act(table, &rule.action, from.as_ref(), place, depth));
        }
    }
}

/// Where a rule leads.
enum Place<'v> {
    /// A field of a map, which may be missing.
    Field(&'v mut Map, &'v str),
    /// An item of a list or a value of a map.
    Value(&'v mut Value),
}

fn each(path: &[Step], value: &mut Value, act: &mut impl FnMut(Place<'_>)) {
    match (path, value) {
        ([], value) => act(Place::Value(value)),
        ([Step::Field(name)], Value::Map(map)) => act(Place::Field(map, name)),
        ([Step::Field(name), rest @ ..], Value::Map(map)) => {
            if let Some(inner) = map.get_mut(name) {
                each(rest, inner, act);
            }
        }
        ([Step::Items, rest @ ..], Value::List(items)) => {
            items.iter_mut().for_each(|item| each(rest, item, act));
        }
        ([Step::Values, rest @ ..], Value::Map(map)) => {
            map.iter_mut().for_each(|(_, value)| each(rest, value, act));
        }
        _ => {}
    }
}

fn act(table: &Table, action: &Action, from: Option<&Value>, place: Place<'_>, depth: usize) {
    match (action, place) {
        (Action::Type(name), place) => {
            let rules = table.sections.get(name).map(Vec::as_slice).unwrap_or_default();
            if let Some(value) = place.into_value().filter(|value| value.as_map().is_some()) {
                fill(table, rules, value, depth + 1);
            }
        }
        (Action::Quantity, place) => {
            if let Some(value) = place.into_value() {
                write_quantity(value);
            }
        }
        (_, Place::Field(map, name)) if map.get(name).is_none_or(Value::is_null) => {
            let value = match action {
                Action::Value(value) => Some(value.clone()),
                Action::PullPolicy => Some(pull_policy(map).into()),
                _ => from.filter(|from| !from.is_null() && from.as_text() != Some("")).cloned(),
            };
            value.map(|value| map.insert(name, value));
        }
        _ => {}
    }
}

impl<'v> Place<'v> {
    fn into_value(self) -> Option<&'v mut Value> {
        match self {
            Self::Field(map, name) => map.get_mut(name),
            Self::Value(value) => Some(value),
        }
    }
}

pub(super) fn write_quantity(value: &mut Value) {
    if let Some(quantity) = Quantity::of(value) {
        *value = quantity.to_string().into();
    }
}

/// An image without a tag is its latest.
fn pull_policy(container: &Map) -> &'static str {
    let image = container.get("image").and_then(Value::as_text).unwrap_or_default();
    if image.contains('@') {
        return "IfNotPresent";
    }
    let name = image.rsplit('/').next().unwrap_or_default();
    match name.split_once(':') {
        None | Some((_, "latest")) => "Always",
        Some(_) => "IfNotPresent",
    }
}

impl Condition {
    fn is_met(&self, object: &Value) -> bool {
        let found = at(object, &self.path).filter(|found| !found.is_null());
        let is = match &self.value {
            Some(value) => found == Some(value),
            None => found.is_some(),
        };
        is == self.holds
    }
}

fn at<'v>(object: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(object, |value, field| value.get(field))
}
