//! Signatures of Git commits and tags, verified in the process: OpenPGP and SSH; and in [`sigstore`] those that cosign makes of
//! artifacts.
//!
//! ```
//! use windlass_verify::{Keys, Refusal, Signed};
//!
//! let commit = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nnobody signed this\n";
//! assert_eq!(Signed::commit(commit).unwrap_err(), Refusal::Unsigned);
//!
//! let keys = Keys::new().with_authorized_keys(
//!     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL13zgyJ/AzWpESWpoahKdJQhOouidPrw+qiZ+cdsAq9 ada@example.org",
//! )?;
//! assert_eq!(keys.fingerprints(), ["SHA256:OZW6Km5xAyXgO16z99CfSVyJGQVrkL82M3GfvY3Y3+M"]);
//! # Ok::<(), Refusal>(())
//! ```
//!
//! # Invariants
//! - Everything is a function of the object, the keys and nothing else: no clock, no file, no program, no network.
//! - A key of OpenPGP counts if it was valid when the signature says that it was made: it existed, had not expired, and
//!   certifies itself or is bound to sign by a key that does. A key that was revoked never counts.
//! - SHA-1 and MD5 are no proof. RSA keys of SSH have 2048 bits or more.
//! - A signature of SSH counts for the namespace `git`, and from an allowed signer only for the namespaces of its line.
//! - Objects, keys and signatures are bounded: [`OBJECT_BYTES_MAX`], [`KEYS_BYTES_MAX`], [`KEYS_MAX`].
//!
//! What it does not do: X.509 for commits and tags, certificates of SSH, security keys, DSA of SSH, and times in allowed signers.
//! Each is refused. What verifies is a fact about bytes and a key; whether a name in the commit belongs to that
//! key is for the caller.
//!
//! The formats are those of [RFC 9580](https://www.rfc-editor.org/rfc/rfc9580),
//! [PROTOCOL.sshsig](https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig) and
//! [Git](https://git-scm.com/docs/gitformat-signature).

mod armor;
mod brainpool;
mod key;
mod keys;
mod object;
mod openpgp;
mod refusal;
pub mod sigstore;
mod ssh;

pub use keys::{KEYS_BYTES_MAX, KEYS_MAX, Keys, Signer};
pub use object::{Format, OBJECT_BYTES_MAX, Signed};
pub use refusal::Refusal;
