//! Passwords: bcrypt, Master Password, AES.

use aes::{
    Aes256,
    cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::Stream;

/// The hash of a password with cost 10, as `$2a$`; the error is the text that Sprig gives in its place.
pub(crate) fn bcrypt(password: &[u8], random: &mut Stream) -> Result<String, String> {
    if password.len() > 72 {
        return Err("failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes".into());
    }
    let mut salt = [0; 16];
    random.fill(&mut salt);
    let parts = bcrypt::hash_with_salt(password, 10, salt);
    parts
        .map(|parts| parts.format_for_version(bcrypt::Version::TwoA))
        .map_err(|error| format!("failed to encrypt string with bcrypt: {error}"))
}

const SEED: &[u8] = b"com.lyndir.masterpassword";

const LONG: &[&str] = &[
    "CvcvnoCvcvCvcv",
    "CvcvCvcvnoCvcv",
    "CvcvCvcvCvcvno",
    "CvccnoCvcvCvcv",
    "CvccCvcvnoCvcv",
    "CvccCvcvCvcvno",
    "CvcvnoCvccCvcv",
    "CvcvCvccnoCvcv",
    "CvcvCvccCvcvno",
    "CvcvnoCvcvCvcc",
    "CvcvCvcvnoCvcc",
    "CvcvCvcvCvccno",
    "CvccnoCvccCvcv",
    "CvccCvccnoCvcv",
    "CvccCvccCvcvno",
    "CvcvnoCvccCvcc",
    "CvcvCvccnoCvcc",
    "CvcvCvccCvccno",
    "CvccnoCvcvCvcc",
    "CvccCvcvnoCvcc",
    "CvccCvcvCvccno",
];

fn shapes(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "maximum" => &["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long" => LONG,
        "medium" => &["CvcnoCvc", "CvcCvcno"],
        "short" => &["Cvcn"],
        "basic" => &["aaanaaan", "aannaaan", "aaannaaa"],
        "pin" => &["nnnn"],
        _ => return None,
    })
}

fn letters(class: u8) -> &'static [u8] {
    match class {
        b'V' => b"AEIOU",
        b'C' => b"BCDFGHJKLMNPQRSTVWXYZ",
        b'v' => b"aeiou",
        b'c' => b"bcdfghjklmnpqrstvwxyz",
        b'a' => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz",
        b'n' => b"0123456789",
        b'o' => b"@&%?,=[]_:-+*$#!'^~;()/.",
        _ => b"AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    }
}

fn length(text: &[u8]) -> [u8; 4] {
    u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// The password that Master Password derives for a site; for an unknown kind, the text that says so.
pub(crate) fn derive(counter: u32, kind: &str, password: &[u8], user: &[u8], site: &[u8]) -> String {
    let Some(shapes) = shapes(kind) else {
        return format!("cannot find password template {kind}");
    };
    let salt = [SEED, &length(user), user].concat();
    let mut key = [0; 64];
    let stretched =
        scrypt::Params::new(15, 8, 2).map(|params| scrypt::scrypt(password, &salt, &params, &mut key));
    if !matches!(stretched, Ok(Ok(()))) {
        return "failed to derive password: scrypt: parameters are too large".into();
    }
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else {
        return "failed to derive password: invalid key".into();
    };
    mac.update(&[SEED, &length(site), site, &counter.to_be_bytes()].concat());
    let seed = mac.finalize().into_bytes();
    let shape = shapes[usize::from(seed[0]) % shapes.len()];
    let pick = |(class, byte): (u8, &u8)| {
        let letters = letters(class);
        char::from(letters[usize::from(*byte) % letters.len()])
    };
    shape.bytes().zip(&seed[1..]).map(pick).collect()
}

const BLOCK: usize = 16;

fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    key.iter_mut().zip(password).for_each(|(byte, given)| *byte = *given);
    Aes256::new(&Array::from(key))
}

/// AES-256 in CBC mode, the vector in front.
pub(crate) fn encrypt(password: &[u8], text: &[u8], random: &mut Stream) -> Vec<u8> {
    let cipher = cipher(password);
    let padding = BLOCK - text.len() % BLOCK;
    let padded: Vec<u8> = text.iter().copied().chain(std::iter::repeat_n(padding as u8, padding)).collect();
    let mut previous = [0; BLOCK];
    random.fill(&mut previous);
    let mut out = previous.to_vec();
    for chunk in padded.chunks_exact(BLOCK) {
        let mut block = [0; BLOCK];
        block.iter_mut().zip(chunk).zip(previous).for_each(|((byte, text), before)| *byte = text ^ before);
        let mut block = Array::from(block);
        cipher.encrypt_block(&mut block);
        previous = block.into();
        out.extend_from_slice(&previous);
    }
    out
}

/// The text that [`encrypt`] was given; the error is Go's text.
pub(crate) fn decrypt(password: &[u8], crypted: &[u8]) -> Result<Vec<u8>, String> {
    if crypted.len() < BLOCK {
        return Err(format!(
            "runtime error: slice bounds out of range [:{BLOCK}] with capacity {}",
            crypted.len()
        ));
    }
    let (vector, rest) = crypted.split_at(BLOCK);
    if rest.len() % BLOCK != 0 {
        return Err("crypto/cipher: input not full blocks".into());
    }
    let cipher = cipher(password);
    let mut out = Vec::with_capacity(rest.len());
    let mut previous = vector;
    for chunk in rest.chunks_exact(BLOCK) {
        let mut bytes = [0; BLOCK];
        bytes.copy_from_slice(chunk);
        let mut block = Array::from(bytes);
        cipher.decrypt_block(&mut block);
        out.extend(block.iter().zip(previous).map(|(byte, before)| byte ^ before));
        previous = chunk;
    }
    let Some(padding) = out.last().map(|byte| usize::from(*byte)) else {
        return Err("runtime error: index out of range [-1]".into());
    };
    match out.len().checked_sub(padding) {
        Some(length) => out.truncate(length),
        None => return Err(format!("runtime error: slice bounds out of range [:-{}]", padding - out.len())),
    }
    Ok(out)
}
