//! From events to one value.

use std::borrow::Cow;

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, StructureStyle, Tag};
use windlass_core::{Error, ErrorKind, Text, Value};

use super::anchors::Anchors;
use super::fields::{Field, Fields};
use super::problem::{self, Spot};
use super::scalar::{self, Kind};
use super::{Keys, Next, kyaml};
use crate::text::{limit, with_template_help};
use crate::{Options, Rules};

/// A problem after which nothing more of the document can be read, or a result.
type Built<T> = Result<T, Error>;

/// Builds values. The stacks are kept from document to document, so that lists and maps are collected in one
/// allocation of the right size.
pub(super) struct Builder {
    rules: Rules,
    keys: Keys,
    anchors: Anchors,
    items: Vec<Value>,
    fields: Fields,
    problems: Vec<Error>,
    problems_max: usize,
    /// Problems of this document beyond that.
    problems_more: usize,
    depth_max: usize,
    /// Brackets that are open.
    brackets: usize,
    /// Behind the last event of the document.
    end: usize,
}

/// What stands where a key is expected.
enum Key {
    Name(Text),
    Merge,
    /// It was reported; its value is read and dropped.
    Wrong,
}

/// The events of one document with what is made of them.
struct Walk<'b, 'p, 't> {
    text: &'t str,
    builder: &'b mut Builder,
    parser: &'p mut Parser<'t, StrInput<'t>>,
}

impl Builder {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            rules: options.rules,
            keys: Keys::default(),
            anchors: Anchors::new(options),
            items: Vec::new(),
            fields: Fields::new(options.rules, options.repeated_keys),
            problems: Vec::new(),
            problems_max: options.problems_max,
            problems_more: 0,
            depth_max: options.depth_max(),
            brackets: 0,
            end: 0,
        }
    }

    /// Builds the document whose first event is given.
    pub(super) fn document<'t>(
        &mut self,
        text: &'t str,
        parser: &mut Parser<'t, StrInput<'t>>,
        (event, span): Next<'t>,
    ) -> Built<Value> {
        self.anchors.forget();
        self.items.clear();
        self.fields.clear();
        self.brackets = 0;
        self.end = span_end(&span);
        Walk { text, builder: self, parser }.node(event, span, 0)
    }

    /// Gives the byte behind all that the last document was read from.
    pub(super) const fn end(&self) -> usize {
        self.end
    }

    pub(super) fn take_problems(&mut self) -> Vec<Error> {
        let more = std::mem::take(&mut self.problems_more);
        let mut problems = std::mem::take(&mut self.problems);
        if more > 0 {
            problems.push(Error::new(
                ErrorKind::Invalid,
                format!("{} in one document", Text::count(more, "more problem")),
            ));
        }
        problems
    }

    fn report(&mut self, error: Error) {
        if self.problems.len() < self.problems_max {
            self.problems.push(error);
        } else {
            self.problems_more += 1;
        }
    }
}

/// Gives the next event of a document, where its end is an error too.
pub(super) fn next<'t>(text: &str, parser: &mut Parser<'t, StrInput<'t>>) -> Built<Next<'t>> {
    match parser.next() {
        Some(Ok(next)) => Ok(next),
        Some(Err(found)) => Err(problem::syntax(text, &found)),
        None => Err(Error::new(ErrorKind::Internal, "the parser ended inside a document")),
    }
}

