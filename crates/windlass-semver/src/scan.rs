//! The shapes of versions in texts.

/// A version found at the beginning of a text.
pub(crate) struct Parts<'t> {
    pub(crate) major: &'t str,
    pub(crate) minor: Option<&'t str>,
    pub(crate) patch: Option<&'t str>,
    pub(crate) prerelease: Option<&'t str>,
    pub(crate) metadata: Option<&'t str>,
    /// How many bytes it takes.
    pub(crate) end: usize,
}

pub(crate) fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// What may stand for a number in a constraint.
pub(crate) fn is_wild_digit(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'x' | b'X' | b'*' | b'|')
}

pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c')
}

/// Counts the bytes at `from` of which `is` holds.
pub(crate) fn run(text: &str, from: usize, is: fn(u8) -> bool) -> usize {
    text.as_bytes()[from..].iter().take_while(|byte| is(**byte)).count()
}

/// Reads a version at the beginning of a text, with `digit` deciding what a number is made of.
pub(crate) fn version(text: &str, digit: fn(u8) -> bool) -> Option<Parts<'_>> {
    let mut at = usize::from(text.starts_with('v'));
    let end = at + run(text, at, digit);
    let major = (end > at).then(|| &text[at..end])?;
    at = end;
    let minor = dotted(text, &mut at, digit);
    let patch = minor.and_then(|_| dotted(text, &mut at, digit));
    let prerelease = words(text, &mut at, b'-');
    let metadata = words(text, &mut at, b'+');
    Some(Parts { major, minor, patch, prerelease, metadata, end: at })
}

fn dotted<'t>(text: &'t str, at: &mut usize, is: fn(u8) -> bool) -> Option<&'t str> {
    if text.as_bytes().get(*at) != Some(&b'.') {
        return None;
    }
    let begin = *at + 1;
    let count = run(text, begin, is);
    (count > 0).then(|| {
        *at = begin + count;
        &text[begin..*at]
    })
}

/// Reads `mark`, then words with dots between them.
fn words<'t>(text: &'t str, at: &mut usize, mark: u8) -> Option<&'t str> {
    if text.as_bytes().get(*at) != Some(&mark) {
        return None;
    }
    let begin = *at + 1;
    let count = run(text, begin, is_word);
    if count == 0 {
        return None;
    }
    *at = begin + count;
    while dotted(text, at, is_word).is_some() {}
    Some(&text[begin..*at])
}
