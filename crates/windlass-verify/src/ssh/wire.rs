//! Numbers and texts as SSH writes them: RFC 4251, section 5.

/// What is left to read.
pub(super) struct Reader<'b>(pub(super) &'b [u8]);

impl<'b> Reader<'b> {
    pub(super) fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    pub(super) fn text(&mut self) -> Option<&'b [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(text)
    }

    /// A positive number of many bytes, without the zero in front that keeps it positive.
    pub(super) fn large(&mut self) -> Option<&'b [u8]> {
        let bytes = self.text()?;
        match bytes {
            [0, rest @ ..] => Some(rest),
            [first, ..] if *first >= 0x80 => None,
            _ => Some(bytes),
        }
    }
}

/// Writes a text behind its length.
pub(super) fn write(out: &mut Vec<u8>, text: &[u8]) {
    // What is written here was read as such a text, or is a digest.
    out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(text);
}
