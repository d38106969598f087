//! Runes as Go decodes and classes them.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, HirKind};

/// Decodes the first rune: U+FFFD of width 1 where the bytes are no UTF-8, `None` at the end.
pub(crate) fn decode(bytes: &[u8]) -> Option<(char, usize)> {
    let first = *bytes.first()?;
    if first < 0x80 {
        return Some((first as char, 1));
    }
    let width = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => return Some((char::REPLACEMENT_CHARACTER, 1)),
    };
    let rune = bytes
        .get(..width)
        .and_then(|slice| std::str::from_utf8(slice).ok())
        .and_then(|text| text.chars().next());
    Some(rune.map_or((char::REPLACEMENT_CHARACTER, 1), |rune| (rune, width)))
}

/// Whether the first rune is a byte that is no UTF-8.
pub(crate) fn is_invalid(rune: char, width: usize) -> bool {
    rune == char::REPLACEMENT_CHARACTER && width == 1
}

/// Ranges of one class of Unicode, sorted.
struct Ranges(Vec<(char, char)>);

impl Ranges {
    fn of(pattern: &str) -> Self {
        let class = regex_syntax::parse(pattern).ok().map(regex_syntax::hir::Hir::into_kind);
        Self(match class {
            Some(HirKind::Class(Class::Unicode(class))) => {
                class.iter().map(|r| (r.start(), r.end())).collect()
            }
            _ => Vec::new(),
        })
    }

    fn contains(&self, rune: char) -> bool {
        let after = self.0.partition_point(|range| range.0 <= rune);
        after > 0 && self.0[after - 1].1 >= rune
    }
}

/// Go's `unicode.IsPrint`: letters, marks, numbers, punctuation, symbols, and the ASCII space.
pub(crate) fn is_print(rune: char) -> bool {
    static PRINT: LazyLock<Ranges> = LazyLock::new(|| Ranges::of(r"[\p{L}\p{M}\p{N}\p{P}\p{S}]"));
    if rune.is_ascii() { (' '..='~').contains(&rune) } else { PRINT.contains(rune) }
}

/// Go's `unicode.IsLetter`.
pub(crate) fn is_letter(rune: char) -> bool {
    static LETTER: LazyLock<Ranges> = LazyLock::new(|| Ranges::of(r"[\p{L}]"));
    if rune.is_ascii() { rune.is_ascii_alphabetic() } else { LETTER.contains(rune) }
}

/// Go's `unicode.IsDigit`.
pub(crate) fn is_digit(rune: char) -> bool {
    static DIGIT: LazyLock<Ranges> = LazyLock::new(|| Ranges::of(r"[\p{Nd}]"));
    if rune.is_ascii() { rune.is_ascii_digit() } else { DIGIT.contains(rune) }
}

/// Whether a rune may stand in a name.
pub(crate) fn is_alphanumeric(rune: char) -> bool {
    rune == '_' || is_letter(rune) || is_digit(rune)
}

/// Go's `%#U`.
pub(crate) fn describe(rune: Option<char>) -> String {
    match rune {
        None => "U+FFFFFFFFFFFFFFFF".into(),
        Some(rune) if is_print(rune) => format!("U+{:04X} '{rune}'", rune as u32),
        Some(rune) => format!("U+{:04X}", rune as u32),
    }
}
