//! How a text may be written: libyaml's analysis, as both versions of go-yaml have it.

use super::Version;

/// The styles that a text allows outside brackets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowed {
    /// It has line breaks.
    pub(super) multiline: bool,
    pub(super) plain: bool,
    pub(super) single: bool,
    pub(super) block: bool,
}

/// Says whether a text is made of letters, digits and the few signs that never mean anything: most texts are.
pub(super) fn is_simple(text: &str) -> bool {
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'/' | b'-');
    text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.bytes().all(simple)
}

/// Says whether a text can be a block scalar.
pub(crate) fn allows_block(text: &str) -> bool {
    analyze(text, Version::V3).block
}

/// Analyses a text.
pub(super) fn analyze(text: &str, version: Version) -> Allowed {
    let Some(first) = text.chars().next() else {
        return Allowed { multiline: false, plain: true, single: true, block: false };
    };
    let mut indicators =
        text.starts_with("---") || text.starts_with("...") || begins_with_indicator(text, first);
    let (mut special, mut tabs, mut breaks) = (false, false, false);
    let (mut break_space, mut space_break) = (false, false);
    let mut previous = None;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        indicators |= match c {
            ':' => characters.peek().is_none_or(|next| is_blank(*next)),
            '#' => previous.is_some_and(is_blank_or_break),
            _ => false,
        };
        if c == '\t' && version == Version::V3 {
            tabs = true;
        } else {
            special |= !is_printable(c);
        }
        if is_break(c) {
            breaks = true;
            space_break |= previous == Some(' ');
        }
        break_space |= c == ' ' && previous.is_some_and(is_break);
        previous = Some(c);
    }
    let edge = |c: char| c == ' ' || is_break(c);
    let edges = edge(first) || previous.is_some_and(edge);
    let never = space_break || special;
    Allowed {
        multiline: breaks,
        plain: !(edges || break_space || never || tabs || breaks || indicators),
        single: !(break_space || never || tabs),
        block: !(text.ends_with(' ') || never),
    }
}

fn begins_with_indicator(text: &str, first: char) -> bool {
    match first {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
            true
        }
        '?' | ':' | '-' => text.chars().nth(1).is_none_or(is_blank),
        _ => false,
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

fn is_blank_or_break(c: char) -> bool {
    is_blank(c) || is_break(c) || c == '\0'
}

/// Says whether YAML 1.1 ends a line here.
pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Says whether libyaml writes a character as it is: none beyond the first plane.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}
