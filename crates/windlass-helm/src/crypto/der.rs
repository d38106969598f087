//! DER: the little of it that keys and certificates need.

/// Tags of ASN.1.
pub(super) const INTEGER: u8 = 2;
pub(super) const BITS: u8 = 3;
pub(super) const OCTETS: u8 = 4;
pub(super) const OBJECT: u8 = 6;
pub(super) const UTF8: u8 = 12;
pub(super) const PRINTABLE: u8 = 19;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// A value with its tag and length.
pub(super) fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let bytes = length.to_be_bytes();
        let skip = bytes.iter().take_while(|byte| **byte == 0).count();
        out.push(0x80 | (bytes.len() - skip) as u8);
        out.extend_from_slice(&bytes[skip..]);
    }
    out.extend_from_slice(content);
    out
}

/// A sequence of values.
pub(super) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(SEQUENCE, &parts.concat())
}

/// A number that is not negative, from its big-endian bytes.
pub(super) fn integer(bytes: &[u8]) -> Vec<u8> {
    let skip = bytes.iter().take_while(|byte| **byte == 0).count().min(bytes.len().saturating_sub(1));
    let digits = &bytes[skip..];
    if digits.first().is_some_and(|byte| *byte >= 0x80) {
        return value(INTEGER, &[&[0], digits].concat());
    }
    value(INTEGER, digits)
}

/// Bits, of which the last `unused` are none.
pub(super) fn bits(content: &[u8], unused: u8) -> Vec<u8> {
    value(BITS, &[&[unused], content].concat())
}

/// Reads values one after another.
pub(super) struct Reader<'d>(pub(super) &'d [u8]);

/// A value that was read: its tag, its content, and all its bytes.
pub(super) struct Item<'d> {
    pub(super) tag: u8,
    pub(super) content: &'d [u8],
    pub(super) whole: &'d [u8],
}

impl<'d> Reader<'d> {
    /// The next value; nothing at the end or where the bytes are no DER.
    pub(super) fn next(&mut self) -> Option<Item<'d>> {
        let tag = *self.0.first()?;
        let first = usize::from(*self.0.get(1)?);
        let (header, length) = if first < 0x80 {
            (2, first)
        } else {
            let count = first & 0x7f;
            let bytes = self.0.get(2..2 + count).filter(|_| (1..=4).contains(&count))?;
            (2 + count, bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)))
        };
        let whole = self.0.get(..header.checked_add(length)?)?;
        self.0 = &self.0[whole.len()..];
        Some(Item { tag, content: &whole[header..], whole })
    }

    /// The next value if it has this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<Item<'d>> {
        self.next().filter(|item| item.tag == tag)
    }
}
