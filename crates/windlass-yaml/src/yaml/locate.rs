//! Where a field is written.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StrInput};

use super::problem::Spot;
use super::scalar::{self, Kind};
use super::{Begin, Next};
use crate::{Options, Place, Rules};

/// One step from a value into it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<'p> {
    Field(&'p str),
    Index(usize),
}

/// Follows `steps` through a document. `text` is its own, which begins at `begin`.
pub(crate) fn find(text: &str, begin: Begin, steps: &[Step<'_>]) -> Option<Place> {
    let (mut walk, field, next) = Walk::to(text, begin.rules, steps)?;
    let value = walk.extent(next)?;
    Some(place(begin, field, value))
}

/// Follows `steps` to a list and gives the places of its items.
pub(crate) fn find_items(text: &str, begin: Begin, steps: &[Step<'_>]) -> Option<Vec<Place>> {
    let (mut walk, _, list) = Walk::to(text, begin.rules, steps)?;
    let Event::SequenceStart(..) = list.0 else { return None };
    let mut places = Vec::new();
    loop {
        let item = walk.next()?;
        if matches!(item.0, Event::SequenceEnd) {
            return Some(places);
        }
        let spot = Spot::of(&item.1.start);
        let value = walk.extent(item)?;
        places.push(place(begin, spot, value));
    }
}

/// The document was read within its limits, so that only the stack bounds the depth here.
fn deep() -> Options {
    Options { value_depth_max: usize::MAX, ..Options::default() }
}

fn place(begin: Begin, field: Spot, value: Range<usize>) -> Place {
    let first_line = field.line == 1;
    Place {
        line: begin.line.saturating_add(field.line - 1),
        column: if first_line { field.column.saturating_add(begin.column) } else { field.column },
        value: begin.offset + value.start..begin.offset + value.end,
    }
}

struct Walk<'t> {
    parser: Parser<'t, StrInput<'t>>,
    rules: Rules,
}

impl<'t> Walk<'t> {
    /// Gives where the steps lead to: the walk, where the field begins, and the first event of its value.
    fn to(text: &'t str, rules: Rules, steps: &[Step<'_>]) -> Option<(Self, Spot, Next<'t>)> {
        let mut walk = Self { parser: super::parser(text, &deep()), rules };
        let mut next = walk.root()?;
        let mut field = Spot::of(&next.1.start);
        for step in steps {
            if matches!(next.0, Event::Alias(_)) {
                break;
            }
            (field, next) = match step {
                Step::Field(name) => walk.field(next, name)?,
                Step::Index(at) => walk.item(next, *at)?,
            };
        }
        Some((walk, field, next))
    }

    fn next(&mut self) -> Option<Next<'t>> {
        self.parser.next()?.ok()
    }

    fn root(&mut self) -> Option<Next<'t>> {
        loop {
            match self.next()? {
                (Event::StreamStart, _) => {}
                (Event::DocumentStart(..), _) => return self.next(),
                _ => return None,
            }
        }
    }

    /// Gives where the field begins and the first event of its value.
    fn field(&mut self, map: Next<'t>, name: &str) -> Option<(Spot, Next<'t>)> {
        let Event::MappingStart(..) = map.0 else { return None };
        loop {
            let key = self.next()?;
            let spot = Spot::of(&key.1.start);
            if matches!(key.0, Event::MappingEnd) {
                return None;
            }
            let found = is_key(self.rules, &key.0, name);
            self.extent(key)?;
            let value = self.next()?;
            if found {
                return Some((spot, value));
            }
            self.extent(value)?;
        }
    }

    fn item(&mut self, list: Next<'t>, at: usize) -> Option<(Spot, Next<'t>)> {
        let Event::SequenceStart(..) = list.0 else { return None };
        for _ in 0..at {
            let item = self.next()?;
            if matches!(item.0, Event::SequenceEnd) {
                return None;
            }
            self.extent(item)?;
        }
        let item = self.next()?;
        (!matches!(item.0, Event::SequenceEnd)).then(|| (Spot::of(&item.1.start), item))
    }

    /// Reads a node to its end and gives its bytes. What a block collection ends with is its last scalar.
    fn extent(&mut self, first: Next<'t>) -> Option<Range<usize>> {
        let bytes = first.1.byte_range()?;
        let (mut depth, mut end, mut event) = (0_usize, bytes.end, first.0);
        loop {
            match event {
                Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
                Event::SequenceEnd | Event::MappingEnd => depth = depth.checked_sub(1)?,
                _ => {}
            }
            if depth == 0 {
                return Some(bytes.start..end);
            }
            let (next, span) = self.next()?;
            let bytes = span.byte_range()?;
            if !bytes.is_empty() {
                end = end.max(bytes.end);
            }
            event = next;
        }
    }
}

fn is_key(rules: Rules, event: &Event<'_>, name: &str) -> bool {
    let Event::Scalar(text, style, _, tag) = event else { return false };
    let kind = Kind::of(tag.as_deref(), *style == ScalarStyle::Plain);
    let as_written = rules == Rules::V3 && text == name;
    as_written
        || scalar::resolve(rules, kind, text.clone())
            .and_then(scalar::Scalar::into_key)
            .is_ok_and(|key| key == name)
}
