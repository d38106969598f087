//! The armor and the header of an age file.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";
const VERSION: &[u8] = b"age-encryption.org/v1\n";
/// Recipients of one file.
const STANZAS_MAX: usize = 1000;
/// Columns of the body of a stanza.
const COLUMNS: usize = 64;

/// A file, taken apart.
pub(super) struct File {
    pub(super) stanzas: Vec<Stanza>,
    /// What the code of the header covers.
    pub(super) signed: Vec<u8>,
    pub(super) mac: Vec<u8>,
    pub(super) payload: Vec<u8>,
}

/// The key of the file, for one recipient.
pub(super) struct Stanza {
    pub(super) kind: String,
    pub(super) arguments: Vec<String>,
    pub(super) body: Vec<u8>,
}

impl File {
    /// Reads an armored file.
    pub(super) fn parse(armored: &str) -> Option<Self> {
        let bytes = dearmor(armored)?;
        let mut lines = Lines { bytes: &bytes, at: VERSION.len() };
        if !bytes.starts_with(VERSION) {
            return None;
        }
        let mut stanzas = Vec::new();
        loop {
            let begin = lines.at;
            let line = lines.next()?;
            if let Some(mac) = line.strip_prefix("--- ") {
                let signed = bytes[..begin + 3].to_vec();
                let mac = STANDARD_NO_PAD.decode(mac).ok()?;
                return Some(Self { stanzas, signed, mac, payload: bytes[lines.at..].to_vec() });
            }
            if stanzas.len() >= STANZAS_MAX {
                return None;
            }
            let mut words = line.strip_prefix("-> ")?.split(' ').map(str::to_owned);
            stanzas.push(Stanza { kind: words.next()?, arguments: words.collect(), body: lines.body()? });
        }
    }
}

struct Lines<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl<'b> Lines<'b> {
    fn next(&mut self) -> Option<&'b str> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        self.at += end + 1;
        std::str::from_utf8(&rest[..end]).ok()
    }

    /// The last line of a body is a short one.
    fn body(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.next()?;
            body.extend(STANDARD_NO_PAD.decode(line).ok()?);
            if line.len() < COLUMNS {
                return Some(body);
            }
            if line.len() > COLUMNS {
                return None;
            }
        }
    }
}

fn dearmor(text: &str) -> Option<Vec<u8>> {
    let body = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let body: String = body.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    STANDARD.decode(body).ok()
}
