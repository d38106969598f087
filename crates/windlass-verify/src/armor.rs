//! The text around bytes: a line that begins it, base64, a line that ends it.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Gives the bytes of the first armor in a text that begins with `-----BEGIN <what>-----`. What the ending line says does
/// not matter, but it must be there. Headers and the checksum of OpenPGP are passed over.
pub(crate) fn bytes(text: &str, what: &str) -> Option<Vec<u8>> {
    let mut lines = text.lines().map(str::trim);
    let begin = format!("-----BEGIN {what}-----");
    lines.by_ref().find(|line| *line == begin)?;
    let mut body = String::new();
    for line in lines {
        if line.starts_with("-----END ") {
            return ENGINE.decode(body).ok();
        }
        // `Version: …`, and `=abcd`.
        if !line.contains(": ") && !line.starts_with('=') {
            body.push_str(line);
        }
    }
    None
}

/// Decodes what stands in a line for a key.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    ENGINE.decode(text).ok()
}

/// Names bytes as OpenSSH does.
pub(crate) fn without_padding(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)
}
