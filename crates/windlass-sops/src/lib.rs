//! Files that SOPS encrypted, decrypted in the process.
//!
//! ```
//! use windlass_sops::{AgeKeys, Format, Sops};
//!
//! let keys = AgeKeys::parse(include_str!("../tests/data/keys/age.txt"))?;
//! let sops = Sops::new().with_keys(keys);
//! let encrypted = include_bytes!("../tests/data/example.env");
//! assert_eq!(sops.decrypt(encrypted, Format::Dotenv)?.as_slice(), b"key=value\n");
//! # Ok::<(), windlass_core::Error>(())
//! ```
//!
//! - [`Sops`] decrypts a file: YAML, JSON, dotenv, ini, or anything at all. YAML, JSON and ini keep their layout: each
//!   value is replaced where it stands, as sops writes it, and what SOPS added is taken out.
//! - [`DecryptedFiles`] is a view of files in which those that SOPS encrypted are decrypted, so that every renderer reads
//!   them as if they had never been encrypted.
//! - [`DecryptObjects`] decrypts objects that were rendered, as Flux does.
//! - Keys are a [`KeyService`]: [`AgeKeys`], and `PgpKeys` with the feature `openpgp`. Services of clouds are the caller's.
//!
//! # Invariants
//!
//! - The code over all values (MAC) is checked before anything is given, except by [`DecryptObjects`], which says so.
//! - No key, no value and no plain text is in any error or `Debug`; keys are wiped from memory when they are dropped.
//! - No input panics; sizes, depths, groups and keys are limited.
//!
//! # Differences to sops 3.11
//!
//! - YAML and JSON keep the layout of the encrypted file, where sops lays out anew with an indentation of four columns or
//!   a tab; of files that sops wrote itself the bytes are equal.
//! - With `encrypted_comment_regex` or `unencrypted_comment_regex`, the values themselves tell which of them are encrypted,
//!   not the comments.
//! - A value that should be encrypted and is not is an error instead of a crash.
//!
//! It does not encrypt. The format is that of [sops](https://getsops.io/docs/), age is
//! [age-encryption.org/v1](https://c2sp.org/age).

mod age;
mod cipher;
mod decrypt;
mod files;
mod format;
mod keys;
mod metadata;
mod objects;
#[cfg(feature = "openpgp")]
mod openpgp;
mod rule;
mod shamir;
mod store;

pub use age::AgeKeys;
pub use decrypt::Sops;
pub use files::DecryptedFiles;
pub use format::Format;
pub use keys::{KeyService, MasterKey, Secret};
pub use objects::DecryptObjects;
#[cfg(feature = "openpgp")]
pub use openpgp::PgpKeys;
