//! The fields of maps under way, with merge keys and the search for keys that appear twice.

use windlass_core::{Error, Map, Text, Value};

use super::problem::{self, Spot};
use super::scalar::Wrong;
use crate::Rules;

/// A field of a map under way.
pub(super) struct Field {
    pub(super) key: Text,
    pub(super) value: Value,
    pub(super) spot: Spot,
    /// It came through `<<`.
    pub(super) merged: bool,
}

/// The fields of all maps that are open, those of the innermost last.
pub(super) struct Fields {
    rules: Rules,
    /// The last of equal keys wins, and nobody is told.
    repeated: bool,
    open: Vec<Field>,
}

impl Fields {
    pub(super) const fn new(rules: Rules, repeated: bool) -> Self {
        Self { rules, repeated, open: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn clear(&mut self) {
        self.open.clear();
    }

    pub(super) fn push(&mut self, field: Field) {
        self.open.push(field);
    }

    /// Adds what `<<` brings. Of several maps the first wins, and a later `<<` wins over an earlier one.
    pub(super) fn merge(&mut self, base: usize, value: Value, spot: Spot) -> Result<(), Wrong> {
        const WRONG: Wrong = "<< takes a map or a list of maps";
        if self.rules == Rules::V3 && self.open[base..].iter().any(|field| field.merged) {
            return Err("<< appears twice");
        }
        debug_assert!(base <= self.open.len(), "the map is still open");
        let maps = match value {
            Value::Map(map) => vec![map],
            Value::List(items) => {
                let maps = items
                    .into_iter()
                    .rev()
                    .map(|item| if let Value::Map(map) = item { Ok(map) } else { Err(WRONG) });
                maps.collect::<Result<_, _>>()?
            }
            _ => return Err(WRONG),
        };
        for (key, value) in maps.into_iter().flatten() {
            self.open.push(Field { key, value, spot, merged: true });
        }
        Ok(())
    }

    /// Takes the fields of the innermost map, which are those from `base` on. Of equal keys the last wins, which is
    /// right for merged ones; everything else about equal keys is a problem.
    pub(super) fn close(&mut self, base: usize) -> (Value, Vec<(Error, Spot)>) {
        let fields = &mut self.open[base..];
        match self.rules {
            Rules::V2 => fields.sort_by(|a, b| a.key.cmp(&b.key)),
            // A field wins over what is merged.
            Rules::V3 => fields.sort_by(|a, b| (&a.key, !a.merged).cmp(&(&b.key, !b.merged))),
        }
        let mut problems = Vec::new();
        let told = |same: &&[Field]| same.len() > 1 && !self.repeated;
        for same in fields.chunk_by(|a, b| a.key == b.key).filter(told) {
            problems.extend(clashes(self.rules, same));
        }
        problems.sort_by_key(|(_, spot): &(Error, Spot)| spot.offset);
        let map: Map = self.open.drain(base..).map(|field| (field.key, field.value)).collect();
        (Value::Map(map), problems)
    }
}

/// Says what is wrong among fields of one key, in the order in which they were written.
fn clashes(rules: Rules, same: &[Field]) -> Vec<(Error, Spot)> {
    let mut written = same.iter().enumerate().filter(|(_, field)| !field.merged);
    let Some((at, first)) = written.next() else { return Vec::new() };
    let mut problems: Vec<_> = written
        .map(|(_, again)| {
            let error = problem::invalid("a key appears twice", again.spot)
                .with("key", &first.key)
                .with("first_line", first.spot.line)
                .with_help("keep one of the two");
            (error, again.spot)
        })
        .collect();
    if rules == Rules::V3 {
        return problems;
    }
    if let Some(merged) = same[at..].iter().find(|field| field.merged && field.value != first.value) {
        let error = problem::invalid("<< would replace a field that is written above it", merged.spot)
            .with("key", &first.key)
            .with("first_line", first.spot.line)
            .with_help("tools disagree on who wins; write << as the first key of the map");
        problems.push((error, merged.spot));
    }
    problems
}
