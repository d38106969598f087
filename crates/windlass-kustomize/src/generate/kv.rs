//! Keys and values from literals, files and env files.

use windlass_core::{Error, ErrorKind, Result, Text};

/// A key with its value, which need not be text.
pub(crate) struct Pair {
    pub(crate) key: Text,
    pub(crate) value: Vec<u8>,
}

/// Go's scanner stops at a line of this length, and what follows is lost without a word.
const LINE_MAX: usize = 64 * 1024;

/// Reads an env file.
pub(crate) fn env_file(content: &[u8]) -> Result<Vec<Pair>> {
    let mut pairs = Vec::new();
    let content = content.strip_suffix(b"\n").unwrap_or(content);
    for (at, line) in content.split(|byte| *byte == b'\n').enumerate() {
        if line.len() >= LINE_MAX {
            break;
        }
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = std::str::from_utf8(line);
        let text = text.map_err(|_| invalid("the line is not UTF-8").with("line", at + 1))?;
        let text = if at == 0 { text.strip_prefix('\u{feff}').unwrap_or(text) } else { text };
        let text = text.trim_start();
        if text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        if !key.is_empty() {
            pairs.push(Pair { key: key.into(), value: value.into() });
        }
    }
    Ok(pairs)
}

/// Reads a literal, without the quotes around its value.
pub(crate) fn literal(text: &str) -> Result<Pair> {
    let pair = text.split_once('=').filter(|(key, _)| !key.is_empty());
    let (key, value) = pair.ok_or_else(|| invalid("a literal needs the form key=value"))?;
    let inner = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    Ok(Pair { key: key.into(), value: inner.unwrap_or(value).into() })
}

/// Cuts a file source into the key and the path.
pub(crate) fn file_source(source: &str) -> Result<(&str, &str)> {
    let wrong = |message| Err(invalid(message).with("source", source));
    match (source.matches('=').count(), source.split_once('=')) {
        (0, _) | (_, None) => Ok((source.trim_end_matches('/').rsplit('/').next().unwrap_or(source), source)),
        (1, Some(("", _))) => wrong("a file source has no key in front of ="),
        (1, Some((_, ""))) => wrong("a file source has no path behind ="),
        (1, Some(pair)) => Ok(pair),
        _ => wrong("a file source has more than one ="),
    }
}

/// Refuses keys that come twice.
pub(crate) fn check_unique(pairs: &[Pair], name: &str) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    let twice = pairs.iter().filter(|pair| !seen.insert(pair.key.as_str()));
    let twice = twice.map(|pair| invalid("the key appears twice").with("key", &pair.key).with("name", name));
    Error::all(twice).map_or(Ok(()), Err)
}

fn invalid(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}
