//! A bucket as a [`Source`](windlass_core::Source): S3 and what speaks its protocol, such as MinIO, R2 and Google's XML API.
//!
//! ```
//! use windlass_bucket::{BucketSource, Credentials};
//!
//! let source = BucketSource::new("minio.example:9000", "fleet")
//!     .with_prefix("shop/")
//!     .with_credentials(Credentials::new("deployer", "secret"));
//! assert!(!format!("{source:?}").contains("secret"), "what is shown to the server is shown to nobody else");
//! ```
//!
//! # What happens where
//!
//! | | asks for |
//! | --- | --- |
//! | resolve | the listing below the prefix, 1,000 objects a page |
//! | fetch of what was just resolved | each object that is new or has another ETag, several at once |
//! | fetch of another revision | the listing, and then as above if it is that revision |
//!
//! # Invariants
//!
//! - The revision is `sha256:` over a line `key etag` for each object, in the order of the keys, as Flux makes it. A bucket
//!   keeps no earlier states: once it has changed, the revision is not found.
//! - Each object is asked for by its ETag, and its size and, where the ETag is one, its MD5 are verified. A bucket that changes
//!   while it is fetched gives an error, never a mixture.
//! - A key that is not written as a relative path is refused, and so is one that is a file and a folder. Keys that end with a
//!   slash stand for folders and are left out.
//! - Signatures are made for each request anew, by version 4 of AWS. No secret is in an error, in `Debug` or in an address.
//! - A redirect is not followed: the error says in which region the bucket is.
//! - Every wait, size and count is bounded by [`BucketLimits`] or by the limits of the [`Context`](windlass_core::Context).
//!
//! # What it does not do
//!
//! Credentials are given: none is asked of a metadata service or of STS, and none is read from the environment. Azure's and
//! Google's own protocols are not spoken. No object is left out by `.sourceignore` here: renderers heed these files.

mod address;
mod listing;
mod options;
mod server;
mod sign;
mod source;

pub use options::{BucketLimits, Credentials, Style};
pub use source::BucketSource;
