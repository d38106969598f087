//! One encrypted value: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`.

use aes_gcm::aead::array::ArraySize;
use aes_gcm::aead::consts::{U12, U16, U32};
use aes_gcm::aead::{Aead, KeyInit, Nonce, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_core::{Error, ErrorKind, Result};

use crate::Secret;

const PREFIX: &str = "ENC[AES256_GCM,data:";

/// A value in the clear, with the type that sops keeps.
#[derive(Clone, PartialEq)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// A time as RFC 3339 writes it.
    Time(String),
    Comment(String),
}

/// Says whether a text is an encrypted value.
pub(crate) fn looks_encrypted(text: &str) -> bool {
    Encrypted::parse(text).is_some()
}

/// Decrypts a value, whose path counts. The empty text stands for itself.
pub(crate) fn decrypt(text: &str, key: &Secret, path: &str) -> Result<Plain> {
    if text.is_empty() {
        return Ok(Plain::Text(String::new()));
    }
    let wrong = |message: &str| Error::new(ErrorKind::Invalid, message);
    let found = Encrypted::parse(text).ok_or_else(|| wrong("a value that has to be encrypted is not"))?;
    let bytes = found
        .open(key, path)
        .ok_or_else(|| wrong("a value cannot be decrypted: it or its path was changed"))?;
    let plain = String::from_utf8(bytes).map_err(|_| wrong("a value is no text"))?;
    typed(plain, found.kind).ok_or_else(|| wrong("a value does not have its type"))
}

struct Encrypted<'t> {
    data: Vec<u8>,
    iv: Vec<u8>,
    tag: Vec<u8>,
    kind: &'t str,
}

impl<'t> Encrypted<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (data, rest) = text.strip_prefix(PREFIX)?.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, rest) = rest.split_once(",type:")?;
        let (kind, _) = rest.rsplit_once(']')?;
        let decode = |text: &str| STANDARD.decode(text).ok();
        Some(Self { data: decode(data)?, iv: decode(iv)?, tag: decode(tag)?, kind })
    }

    /// sops writes 32 bytes; other lengths are allowed to be read.
    fn open(&self, key: &Secret, path: &str) -> Option<Vec<u8>> {
        match self.iv.len() {
            32 => self.open_with::<U32>(key, path),
            16 => self.open_with::<U16>(key, path),
            12 => self.open_with::<U12>(key, path),
            _ => None,
        }
    }

    fn open_with<N: ArraySize>(&self, key: &Secret, path: &str) -> Option<Vec<u8>> {
        let cipher = AesGcm::<Aes256, N>::new_from_slice(key.as_slice()).ok()?;
        let nonce = Nonce::<AesGcm<Aes256, N>>::try_from(&self.iv[..]).ok()?;
        Tag::<U16>::try_from(&self.tag[..]).ok()?;
        let message = [&self.data[..], &self.tag].concat();
        cipher.decrypt(&nonce, Payload { msg: &message, aad: path.as_bytes() }).ok()
    }
}

fn typed(text: String, kind: &str) -> Option<Plain> {
    Some(match kind {
        "str" | "bytes" => Plain::Text(text),
        "int" => Plain::Int(text.parse().ok()?),
        "float" => Plain::Float(text.parse().ok().filter(|number: &f64| number.is_finite())?),
        "bool" => match text.as_str() {
            "True" | "true" | "TRUE" | "T" | "t" | "1" => Plain::Bool(true),
            "False" | "false" | "FALSE" | "F" | "f" | "0" => Plain::Bool(false),
            _ => return None,
        },
        "time" => Plain::Time(text),
        "comment" => Plain::Comment(text),
        _ => return None,
    })
}

impl Plain {
    /// Gives the bytes over which the code of a file is computed; `None` for what does not count.
    pub(crate) fn counted(&self) -> Option<Vec<u8>> {
        match self {
            Self::Null | Self::Comment(_) => None,
            Self::Bool(true) => Some(b"True".to_vec()),
            Self::Bool(false) => Some(b"False".to_vec()),
            Self::Int(number) => Some(number.to_string().into_bytes()),
            Self::Float(number) => Some(number.to_string().into_bytes()),
            Self::Text(text) | Self::Time(text) => Some(text.clone().into_bytes()),
        }
    }
}
