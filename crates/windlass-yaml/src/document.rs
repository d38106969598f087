//! A document and the places of its fields.

use std::ops::Range;

use windlass_core::{FieldPath, Segment, Text, Value};

use crate::yaml::{self, Begin, Step};

/// A document of a text.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// What it says; never `null`.
    pub value: Value,
    /// Which document of the text it is, from 1, where those that hold nothing count too.
    pub index: u32,
    /// The line on which its value begins, from 1.
    pub line: u32,
    pub(crate) begin: Begin,
}

/// Where a field is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The line on which the field begins, with its key or, for an item of a list, with its value; from 1.
    pub line: u32,
    /// The character of that line, from 1.
    pub column: u32,
    /// The bytes of the value, with its quotes.
    pub value: Range<usize>,
}

impl Place {
    /// Moves it behind bytes that were skipped.
    pub(crate) fn behind(mut self, bytes: usize) -> Self {
        self.value = self.value.start + bytes..self.value.end + bytes;
        self
    }
}

impl Document {
    /// Finds where a field is written in `text`, which must be the text the document was read from. `None` for a field
    /// that is not there or came through a merge key. What lies behind an alias is found at the alias.
    ///
    /// The text is read again up to the field: documents stay as small as their values.
    #[must_use]
    pub fn locate(&self, text: &[u8], path: &FieldPath) -> Option<Place> {
        let steps = self.steps(path)?;
        let (own, skipped) = self.begin.of(text)?;
        yaml::find(own, self.begin, &steps).map(|place| place.behind(skipped))
    }

    /// Finds where the items of a list are written, reading the text once. `None` as in [`Document::locate`], and for
    /// what is no list or lies behind an alias.
    #[must_use]
    pub fn locate_items(&self, text: &[u8], path: &FieldPath) -> Option<Vec<Place>> {
        let steps = self.steps(path)?;
        let (own, skipped) = self.begin.of(text)?;
        let places = yaml::find_items(own, self.begin, &steps)?;
        Some(places.into_iter().map(|place| place.behind(skipped)).collect())
    }

    /// Gives the value at a path for change.
    pub(crate) fn value_mut(&mut self, path: &FieldPath) -> Option<&mut Value> {
        let steps = self.steps(path)?;
        steps.into_iter().try_fold(&mut self.value, |value, step| match (step, value) {
            (Step::Field(name), Value::Map(map)) => map.get_mut(name),
            (Step::Index(at), Value::List(items)) => items.get_mut(at),
            _ => None,
        })
    }

    /// Turns what identifies an item of a list into its place in the list.
    fn steps<'p>(&self, path: &'p FieldPath) -> Option<Vec<Step<'p>>> {
        let mut steps = Vec::with_capacity(path.segments().len());
        let mut value = &self.value;
        for segment in path.segments() {
            let step = step(value, segment)?;
            value = match step {
                Step::Field(name) => value.get(name)?,
                Step::Index(at) => value.as_list()?.get(at)?,
            };
            steps.push(step);
        }
        Some(steps)
    }
}

fn step<'p>(value: &Value, segment: &'p Segment) -> Option<Step<'p>> {
    match segment {
        Segment::Field(name) => Some(Step::Field(name)),
        Segment::Index(at) => Some(Step::Index(*at)),
        Segment::Key(keys) => value.as_list()?.iter().position(|item| has_keys(item, keys)).map(Step::Index),
        Segment::Item(wanted) => value.as_list()?.iter().position(|item| item == wanted).map(Step::Index),
        _ => None,
    }
}

fn has_keys(item: &Value, keys: &[(Text, Value)]) -> bool {
    keys.iter().all(|(key, wanted)| item.get(key) == Some(wanted))
}
