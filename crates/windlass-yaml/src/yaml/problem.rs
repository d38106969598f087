//! What the parser has against a text, in words for whoever wrote it.

use granit_parser::{ErrorKind as Syntax, ScanError};
use windlass_core::{Error, ErrorKind};

use crate::text::{narrow, with_template_help};

/// Where in a text something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) line: u32,
    pub(super) column: u32,
    /// In bytes from the beginning of the text.
    pub(super) offset: usize,
}

impl Spot {
    pub(super) fn of(mark: &granit_parser::Marker) -> Self {
        Self {
            line: narrow(mark.line()),
            column: narrow(mark.col() + 1),
            offset: mark.byte_offset().unwrap_or_default(),
        }
    }
}

/// Makes an error at a place of the text.
pub(super) fn invalid(message: &str, spot: Spot) -> Error {
    Error::new(ErrorKind::Invalid, message).with("line", spot.line).with("column", spot.column)
}

/// Says that an alias has no anchor. Its name may be the beginning of a password.
pub(super) fn no_anchor(spot: Spot) -> Error {
    invalid("unknown anchor", spot).with_help("quote a text that begins with *")
}

/// Says that a tab indents the line of `spot`.
pub(super) fn tab(text: &str, spot: Spot) -> Error {
    invalid(TAB, tab_near(text, spot).unwrap_or(spot)).with_help(USE_SPACES)
}

/// Says what the parser found in `text`, and what to do where that is known.
pub(super) fn syntax(text: &str, found: &ScanError) -> Error {
    let (message, help) = words(found.kind());
    let kind = match found.kind() {
        Syntax::RecursionLimitExceeded => ErrorKind::Limit,
        _ => ErrorKind::Invalid,
    };
    let mut spot = Spot::of(found.marker());
    if message == TAB {
        spot = tab_near(text, spot).unwrap_or(spot);
    }
    let error = Error::new(kind, message).with("line", spot.line).with("column", spot.column);
    let error = if help.is_empty() { error } else { error.with_help(help) };
    with_template_help(error, text, spot.offset)
}

/// Finds the tab in front of a line: the parser may point at what stands before it, which is the line of `spot` or the
/// next one that is not empty.
fn tab_near(text: &str, spot: Spot) -> Option<Spot> {
    let mut begin = text.get(..spot.offset)?.rfind('\n').map_or(0, |newline| newline + 1);
    let mut filled = 0;
    for (line, number) in text[begin..].split_inclusive('\n').zip(spot.line..) {
        let white = &line[..line.len() - line.trim_start().len()];
        let is_empty = white.len() == line.len();
        if let Some(tab) = white.find('\t').filter(|_| !is_empty) {
            let column = narrow(white[..tab].chars().count() + 1);
            return Some(Spot { line: number, column, offset: begin + tab });
        }
        filled += usize::from(!is_empty);
        if filled == 2 {
            break;
        }
        begin += line.len();
    }
    None
}

const TAB: &str = "a tab where YAML indents";
const USE_SPACES: &str = "use spaces";
const QUOTE: &str =
    "add the closing quote; a quoted text that goes on in the next line has to be indented there";
const KEY: &str = "write `key: value` with a space after the colon, keys of one map in one column, and quote a text that \
                   has `: ` in it";

const LIST: &str = "a value is either a list or a map; write the dashes of one list in one column";

/// Gives message and help; the help is empty where the message says it all.
fn words(kind: &Syntax) -> (String, &'static str) {
    let (message, help) = match kind {
        Syntax::TabNotAllowed
        | Syntax::TabInBlockIndentation
        | Syntax::TabInIndentation
        | Syntax::TabAtBlockScalarStart
        | Syntax::TabInPlainScalar
        | Syntax::InvalidBlockEntryWhitespace
        | Syntax::InvalidMappingValueWhitespace => (TAB, USE_SPACES),
        Syntax::UnclosedQuotedScalar => ("a quote is not closed", QUOTE),
        Syntax::InvalidQuotedScalarIndent => ("a quoted text goes on without indentation", QUOTE),
        Syntax::DocumentIndicatorInQuotedScalar => ("a quote is not closed before the document ends", QUOTE),
        Syntax::UnclosedFlowCollection { open } => {
            return (format!("{open:?} is not closed"), "add the bracket that closes it, or quote the text");
        }
        Syntax::MismatchedFlowCollectionEnd { open, close } => {
            return (format!("{open:?} is closed with {close:?}"), "");
        }
        Syntax::MisplacedFlowCollectionEnd => ("a bracket is closed that was not opened", ""),
        Syntax::UnexpectedCharacter { character } if matches!(character, '@' | '`' | '%') => {
            return (format!("a text may not begin with {character:?}"), "quote it");
        }
        Syntax::UnexpectedCharacter { character } => {
            return (format!("the character {character:?} may not stand here"), "");
        }
        Syntax::SimpleKeyExpected | Syntax::InvalidSimpleKey => ("a key without a colon", KEY),
        Syntax::ExpectedBlockMappingKey => ("expected a key of the map", KEY),
        Syntax::MappingValueNotAllowed | Syntax::InvalidColonPlacement => {
            ("a colon where no key can be", KEY)
        }
        Syntax::MappingKeyNotAllowed => ("a key may not stand here", KEY),
        Syntax::InvalidIndentation | Syntax::InvalidFlowScalarIndent => (
            "the indentation fits nothing above it",
            "write the items of one list and the keys of one map in one column",
        ),
        Syntax::ExpectedBlockSequenceEntry => ("expected an item of the list", LIST),
        Syntax::BlockSequenceEntryNotAllowed => ("a list item may not stand here", LIST),
        Syntax::BomInsideDocument => ("a byte order mark in the middle of the text", "delete it"),
        Syntax::RecursionLimitExceeded => ("lists and maps are nested too deeply", ""),
        Syntax::UnknownQuotedScalarEscape => {
            ("unknown escape in double quotes", "write \\\\ for a backslash, or use single quotes")
        }
        other => return (other.to_string(), ""),
    };
    (message.to_owned(), help)
}
