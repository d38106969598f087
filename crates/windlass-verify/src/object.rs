//! A commit or a tag, cut into what is signed and the signature.

use std::borrow::Cow;
use std::fmt;

use crate::Refusal;

/// The most bytes of a commit or a tag.
pub const OBJECT_BYTES_MAX: usize = 4 << 20;

/// What a signature says that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// `-----BEGIN PGP SIGNATURE-----`.
    OpenPgp,
    /// `-----BEGIN SSH SIGNATURE-----`.
    Ssh,
    /// `-----BEGIN SIGNED MESSAGE-----`.
    X509,
    /// Something else.
    Unknown,
}

impl Format {
    /// Looks how a signature begins.
    #[must_use]
    pub fn of(signature: &str) -> Self {
        let signature = signature.trim_start();
        let known = BEGINS.iter().find(|(begin, _)| signature.starts_with(begin));
        known.map_or(Self::Unknown, |(_, format)| *format)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenPgp => "openpgp",
            Self::Ssh => "ssh",
            Self::X509 => "x509",
            Self::Unknown => "unknown",
        })
    }
}

const BEGINS: [(&str, Format); 3] = [
    ("-----BEGIN PGP SIGNATURE-----", Format::OpenPgp),
    ("-----BEGIN SSH SIGNATURE-----", Format::Ssh),
    ("-----BEGIN SIGNED MESSAGE-----", Format::X509),
];

/// The headers of a commit that hold its signatures, over the same bytes: without either of them.
const HEADERS: [&[u8]; 2] = [b"gpgsig ", b"gpgsig-sha256 "];

/// What is signed, and the signature over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed<'a> {
    payload: Cow<'a, [u8]>,
    signature: String,
}

impl<'a> Signed<'a> {
    /// Bytes with a signature that stands beside them.
    ///
    /// # Errors
    /// [`Refusal::Unsigned`] and [`Refusal::Empty`] where one of both lacks, [`Refusal::TooLarge`].
    pub fn detached(payload: &'a [u8], signature: &str) -> Result<Self, Refusal> {
        Self::new(payload.into(), signature.as_bytes())
    }

    /// A commit, as `git cat-file commit` shows it.
    ///
    /// # Errors
    /// As [`detached`](Self::detached).
    pub fn commit(raw: &'a [u8]) -> Result<Self, Refusal> {
        if raw.len() > OBJECT_BYTES_MAX {
            return Err(Refusal::TooLarge(OBJECT_BYTES_MAX));
        }
        let (mut payload, mut signature) = (Vec::with_capacity(raw.len()), Vec::new());
        let mut rest = raw;
        // The header that the line goes on; that of another hash is left out and not looked at.
        let mut inside: Option<usize> = None;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, behind) = rest.split_at(end + 1);
            if line == b"\n" {
                break;
            }
            rest = behind;
            let begun = HEADERS.iter().position(|header| line.starts_with(header));
            let goes_on = inside.filter(|_| line.starts_with(b" "));
            inside = begun.or(goes_on);
            match (begun, goes_on) {
                (Some(0), _) => signature.extend_from_slice(&line[HEADERS[0].len()..]),
                (None, Some(0)) => signature.extend_from_slice(&line[1..]),
                (Some(_), _) | (None, Some(_)) => {}
                (None, None) => payload.extend_from_slice(line),
            }
        }
        payload.extend_from_slice(rest);
        Self::new(payload.into(), &signature)
    }

    /// A tag, as `git cat-file tag` shows it. Its signature begins at the last line that begins one.
    ///
    /// # Errors
    /// As [`detached`](Self::detached).
    pub fn tag(raw: &'a [u8]) -> Result<Self, Refusal> {
        let mut place = 0;
        let mut cut = None;
        for line in raw.split_inclusive(|byte| *byte == b'\n') {
            if BEGINS.iter().any(|(begin, _)| line.starts_with(begin.as_bytes())) {
                cut = Some(place);
            }
            place += line.len();
        }
        let (payload, signature) = raw.split_at(cut.unwrap_or(raw.len()));
        Self::new(payload.into(), signature)
    }

    fn new(payload: Cow<'a, [u8]>, signature: &[u8]) -> Result<Self, Refusal> {
        if payload.len().saturating_add(signature.len()) > OBJECT_BYTES_MAX {
            return Err(Refusal::TooLarge(OBJECT_BYTES_MAX));
        }
        let signature = String::from_utf8_lossy(signature).trim().to_owned();
        match (signature.is_empty(), payload.is_empty()) {
            (true, _) => Err(Refusal::Unsigned),
            (_, true) => Err(Refusal::Empty),
            _ => Ok(Self { payload, signature }),
        }
    }

    /// What is signed.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signature, in its armor.
    #[must_use]
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// What the signature says that it is.
    #[must_use]
    pub fn format(&self) -> Format {
        Format::of(&self.signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_signed_without_its_signatures() {
        let raw = b"tree 1\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\nencoding x\n\
                    gpgsig-sha256 other\n more\n\ngpgsig not a header\n";
        let signed = Signed::commit(raw).unwrap();
        assert_eq!(signed.payload(), b"tree 1\nencoding x\n\ngpgsig not a header\n");
        assert_eq!(signed.signature(), "-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----");
    }

    #[test]
    fn a_tag_is_cut_at_the_last_signature() {
        let raw = b"tag v1\n\n-----BEGIN SSH SIGNATURE-----\nquoted\n-----BEGIN SSH SIGNATURE-----\nabc\n";
        let signed = Signed::tag(raw).unwrap();
        assert_eq!(signed.payload(), b"tag v1\n\n-----BEGIN SSH SIGNATURE-----\nquoted\n");
        assert_eq!(signed.format(), Format::Ssh);
        assert_eq!(Signed::tag(b"tag v1\n\nno signature\n").unwrap_err(), Refusal::Unsigned);
        assert_eq!(Signed::commit(b"").unwrap_err(), Refusal::Unsigned);
        assert_eq!(Signed::detached(b"", "x").unwrap_err(), Refusal::Empty);
    }
}