impl<'t> Walk<'_, '_, 't> {
    fn next(&mut self) -> Built<Next<'t>> {
        let next = next(self.text, self.parser)?;
        self.builder.end = self.builder.end.max(span_end(&next.1));
        Ok(next)
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Built<Value> {
        let spot = Spot::of(&span.start);
        let (value, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = ended(self.text, written(text, &span), style, &span);
                (self.scalar(text, style, tag.as_deref(), spot), anchor)
            }
            Event::SequenceStart(style, anchor, _) => (self.list(style, spot, depth)?, anchor),
            Event::MappingStart(style, anchor, _) => (self.map(style, spot, depth)?, anchor),
            Event::Alias(id) => return self.alias(id, spot, depth),
            Event::UnresolvedAlias(_) => {
                self.builder.report(problem::no_anchor(spot));
                return Ok(Value::Null);
            }
            _ => return Err(problem::invalid("expected a value", spot)),
        };
        self.builder.anchors.keep(anchor, &value).map_err(|error| at(error, spot))?;
        Ok(value)
    }

    fn scalar(&mut self, text: Cow<'t, str>, style: ScalarStyle, tag: Option<&Tag>, spot: Spot) -> Value {
        let kind = Kind::of(tag, style == ScalarStyle::Plain);
        let (kind, text) = match self.builder.rules {
            Rules::V3 if style == ScalarStyle::Folded => (kind, kyaml::refolded(text)),
            Rules::V3 if kind == Kind::Any && self.builder.brackets > 0 && kyaml::in_brackets(&text) => {
                (Kind::Text, text)
            }
            _ => (kind, text),
        };
        scalar::resolve(self.builder.rules, kind, text).and_then(scalar::Scalar::into_value).unwrap_or_else(
            |wrong| {
                self.builder.report(problem::invalid(wrong, spot));
                Value::Null
            },
        )
    }

    fn list(&mut self, style: StructureStyle, spot: Spot, depth: usize) -> Built<Value> {
        self.check_depth(depth, spot)?;
        self.check_tab(style, spot);
        let base = self.builder.items.len();
        self.builder.brackets += usize::from(style == StructureStyle::Flow);
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                self.builder.brackets -= usize::from(style == StructureStyle::Flow);
                return Ok(Value::List(self.builder.items.drain(base..).collect()));
            }
            let item = self.node(event, span, depth + 1)?;
            self.builder.items.push(item);
        }
    }

    fn map(&mut self, style: StructureStyle, spot: Spot, depth: usize) -> Built<Value> {
        self.check_depth(depth, spot)?;
        let base = self.builder.fields.len();
        self.builder.brackets += usize::from(style == StructureStyle::Flow);
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                self.builder.brackets -= usize::from(style == StructureStyle::Flow);
                let (map, problems) = self.builder.fields.close(base);
                problems.into_iter().for_each(|(error, _)| self.builder.report(error));
                return Ok(map);
            }
            let spot = Spot::of(&span.start);
            self.check_tab(style, spot);
            let key = self.key(event, span, depth + 1)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            self.field(base, key, value, spot);
        }
    }

    fn field(&mut self, base: usize, key: Key, value: Value, spot: Spot) {
        match key {
            Key::Name(key) => self.builder.fields.push(Field { key, value, spot, merged: false }),
            Key::Merge => {
                if let Err(wrong) = self.builder.fields.merge(base, value, spot) {
                    self.builder.report(problem::invalid(wrong, spot));
                }
            }
            Key::Wrong => {}
        }
    }

    fn key(&mut self, event: Event<'t>, span: Span, depth: usize) -> Built<Key> {
        let spot = Spot::of(&span.start);
        let mut template = false;
        let name = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let text = written(text, &span);
                let plain = style == ScalarStyle::Plain;
                if text == "<<"
                    && (plain && tag.is_none() || tag.as_deref().is_some_and(scalar::is_merge_tag))
                {
                    return Ok(Key::Merge);
                }
                let written = text.clone();
                let found = scalar::resolve(self.builder.rules, Kind::of(tag.as_deref(), plain), text);
                self.keep_key(anchor, &found, spot)?;
                found.and_then(|found| self.key_name(found, written, depth))
            }
            other => match self.node(other, span, depth)? {
                Value::List(_) => Err("a list may not be a key"),
                Value::Map(_) => {
                    template = true;
                    Err("a map may not be a key")
                }
                value => key_of(value),
            },
        };
        Ok(match name {
            Ok(name) => Key::Name(self.builder.keys.share(&name)),
            Err(wrong) => {
                let error = problem::invalid(wrong, spot);
                // What a template has in double braces reads as a map that is the key of a map.
                let error = if template { with_template_help(error, self.text, spot.offset) } else { error };
                self.builder.report(error);
                Key::Wrong
            }
        })
    }

    /// Version 3 gives JSON a map that has other keys than texts, which JSON refuses. The outermost map is one of texts.
    fn key_name(
        &self,
        key: scalar::Scalar<'t>,
        written: Cow<'t, str>,
        depth: usize,
    ) -> Result<Cow<'t, str>, scalar::Wrong> {
        match (self.builder.rules, &key) {
            (Rules::V2, _) | (_, scalar::Scalar::Text(_) | scalar::Scalar::Null) => key.into_key(),
            (Rules::V3, _) if depth <= 1 => Ok(written),
            (Rules::V3, _) => Err("a key is no text: quote it"),
        }
    }

    /// A key may have an anchor of its own.
    fn keep_key(
        &mut self,
        anchor: usize,
        found: &Result<scalar::Scalar<'_>, scalar::Wrong>,
        spot: Spot,
    ) -> Built<()> {
        match found {
            Ok(found) if anchor != 0 => {
                let value = found.clone().into_value().unwrap_or_default();
                self.builder.anchors.keep(anchor, &value).map_err(|error| at(error, spot))
            }
            _ => Ok(()),
        }
    }

    fn alias(&mut self, id: usize, spot: Spot, depth: usize) -> Built<Value> {
        let depth_max = self.builder.depth_max;
        match self.builder.anchors.repeat(id, depth, depth_max) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => {
                self.builder.report(problem::invalid("an anchor contains itself", spot));
                Ok(Value::Null)
            }
            Err(error) => Err(at(error, spot)),
        }
    }

    /// The parser lets a tab indent what is outermost.
    fn check_tab(&mut self, style: StructureStyle, spot: Spot) {
        let before = self.text.get(..spot.offset).unwrap_or_default();
        if style == StructureStyle::Block && before.ends_with('\t') {
            let line = before.rfind('\n').map_or(before, |newline| &before[newline + 1..]);
            if line.trim_start().is_empty() {
                self.builder.report(problem::tab(self.text, spot));
            }
        }
    }

    fn check_depth(&self, depth: usize, spot: Spot) -> Built<()> {
        if depth < self.builder.depth_max {
            return Ok(());
        }
        Err(at(too_deep(self.builder.depth_max), spot))
    }
}

