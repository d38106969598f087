//! What lies at plain addresses as sources: one archive ([`ArchiveSource`]), and the charts of a Helm repository
//! ([`ChartSource`]).
//!
//! ```
//! use windlass_web::{ArchiveSource, ChartSource, Credentials};
//!
//! let archive = ArchiveSource::new("https://releases.example/fleet-1.2.0.tar.gz")
//!     .with_credentials(Credentials::basic("deployer", "secret"));
//! assert!(!format!("{archive:?}").contains("secret"), "what is shown to the server is shown to nobody else");
//!
//! let chart = ChartSource::new("https://charts.example/stable", "podinfo", "6.x");
//! # let _ = chart;
//! ```
//!
//! # What happens where
//!
//! | | resolve | fetch |
//! | --- | --- | --- |
//! | an archive | brings it, from then on if it has changed; with a pinned digest asks nobody | the one that is kept, or brings it |
//! | a chart | brings the index, from then on if it has changed | brings the archive of the version |
//!
//! # Invariants
//!
//! - A revision is the SHA-256 of an archive, and what is fetched has it.
//! - Archives are unpacked in memory, and one that leads out of itself, holds a device or is too much is refused as a whole.
//! - Credentials go to the origin of the address that was given, over TLS unless plain HTTP was asked for, and into no error
//!   and no `Debug`. A redirect elsewhere gets none and cannot leave TLS.
//! - Every wait, size and count is bounded by [`WebLimits`] or by the limits of the [`Context`](windlass_core::Context).
//!
//! Versions are chosen, and addresses of archives are found, as Helm 4 does it.
//!
//! # What it does not do
//!
//! Archives other than tar, packed with gzip or not, are refused, and so are provenance files of charts and charts that an
//! index of a repository names in a registry.

mod archive;
mod chart;
mod client;
mod index;
mod options;
mod unpacked;

pub use archive::ArchiveSource;
pub use chart::ChartSource;
pub use options::{Credentials, WebLimits};
