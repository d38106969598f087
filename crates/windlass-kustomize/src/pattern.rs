//! Patterns: mostly names, which need no regular expression, and else expressions as Go reads them.

use regex::Regex;

/// Compiles an expression of Go; `None` for what is none.
pub(crate) fn compile(pattern: &str) -> Option<Regex> {
    let translated = windlass_regex::translate(pattern).ok()?;
    Regex::new(&translated).ok()
}

/// Says whether a pattern has no meaning beyond its letters, but for dots.
pub(crate) fn is_plain(pattern: &str) -> bool {
    pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.:@".contains(&byte))
}

/// Takes a plain pattern from the front of a text and gives the rest; a dot takes any letter.
pub(crate) fn strip<'t>(text: &'t str, pattern: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    for wanted in pattern.chars() {
        let have = rest.next()?;
        if wanted != have && (wanted != '.' || have == '\n') {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Says whether a plain pattern is anywhere in a text.
pub(crate) fn is_in(text: &str, pattern: &str) -> bool {
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.into_iter().any(|at| strip(&text[at..], pattern).is_some())
}
