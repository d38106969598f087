//! From bytes to nodes.
//!
//! Two ways of reading live in one build: resources and strategic patches by go-yaml v3, all else by go-yaml v2.

mod cache;
mod tree;

use windlass_core::{Error, ErrorKind, Limits, Result, Value};

use crate::node::{Node, Rules, check_unique, to_value};
pub(crate) use cache::Cache;
use tree::Builder;

/// A document of a file with the place where it begins.
#[derive(Clone)]
pub(crate) struct Doc {
    pub(crate) node: Node,
    /// From 1.
    pub(crate) document: u32,
    /// From 1.
    pub(crate) line: u32,
}

/// Reads the documents of a file of resources as kustomize does: it cuts the text at lines that begin with `---`, and
/// takes the first document of each piece.
pub(crate) fn documents(bytes: &[u8], cache: &mut Cache, limits: &Limits) -> Result<Vec<Doc>> {
    let text = utf8(bytes)?;
    let unix;
    let text = if text.contains("\r\n") {
        unix = text.replace("\r\n", "\n");
        unix.as_str()
    } else {
        text
    };
    let (mut docs, mut problems) = (Vec::new(), Vec::new());
    for (at, piece) in pieces(text)?.into_iter().enumerate() {
        if at >= limits.documents_max {
            let error = Error::new(ErrorKind::Limit, "too many documents");
            return Err(error.with("documents_max", limits.documents_max));
        }
        let document = u32::try_from(at + 1).unwrap_or(u32::MAX);
        match Builder::new(piece.text, Rules::V3, cache, limits).document() {
            Ok(Some((node, line))) => docs.push(Doc { node, document, line: line + piece.line - 1 }),
            Ok(None) => {}
            Err(error) if problems.len() >= limits.problems_max => return Err(error),
            Err(error) => problems.push(at_line(&error, piece.line).with("document", document)),
        }
    }
    Error::all(problems).map_or(Ok(docs), Err)
}

/// Reads the first document of a text, if it has one.
pub(crate) fn document(text: &str, rules: Rules, cache: &mut Cache, limits: &Limits) -> Result<Option<Node>> {
    Ok(Builder::new(text, rules, cache, limits).document()?.map(|(node, _)| node))
}

/// Reads configuration: the first document, by the rules of go-yaml v2.
pub(crate) fn config(bytes: &[u8], cache: &mut Cache, limits: &Limits) -> Result<Value> {
    let node = document(utf8(bytes)?, Rules::V2, cache, limits)?;
    node.map_or(Ok(Value::Null), |node| to_value(&node, Rules::V2))
}

/// As that, where a key that appears twice is an error.
pub(crate) fn strict_config(bytes: &[u8], cache: &mut Cache, limits: &Limits) -> Result<Value> {
    let node = document(utf8(bytes)?, Rules::V2, cache, limits)?;
    let Some(node) = node else { return Ok(Value::Null) };
    check_unique(&node)?;
    to_value(&node, Rules::V2)
}

fn utf8(bytes: &[u8]) -> Result<&str> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| Error::new(ErrorKind::Invalid, "the text is not UTF-8"))?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

struct Piece<'t> {
    text: &'t str,
    /// The line of the file on which it begins, from 1.
    line: u32,
}

/// Cuts a text where a line begins with `---` and another one follows it.
fn pieces(text: &str) -> Result<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let (mut begin, mut line, mut search) = (0, 1, 0);
    while let Some(found) = text[search..].find("\n---") {
        let at = search + found;
        let Some(end) = text[at + 1..].find('\n').map(|end| at + 1 + end) else { break };
        let rest = text[at + 4..end].trim();
        if !rest.is_empty() && !rest.starts_with('#') {
            return Err(Error::new(ErrorKind::Invalid, "invalid document separator")
                .with("line", line + lines(&text[begin..=at])));
        }
        pieces.push(Piece { text: &text[begin..=at], line });
        line += lines(&text[begin..=end]);
        begin = end + 1;
        search = begin;
    }
    if begin < text.len() || pieces.is_empty() {
        pieces.push(Piece { text: &text[begin..], line });
    }
    Ok(pieces)
}

fn lines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// The parser counts lines from the beginning of the piece.
fn at_line(error: &Error, first: u32) -> Error {
    let new = Error::new(error.kind(), error.message());
    let new = error.contexts().fold(new, |new, (key, value)| match (key, value.parse::<u32>()) {
        ("line", Ok(line)) => new.with("line", line + first - 1),
        _ => new.with(key, value),
    });
    match error.help() {
        Some(help) => new.with_help(help),
        None => new,
    }
}
