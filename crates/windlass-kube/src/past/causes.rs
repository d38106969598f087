//! What stands in the way of a change that the server refuses as not valid, by the fields that it names.

use std::collections::BTreeSet;

use windlass_core::{Map, Text, Value};

use super::fields::Fields;
use super::settle::{Claims, Settlement, all_of};
use super::unknown;

/// How often what is looked at around a field that the server names is widened.
const WIDENINGS_MAX: usize = 4;

/// How deep a `type` is looked for.
const TURNED_DEPTH_MAX: usize = 16;

/// What is claimed of an object until the server takes it.
#[derive(Debug)]
pub(crate) struct Widening {
    level: usize,
}

impl Widening {
    pub(crate) const fn new() -> Self {
        Self { level: 0 }
    }

    /// Claims what nobody holds or what is ours around the fields that are refused, wider each time until that is anything:
    /// the field, what it is in, and what that is in. Whatever of it the server itself fills in, it fills in again. Gives
    /// `false` where there is nothing more to claim.
    pub(crate) fn widen(
        &mut self,
        refused: &[String],
        body: &Value,
        wanted: &Fields,
        settlement: &Settlement,
        claims: &mut Claims,
    ) -> bool {
        let all = all_of(body);
        while self.level < WIDENINGS_MAX {
            let level = self.level;
            self.level += 1;
            let near = refused.iter().filter_map(|field| around(field, level));
            let near = near.fold(Fields::default(), |near, path| near.union(&all.at(&path)));
            let free = settlement.held(&near).into_iter().fold(near, |free, (_, held)| free.without(&held));
            let drop = claims.drop.clone().union(&free.leaving(wanted));
            if drop != claims.drop {
                claims.drop = drop;
                return true;
            }
        }
        false
    }
}

/// Gives what hangs below a parent that was ours and is not wanted any more, where the server names something in it:
/// whoever holds it holds a part of what is gone.
pub(crate) fn left(refused: &[String], body: &Value, wanted: &Fields, settlement: &Settlement) -> Fields {
    let all = all_of(body);
    let mut left = Fields::default();
    for field in refused {
        let mut path = steps(field);
        let is_gone = |path: &[Text]| wanted.at(path).is_empty() && !settlement.ours().at(path).is_empty();
        if let Some(depth) = (2..=path.len()).find(|depth| is_gone(&path[..*depth])) {
            left = left.union(&all.at(&path[..depth]));
        } else if all.at(&path).is_empty() && path.pop().is_some() && path.len() >= 2 {
            // The server names some fields otherwise than objects have them: what goes beside it is meant.
            let beside = names(&all.at(&path), path.len());
            let beside =
                beside.into_iter().map(|name| path.iter().cloned().chain([name]).collect::<Vec<_>>());
            left = beside.filter(|path| is_gone(path)).fold(left, |left, path| left.union(&all.at(&path)));
        }
    }
    left
}

/// Gives what nobody holds beside a `type` that is wanted otherwise than it is: the server filled it in for the old one.
pub(crate) fn turned(body: &Value, wanted: &Value, settlement: &Settlement) -> Fields {
    let all = all_of(body);
    let beside = beside_turned(body, wanted);
    let beside = beside.iter().fold(Fields::default(), |beside, path| beside.union(&all.at(path)));
    let free = settlement.held(&beside).into_iter().fold(beside, |free, (_, held)| free.without(&held));
    free.without(&unknown::kept(body))
}

/// Gives the paths of what lies beside a `type` that turns and is not wanted. That of the object as a whole is none: it says
/// what the object is.
pub(crate) fn beside_turned(body: &Value, wanted: &Value) -> Vec<Vec<Text>> {
    let mut beside = Vec::new();
    find_turned(body, wanted, &mut Vec::new(), &mut beside);
    beside
}

