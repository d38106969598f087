//! YAML: from the parser's events to values.

mod anchors;
mod build;
mod fields;
mod keys;
mod kyaml;
mod leaves;
mod locate;
mod number;
mod problem;
mod scalar;
mod time;

use granit_parser::{Event, Parser, Span, StrInput};
use windlass_core::{Error, Value};

pub(crate) use keys::Keys;
pub(crate) use leaves::leaves;
pub(crate) use locate::{Step, find, find_items};
pub(crate) use number::odd_octal;
pub(crate) use scalar::untagged;
pub(crate) use time::is_timestamp;

use crate::text::BOM;
use crate::{Options, Rules};
use build::Builder;
use problem::Spot;

/// What the parser gives next.
type Next<'t> = (Event<'t>, Span);

/// A document as it was read, with the places that the outside asks for.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    pub(crate) index: u32,
    pub(crate) line: u32,
    pub(crate) begin: Begin,
}

/// Where the text of one document is, so that it can be read again for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Begin {
    pub(crate) offset: usize,
    /// Behind all that its value was read from.
    pub(crate) end: usize,
    pub(crate) line: u32,
    /// Columns before `offset` in that line.
    pub(crate) column: u32,
    pub(crate) rules: Rules,
}

impl Begin {
    /// Gives the document's own text, and the bytes of a byte order mark that `offset` does not count.
    pub(crate) fn of(self, text: &[u8]) -> Option<(&str, usize)> {
        let skipped = if text.starts_with(BOM.as_bytes()) { BOM.len() } else { 0 };
        let own = text.get(skipped + self.offset..skipped + self.end)?;
        Some((std::str::from_utf8(own).ok()?, skipped))
    }
}

/// Reads one document after the other.
pub(crate) struct YamlReader<'t> {
    text: &'t str,
    parser: Parser<'t, StrInput<'t>>,
    builder: Builder,
    index: u32,
    /// Where the current document begins.
    begin: Spot,
    rules: Rules,
    ended: bool,
}

impl<'t> YamlReader<'t> {
    pub(crate) fn new(text: &'t str, options: &Options) -> Self {
        Self {
            text,
            parser: parser(text, options),
            builder: Builder::new(options),
            index: 0,
            begin: Spot { line: 1, column: 1, offset: 0 },
            rules: options.rules,
            ended: false,
        }
    }

    /// Gives the next document, or what is wrong with it; `None` at the end.
    pub(crate) fn document(&mut self) -> Option<Result<Parsed, Error>> {
        while !self.ended {
            match self.parser.next() {
                Some(Ok((Event::DocumentStart(..), span))) => {
                    self.begin = Spot::of(&span.start);
                    self.index = self.index.saturating_add(1);
                    return Some(self.body());
                }
                Some(Ok((Event::StreamEnd, _))) | None => self.ended = true,
                Some(Ok(_)) => {}
                Some(Err(found)) => {
                    self.index = self.index.saturating_add(1);
                    let error = problem::syntax(self.text, &found).with("document", self.index);
                    self.recover();
                    return Some(Err(error));
                }
            }
        }
        None
    }

    fn body(&mut self) -> Result<Parsed, Error> {
        let mut line = self.begin.line;
        let root = build::next(self.text, &mut self.parser).and_then(|first| {
            line = Spot::of(&first.1.start).line;
            self.builder.document(self.text, &mut self.parser, first)
        });
        let mut problems = self.builder.take_problems();
        let value = match root {
            Ok(value) => value,
            Err(found) => {
                self.recover();
                problems.push(found);
                Value::Null
            }
        };
        match Error::all(problems) {
            Some(error) => Err(error.with_each("document", self.index)),
            None => Ok(Parsed { value, index: self.index, line, begin: self.line_of_begin() }),
        }
    }

    /// Goes on with the next document after one that could not be read to its end.
    fn recover(&mut self) {
        self.ended = !self.parser.proceed_next_document().unwrap_or(false);
    }

    /// A document without a marker may be indented, so that its text begins with its line.
    fn line_of_begin(&self) -> Begin {
        let before = self.text.get(..self.begin.offset).unwrap_or_default();
        let offset = before.rfind('\n').map_or(0, |newline| newline + 1);
        Begin {
            offset,
            end: self.builder.end().max(offset),
            line: self.begin.line,
            column: 0,
            rules: self.rules,
        }
    }
}

/// Makes a parser that follows the limits.
fn parser<'t>(text: &'t str, options: &Options) -> Parser<'t, StrInput<'t>> {
    let depth = options.depth_max() + 1;
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: depth,
        block_nesting_limit: depth,
    };
    Parser::new_from_str_with_options(text, options)
}
