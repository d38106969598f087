//! Words: camel, snake and kebab case as xstrings makes them, and wrapping as goutils does.

use super::cases::{is_upper, lower, upper};
use crate::template::runes::is_letter;

fn is_connector(rune: char) -> bool {
    rune == '-' || rune == '_' || rune.is_whitespace()
}

/// xstrings' `ToPascalCase`.
pub(super) fn pascal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut runes = text.chars().peekable();
    let mut current = None;
    let mut first_was_upper = false;
    for rune in runes.by_ref() {
        if is_connector(rune) {
            out.push(rune);
            current = Some(rune);
        } else {
            first_was_upper = is_upper(rune);
            current = Some(upper(rune));
            break;
        }
    }
    let Some(mut current) = current else {
        return out;
    };
    if runes.peek().is_none() {
        // The last connector was written already and comes once more, as xstrings has it.
        out.push(current);
        return out;
    }
    for next in runes {
        let previous = current;
        current = next;
        if is_connector(current) && is_connector(previous) {
            out.push(previous);
        } else if is_connector(previous) {
            first_was_upper = is_upper(current);
            current = upper(current);
        } else {
            if first_was_upper {
                if is_upper(current) {
                    current = lower(current);
                } else {
                    first_was_upper = false;
                }
            }
            out.push(previous);
        }
    }
    out.push(current);
    out
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    End,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Whether xstrings takes a rune for a letter of an alphabet that has cases.
fn is_alphabet(rune: char) -> bool {
    if !is_letter(rune) {
        return false;
    }
    // Scripts without cases are no alphabet for it.
    !matches!(rune as u32, 0x4e00..=0x9fff | 0x3400..=0x4dbf | 0x2_0000..=0x2_ffff | 0x3040..=0x30ff | 0xac00..=0xd7af)
}

fn is_number(rune: char) -> bool {
    rune.is_numeric()
}

fn is_punctuation(rune: char) -> bool {
    if rune.is_ascii() {
        return rune.is_ascii_punctuation()
            && !matches!(rune, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~');
    }
    matches!(rune as u32, 0xa1 | 0xa7 | 0xab | 0xb6 | 0xb7 | 0xbb | 0xbf | 0x2010..=0x2027 | 0x2030..=0x205e | 0x3001..=0x3003 | 0x3008..=0x3011 | 0xff01..=0xff0f)
}

/// Cuts the next word off.
fn next_word(text: &str) -> (Kind, &str, &str) {
    let Some(first) = text.chars().next() else {
        return (Kind::End, "", "");
    };
    let run = |inside: &dyn Fn(char) -> bool| {
        let rest = &text[first.len_utf8()..];
        first.len_utf8() + rest.find(|rune| !inside(rune)).unwrap_or(rest.len())
    };
    let (kind, end) = if is_connector(first) {
        (Kind::Connector, run(&is_connector))
    } else if is_punctuation(first) {
        (Kind::Punctuation, run(&is_punctuation))
    } else if is_upper(first) {
        (Kind::Upper, upper_word(text, first))
    } else if is_alphabet(first) {
        (Kind::Alphabet, run(&|rune| is_alphabet(rune) && !is_upper(rune)))
    } else if is_number(first) {
        (Kind::Number, run(&is_number))
    } else {
        let other =
            |rune| !(is_connector(rune) || is_alphabet(rune) || is_number(rune) || is_punctuation(rune));
        (Kind::Other, run(&other))
    };
    (kind, &text[..end], &text[end..])
}

/// `HTTPServer` is `HTTP` and `Server`.
fn upper_word(text: &str, first: char) -> usize {
    let rest = &text[first.len_utf8()..];
    let Some(second) = rest.chars().next() else {
        return first.len_utf8();
    };
    if is_upper(second) {
        let end = rest.find(|rune| !is_upper(rune)).unwrap_or(rest.len());
        let mut length = first.len_utf8() + end;
        if rest[end..].chars().next().is_some_and(is_alphabet) {
            length -= rest[..end].chars().next_back().map_or(0, char::len_utf8);
        }
        return length;
    }
    if is_alphabet(second) {
        let end = rest.find(|rune| !is_alphabet(rune) || is_upper(rune)).unwrap_or(rest.len());
        return first.len_utf8() + end;
    }
    first.len_utf8()
}

/// xstrings' `ToSnakeCase` and `ToKebabCase`.
pub(super) fn joined_lower(text: &str, connector: char) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut kind, mut word, mut rest) = next_word(text);
    while !rest.is_empty() {
        if kind != Kind::Connector {
            push_lower(&mut out, kind, word, connector);
        }
        let (previous, last) = (kind, word);
        (kind, word, rest) = next_word(rest);
        match previous {
            Kind::Number => {
                while matches!(kind, Kind::Alphabet | Kind::Number) {
                    push_lower(&mut out, kind, word, connector);
                    (kind, word, rest) = next_word(rest);
                }
                if !matches!(kind, Kind::End | Kind::Punctuation | Kind::Connector) {
                    out.push(connector);
                }
            }
            Kind::Connector => push_lower(&mut out, previous, last, connector),
            Kind::Punctuation => {}
            _ if kind != Kind::Number => {
                if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                    out.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word, rest) = next_word(rest);
                if kind != Kind::Alphabet {
                    push_lower(&mut out, Kind::Number, number, connector);
                    if !matches!(kind, Kind::Connector | Kind::Punctuation) {
                        out.push(connector);
                    }
                } else {
                    out.push(connector);
                    push_lower(&mut out, Kind::Number, number, connector);
                    while matches!(kind, Kind::Alphabet | Kind::Number) {
                        push_lower(&mut out, kind, word, connector);
                        (kind, word, rest) = next_word(rest);
                    }
                    if !matches!(kind, Kind::End | Kind::Connector | Kind::Punctuation) {
                        out.push(connector);
                    }
                }
            }
        }
    }
    push_lower(&mut out, kind, word, connector);
    out
}

fn push_lower(out: &mut String, kind: Kind, word: &str, connector: char) {
    if !matches!(kind, Kind::Upper | Kind::Connector) {
        return out.push_str(word);
    }
    for rune in word.chars() {
        out.push(if is_connector(rune) {
            connector
        } else if is_upper(rune) {
            lower(rune)
        } else {
            rune
        });
    }
}

/// goutils' `WrapCustom`: breaks at spaces, counting bytes.
pub(super) fn wrapped(text: &[u8], width: i64, separator: &[u8], breaks_words: bool) -> Vec<u8> {
    let width = usize::try_from(width).unwrap_or(0).max(1);
    let length = text.len();
    let mut out = Vec::with_capacity(length + 16);
    let mut offset = 0;
    while length - offset > width {
        if text[offset] == b' ' {
            offset += 1;
            continue;
        }
        let end = offset + width;
        if let Some(at) = text[offset..=end].iter().rposition(|byte| *byte == b' ') {
            out.extend_from_slice(&text[offset..offset + at]);
            out.extend_from_slice(separator);
            offset += at + 1;
        } else if breaks_words {
            out.extend_from_slice(&text[offset..end]);
            out.extend_from_slice(separator);
            offset = end;
        } else if let Some(at) = text[end..].iter().position(|byte| *byte == b' ') {
            out.extend_from_slice(&text[offset..end + at]);
            out.extend_from_slice(separator);
            offset = end + at + 1;
        } else {
            out.extend_from_slice(&text[offset..]);
            offset = length;
        }
    }
    out.extend_from_slice(&text[offset..]);
    out
}