/// Goes through maps alone.
fn find_turned(body: &Value, wanted: &Value, at: &mut Vec<Text>, found: &mut Vec<Vec<Text>>) {
    let (Some(have), Some(want)) = (body.as_map(), wanted.as_map()) else { return };
    if at.len() > TURNED_DEPTH_MAX {
        return;
    }
    let kind = |map: &Map| map.get("type").and_then(Value::as_text).map(Text::from);
    let turned = matches!((kind(have), kind(want)), (Some(have), Some(want)) if have != want);
    let turns = turned && !at.is_empty();
    for (name, value) in have.iter() {
        at.push(name.clone());
        match want.get(name) {
            Some(wanted) => find_turned(value, wanted, at, found),
            None if turns => found.push(at.clone()),
            None => {}
        }
        at.pop();
    }
}

/// Gives the names of the fields that are `depth` fields deep.
fn names(fields: &Fields, depth: usize) -> BTreeSet<Text> {
    let mut names = BTreeSet::new();
    for (step, below) in fields.steps() {
        match (step.split_once(':'), depth) {
            (Some(("f", name)), 0) => drop(names.insert(Text::from(name))),
            (Some(("f", _)), depth) => names.extend(self::names(below, depth.saturating_sub(1))),
            _ => names.extend(self::names(below, depth)),
        }
    }
    names
}

/// Gives the path of a field, less its last `level` steps. The object as a whole and its metadata are no answer.
fn around(field: &str, level: usize) -> Option<Vec<Text>> {
    let mut path = steps(field);
    let depth = path.len().checked_sub(level).filter(|depth| *depth > 0)?;
    path.truncate(depth);
    (path.first().map(Text::as_str) != Some("metadata")).then_some(path)
}

/// Reads a path as validation writes it, `spec.containers[0].ports`, without places in lists.
pub(crate) fn steps(field: &str) -> Vec<Text> {
    let (mut steps, mut rest) = (Vec::new(), field);
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (name, after) = inner.split_once(']').unwrap_or((inner, ""));
            if !name.is_empty() && name.parse::<usize>().is_err() {
                steps.push(Text::from(name));
            }
            rest = after;
            continue;
        }
        let plain = rest.trim_start_matches('.');
        let end = plain.find(['.', '[']).unwrap_or(plain.len());
        if end > 0 {
            steps.push(Text::from(&plain[..end]));
        }
        rest = &plain[end..];
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_validation_is_read_without_places_in_lists() {
        let read = |field| steps(field).join(" ");
        assert_eq!(read("spec.template.spec.volumes[0].emptyDir"), "spec template spec volumes emptyDir");
        assert_eq!(read("data[a.b/c]"), "data a.b/c");
        assert_eq!(
            (read(""), read("[0]"), read(".a..b["), read("<nil>")),
            (String::new(), String::new(), "a b".into(), "<nil>".into())
        );
    }

    #[test]
    fn what_lies_beside_a_type_that_turns_is_found_unless_it_is_wanted() {
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
        let beside = |live: &str, wanted: &str| {
            let found = beside_turned(&read(live), &read(wanted));
            found.iter().map(|path| path.join(".")).collect::<Vec<_>>().join(" ")
        };
        let live =
            r#"{"type":"a","x":1,"spec":{"by":{"type":"Rolling","rolling":{"max":1},"both":1},"other":1}}"#;
        assert_eq!(beside(live, r#"{"spec":{"by":{"type":"OnDelete","both":1}}}"#), "spec.by.rolling");
        assert_eq!(beside(live, r#"{"type":"b","spec":{"by":{"type":"Rolling"}}}"#), "");
        assert_eq!(beside(live, r#"{"spec":{"by":{"both":2}}}"#), "", "no type is wanted");
    }

    #[test]
    fn the_object_as_a_whole_is_never_claimed() {
        assert_eq!(around("spec.strategy.rollingUpdate", 1).unwrap_or_default().join("."), "spec.strategy");
        assert_eq!(around("spec", 1), None);
        assert_eq!(around("metadata.labels", 0), None);
    }
}
