//! Which texts need quotes lest they be read as something else.

use super::Version;
use crate::yaml::{is_timestamp, odd_octal, untagged};

/// Says whether go-yaml would read a text without quotes as text, and would not quote it for the sake of other readers.
pub(super) fn is_text(text: &str, version: Version) -> bool {
    let Some(first) = text.as_bytes().first() else { return false };
    match first {
        b'+' | b'-' | b'.' | b'0'..=b'9' => {
            let is_octal = version == Version::V3 && odd_octal(text).is_some();
            let is_number = is_octal || is_base_60(text) || untagged(text).is_some();
            !is_number && !is_timestamp(text)
        }
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => {
            untagged(text).is_none()
        }
        _ => true,
    }
}

/// Says whether a text is `1:20` or `1_0:20:30.5`, a number of YAML 1.1: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    let sixty = |part: &str| match part.as_bytes() {
        [digit] => digit.is_ascii_digit(),
        [ten, digit] => (b'0'..=b'5').contains(ten) && digit.is_ascii_digit(),
        _ => false,
    };
    let mut rest = parts.peekable();
    first.starts_with(|c: char| c.is_ascii_digit())
        && digits(first)
        && digits(fraction)
        && rest.peek().is_some()
        && rest.all(sixty)
}
