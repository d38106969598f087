//! Anchors, and a bound for what their aliases multiply.

use std::collections::BTreeMap;

use windlass_core::{Error, Value};

use super::build::too_deep;
use crate::Options;
use crate::text::limit;

/// What was anchored in a document.
pub(super) struct Anchors {
    kept: BTreeMap<usize, Kept>,
    values: Budget,
    bytes: Budget,
}

/// What of a limit is left.
struct Budget {
    max: usize,
    left: usize,
}

struct Kept {
    value: Value,
    size: Size,
}

/// How many values a value is made of, how many bytes its texts and keys have, and how many lists and maps are inside one
/// another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    values: usize,
    bytes: usize,
    depth: usize,
}

impl Anchors {
    pub(super) fn new(options: &Options) -> Self {
        let budget = |max| Budget { max, left: max };
        let (values, bytes) = (budget(options.alias_values_max), budget(options.alias_bytes_max));
        Self { kept: BTreeMap::new(), values, bytes }
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
        self.pay_values(size)?;
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
        self.pay_values(size)?;
        self.bytes
            .pay(size.bytes)
            .ok_or_else(|| limit("aliases make too long texts", "alias_bytes_max", self.bytes.max))?;
        Ok(self.kept.get(&anchor).map(|kept| kept.value.clone()))
    }

    fn pay_values(&mut self, size: Size) -> Result<(), Error> {
        self.values
            .pay(size.values)
            .ok_or_else(|| limit("aliases make too many values", "alias_values_max", self.values.max))
    }
}

impl Budget {
    fn pay(&mut self, amount: usize) -> Option<()> {
        self.left = self.left.checked_sub(amount)?;
        Some(())
    }
}

impl Size {
    fn of(value: &Value) -> Self {
        match value {
            Value::List(items) => Self::around(items.iter().map(Self::of)),
            Value::Map(map) => Self::around(map.iter().map(|(key, value)| {
                let size = Self::of(value);
                Self { bytes: size.bytes.saturating_add(key.len()), ..size }
            })),
            Value::Text(text) => Self { values: 1, bytes: text.len(), depth: 0 },
            _ => Self { values: 1, bytes: 0, depth: 0 },
        }
    }

    fn around(inner: impl Iterator<Item = Self>) -> Self {
        let inner = inner.fold(Self::default(), Self::beside);
        Self { values: inner.values.saturating_add(1), bytes: inner.bytes, depth: inner.depth + 1 }
    }

    fn beside(self, other: Self) -> Self {
        Self {
            values: self.values.saturating_add(other.values),
            bytes: self.bytes.saturating_add(other.bytes),
            depth: self.depth.max(other.depth),
        }
    }
}