pub(super) fn too_deep(max: usize) -> Error {
    limit("lists and maps are nested too deeply", "value_depth_max", max)
}

fn at(error: Error, spot: Spot) -> Error {
    error.with("line", spot.line).with("column", spot.column)
}

fn span_end(span: &Span) -> usize {
    span.end.byte_offset().unwrap_or_default()
}

/// Takes the line break away that the parser gives a block scalar at the end of a text that has none there.
pub(super) fn ended<'t>(whole: &str, text: Cow<'t, str>, style: ScalarStyle, span: &Span) -> Cow<'t, str> {
    let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
    if !is_block || span_end(span) < whole.len() || whole.ends_with(['\n', '\r']) {
        return text;
    }
    let Some(without) = text.strip_suffix('\n') else { return text };
    let last = whole.rsplit('\n').next().unwrap_or_default().trim_start_matches(' ');
    if last.is_empty() || !without.ends_with(last) {
        return text;
    }
    Cow::Owned(without.to_owned())
}

/// Gives the text as it was written: the parser makes `~` of a value that is not there.
pub(super) fn written<'t>(text: Cow<'t, str>, span: &Span) -> Cow<'t, str> {
    if text == "~" && span.start.index() == span.end.index() { Cow::Borrowed("") } else { text }
}

/// Gives the key that an alias stands for.
fn key_of(value: Value) -> Result<Cow<'static, str>, scalar::Wrong> {
    match value {
        Value::Text(text) => Ok(Cow::Owned(text.to_string())),
        Value::Bool(truth) => scalar::Scalar::Bool(truth).into_key(),
        Value::Int(number) => scalar::Scalar::Int(number).into_key(),
        Value::Float(number) => scalar::Scalar::Float(number).into_key(),
        _ => scalar::Scalar::Null.into_key(),
    }
}
