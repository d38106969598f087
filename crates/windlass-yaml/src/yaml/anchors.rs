//! Anchors, and a bound for what their aliases multiply.

use std::collections::BTreeMap;

use windlass_core::{Error, Value};

use super::build::too_deep;
use crate::text::limit;

/// What was anchored in a document.
pub(super) struct Anchors {
    kept: BTreeMap<usize, Kept>,
    max: usize,
    left: usize,
}

struct Kept {
    value: Value,
    size: Size,
}

/// How many values a value is made of, and how many lists and maps are inside one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Size {
    values: usize,
    depth: usize,
}

impl Anchors {
    pub(super) fn new(max: usize) -> Self {
        Self { kept: BTreeMap::new(), max, left: max }
    }

    /// Forgets the anchors of the document before; what they cost stays counted.
    pub(super) fn forget(&mut self) {
        self.kept.clear();
    }

    /// Keeps a value for aliases; the anchor 0 is none.
    pub(super) fn keep(&mut self, anchor: usize, value: &Value) -> Result<(), Error> {
        if anchor == 0 {
            return Ok(());
        }
        let size = Size::of(value);
        self.pay(size)?;
        self.kept.insert(anchor, Kept { value: value.clone(), size });
        Ok(())
    }

    /// Gives a copy of what was anchored; `None` for an anchor that is still open.
    pub(super) fn repeat(
        &mut self,
        anchor: usize,
        depth: usize,
        depth_max: usize,
    ) -> Result<Option<Value>, Error> {
        let Some(size) = self.kept.get(&anchor).map(|kept| kept.size) else { return Ok(None) };
        if depth + size.depth > depth_max {
            return Err(too_deep(depth_max));
        }
        self.pay(size)?;
        Ok(self.kept.get(&anchor).map(|kept| kept.value.clone()))
    }

    fn pay(&mut self, size: Size) -> Result<(), Error> {
        self.left = self
            .left
            .checked_sub(size.values)
            .ok_or_else(|| limit("aliases make too many values", "alias_values_max", self.max))?;
        Ok(())
    }
}

impl Size {
    fn of(value: &Value) -> Self {
        let inner = match value {
            Value::List(items) => items.iter().map(Self::of).reduce(Self::beside),
            Value::Map(map) => map.iter().map(|(_, value)| Self::of(value)).reduce(Self::beside),
            _ => return Self { values: 1, depth: 0 },
        };
        inner.map_or(Self { values: 1, depth: 1 }, |inner| Self {
            values: inner.values.saturating_add(1),
            depth: inner.depth + 1,
        })
    }

    fn beside(self, other: Self) -> Self {
        Self { values: self.values.saturating_add(other.values), depth: self.depth.max(other.depth) }
    }
}
