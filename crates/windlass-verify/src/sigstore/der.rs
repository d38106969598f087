//! Values in DER, where only some of what is in them is looked at.

use x509_cert::der::{Decode, Header, Reader, SliceReader};

pub(super) const SEQUENCE: u8 = 0x30;

/// What a value holds, without its tag and length.
pub(super) fn content(value: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(value).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    let inside = reader.read_slice(header.length()).ok()?;
    reader.is_finished().then_some(inside)
}

/// What a value is made of, each as it stands.
pub(super) fn children(value: &[u8]) -> Option<Vec<&[u8]>> {
    let mut found = Vec::new();
    let inside = content(value)?;
    if inside.is_empty() {
        return Some(found);
    }
    let mut reader = SliceReader::new(inside).ok()?;
    while !reader.is_finished() {
        found.push(reader.tlv_bytes().ok()?);
    }
    Some(found)
}

/// A value with its tag and its length in front.
pub(super) fn wrapped(tag: u8, inside: &[u8]) -> Vec<u8> {
    let mut whole = vec![tag];
    let length = inside.len().to_be_bytes();
    let digits = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    match inside.len() {
        short @ 0..128 => whole.push(short as u8),
        _ => {
            whole.push(0x80 | digits.len() as u8);
            whole.extend_from_slice(digits);
        }
    }
    whole.extend_from_slice(inside);
    whole
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrapped_is_taken_apart_again() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let (one, other) = (wrapped(4, &vec![7; length]), wrapped(2, &[1]));
            let whole = wrapped(SEQUENCE, &[&one[..], &other].concat());
            assert_eq!(children(&whole), Some(vec![&one[..], &other]), "{length}");
            assert_eq!(content(&one), Some(&vec![7; length][..]), "{length}");
            assert_eq!(children(&whole[..whole.len() - 1]), None, "{length}");
        }
        assert_eq!((children(&[0x30, 0]), content(&[])), (Some(Vec::new()), None));
    }
}
