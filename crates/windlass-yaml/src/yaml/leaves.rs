//! The values of YAML in their order.

use granit_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};
use windlass_core::{Error, FieldPath, Segment, Text, Value};

use super::problem::{self, Spot};
use super::scalar::{self, Kind};
use super::{Next, build, parser};
use crate::leaves::check_documents;
use crate::{Leaf, Options, Place, Rules};

/// Gives every value that is no list and no map.
pub(crate) fn leaves(text: &str, options: &Options) -> Result<Vec<Leaf>, Error> {
    let mut walk = Walk { text, rules: options.rules, document: 0, open: Vec::new(), leaves: Vec::new() };
    let mut parser: Parser<'_, StrInput<'_>> = parser(text, options);
    loop {
        match parser.next() {
            Some(Ok((Event::DocumentStart(..), _))) => {
                walk.document += 1;
                check_documents(walk.document, options.documents_max)?;
            }
            Some(Ok((Event::StreamEnd, _))) | None => return Ok(walk.leaves),
            Some(Ok(next)) => walk.event(next)?,
            Some(Err(found)) => return Err(problem::syntax(text, &found).with("document", walk.document)),
        }
    }
}

/// A list or a map that is open.
enum Open {
    List { at: usize },
    Map { key: Option<(Text, Spot)> },
}

struct Walk<'t> {
    text: &'t str,
    rules: Rules,
    document: u32,
    open: Vec<Open>,
    leaves: Vec<Leaf>,
}

impl Walk<'_> {
    fn event(&mut self, (event, span): Next<'_>) -> Result<(), Error> {
        let spot = Spot::of(&span.start);
        match event {
            Event::Scalar(text, style, _, tag) => {
                let text = build::written(text, &span);
                let text = build::ended(self.text, text, style, &span);
                self.scalar(&text, style, tag.as_deref(), &span)?;
            }
            Event::SequenceStart(..) | Event::MappingStart(..) if self.expects_key() => {
                return Err(self.wrong("a key is no text", spot));
            }
            Event::SequenceStart(..) => self.open.push(Open::List { at: 0 }),
            Event::MappingStart(..) => self.open.push(Open::Map { key: None }),
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                self.value_ended();
            }
            Event::Alias(_) if self.expects_key() => return Err(self.wrong("a key is an alias", spot)),
            Event::Alias(_) => self.value_ended(),
            Event::UnresolvedAlias(_) => return Err(problem::no_anchor(spot).with("document", self.document)),
            _ => {}
        }
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open::Map { key: None }))
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        span: &Span,
    ) -> Result<(), Error> {
        let spot = Spot::of(&span.start);
        let kind = Kind::of(tag, style == ScalarStyle::Plain);
        let found =
            scalar::resolve(self.rules, kind, text.into()).map_err(|wrong| self.wrong(wrong, spot))?;
        if let Some(Open::Map { key: key @ None }) = self.open.last_mut() {
            let name = found.into_key();
            return match name {
                Ok(name) => {
                    *key = Some((Text::from(&*name), spot));
                    Ok(())
                }
                Err(wrong) => Err(self.wrong(wrong, spot)),
            };
        }
        let value = found.into_value().map_err(|wrong| self.wrong(wrong, spot))?;
        self.leaf(value, span);
        self.value_ended();
        Ok(())
    }

    fn leaf(&mut self, value: Value, span: &Span) {
        let begin = match self.open.last() {
            Some(Open::Map { key: Some((_, spot)) }) => *spot,
            _ => Spot::of(&span.start),
        };
        let range = span.byte_range().unwrap_or_default();
        let place = Place { line: begin.line, column: begin.column, value: range };
        let path = FieldPath::new(self.open.iter().filter_map(Open::segment).collect());
        self.leaves.push(Leaf { document: self.document, path, value, place });
    }

    fn value_ended(&mut self) {
        match self.open.last_mut() {
            Some(Open::List { at }) => *at += 1,
            Some(Open::Map { key }) => *key = None,
            None => {}
        }
    }

    fn wrong(&self, message: &str, spot: Spot) -> Error {
        problem::invalid(message, spot).with("document", self.document)
    }
}

impl Open {
    fn segment(&self) -> Option<Segment> {
        match self {
            Self::List { at } => Some(Segment::Index(*at)),
            Self::Map { key } => key.as_ref().map(|(name, _)| Segment::Field(name.clone())),
        }
    }
}
