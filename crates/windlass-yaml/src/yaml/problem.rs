//! What the parser has against a text, in words for whoever wrote it.

use granit_parser::{ErrorKind as Syntax, ScanError};
use windlass_core::{Error, ErrorKind};

use crate::text::narrow;

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

/// Says that a tab indents.
pub(super) fn tab(spot: Spot) -> Error {
    invalid(TAB, spot).with_help(USE_SPACES)
}

/// Says what the parser found, and what to do where that is known.
pub(super) fn syntax(found: &ScanError) -> Error {
    let (message, help) = words(found.kind());
    let kind = match found.kind() {
        Syntax::RecursionLimitExceeded => ErrorKind::Limit,
        _ => ErrorKind::Invalid,
    };
    let spot = Spot::of(found.marker());
    let error = Error::new(kind, message).with("line", spot.line).with("column", spot.column);
    if help.is_empty() { error } else { error.with_help(help) }
}

const TAB: &str = "a tab where YAML indents";
const USE_SPACES: &str = "use spaces";
const QUOTE: &str = "add the closing quote; a quoted text that goes on in the next line has to be indented there";
const KEY: &str = "write `key: value` with a space after the colon, keys of one map in one column, and quote a text that \
                   has `: ` in it";

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
        Syntax::UnclosedFlowCollection { open } => return (format!("{open:?} is not closed"), ""),
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
        Syntax::InvalidIndentation | Syntax::InvalidFlowScalarIndent => {
            ("the indentation fits nothing above it", "write the items of one list and the keys of one map in one column")
        }
        Syntax::ExpectedBlockSequenceEntry | Syntax::BlockSequenceEntryNotAllowed => {
            ("a list item may not stand here", "a field is either a map or a list; write `- ` in one column")
        }
        Syntax::BomInsideDocument => ("a byte order mark in the middle of the text", "delete it"),
        Syntax::RecursionLimitExceeded => ("lists and maps are nested too deeply", ""),
        Syntax::UnknownQuotedScalarEscape => {
            ("unknown escape in double quotes", "write \\\\ for a backslash, or use single quotes")
        }
        other => return (other.to_string(), ""),
    };
    (message.to_owned(), help)
}
