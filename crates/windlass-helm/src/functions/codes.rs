//! Base 64, base 32 and sums.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use sha1::Digest as _;

/// Base 64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Base 64 read as Go does: line breaks are passed over; the error is Go's text.
pub(super) fn decode_base64(text: &[u8]) -> Result<Vec<u8>, String> {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, config);
    let plain: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    engine.decode(&plain).map_err(|_| format!("illegal base64 data at input byte {}", bad_base64_byte(text)))
}

/// Where Go stops reading.
fn bad_base64_byte(text: &[u8]) -> usize {
    let is_code = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut seen = 0;
    let mut at = 0;
    while at < text.len() {
        let byte = &text[at];
        if matches!(byte, b'\r' | b'\n') {
            at += 1;
            continue;
        }
        if is_code(byte) {
            seen = (seen + 1) % 4;
            at += 1;
            continue;
        }
        if *byte != b'=' || seen < 2 {
            return at;
        }
        return after_padding(text, at, seen);
    }
    // The text ends inside a group, whose beginning Go names.
    text.len() - seen
}

fn after_padding(text: &[u8], at: usize, seen: usize) -> usize {
    let is_break = |byte: &&u8| matches!(byte, b'\r' | b'\n');
    let mut next = at + 1;
    next += text[next..].iter().take_while(is_break).count();
    if seen == 2 {
        if text.get(next) != Some(&b'=') {
            return if next == text.len() { text.len() } else { next - 1 };
        }
        next += 1;
    }
    next + text[next..].iter().take_while(is_break).count()
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base 32 with padding.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for chunk in bytes.chunks(5) {
        let mut group = [0u8; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let number = u64::from_be_bytes(group);
        let digits = (chunk.len() * 8).div_ceil(5);
        for index in 0..8 {
            let digit = (number >> (35 - 5 * index) & 31) as usize;
            out.push(if index < digits { BASE32[digit] as char } else { '=' });
        }
    }
    out
}

/// Base 32 read as Go does; the error is Go's text.
pub(super) fn decode_base32(text: &[u8]) -> Result<Vec<u8>, String> {
    let plain: Vec<u8> = text.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut out = Vec::with_capacity(plain.len() / 8 * 5);
    for (group, chunk) in plain.chunks(8).enumerate() {
        let last = (group + 1) * 8 >= plain.len();
        decode_group(chunk, group * 8, last, &mut out)
            .map_err(|at| format!("illegal base32 data at input byte {at}"))?;
    }
    Ok(out)
}

/// Reads eight digits; the error is the place that Go names.
fn decode_group(chunk: &[u8], start: usize, last: bool, out: &mut Vec<u8>) -> Result<(), usize> {
    let mut number = 0u64;
    let mut digits = 0;
    for (index, byte) in chunk.iter().enumerate() {
        match BASE32.iter().position(|digit| digit == byte) {
            Some(digit) => number = number << 5 | digit as u64,
            None if *byte == b'=' && index >= 2 && last => {
                let padded = chunk[index..].iter().all(|byte| *byte == b'=');
                if chunk.len() < 8 {
                    return Err(start + chunk.len() - 1);
                }
                if !padded || matches!(index, 3 | 6) {
                    return Err(start + index);
                }
                break;
            }
            None => return Err(start + index),
        }
        digits += 1;
    }
    if digits == chunk.len() && digits < 8 {
        return Err(start + digits);
    }
    number <<= 5 * (8 - digits);
    out.extend_from_slice(&number.to_be_bytes()[3..3 + digits * 5 / 8]);
    Ok(())
}

pub(super) fn sha1(bytes: &[u8]) -> String {
    hex(&sha1::Sha1::digest(bytes))
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&sha2::Sha256::digest(bytes))
}

pub(super) fn sha512(bytes: &[u8]) -> String {
    hex(&sha2::Sha512::digest(bytes))
}

/// Bytes as lower hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn adler32(bytes: &[u8]) -> String {
    const MODULUS: u32 = 65_521;
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % MODULUS;
        (a, (b + a) % MODULUS)
    });
    (b << 16 | a).to_string()
}
