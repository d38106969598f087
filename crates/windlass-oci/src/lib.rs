//! Artifacts in OCI registries as a [`Source`](windlass_core::Source): resolve a tag or a range of versions, fetch the
//! layers, read their files. And [`Push`], which publishes a folder so that Flux reads it.
//!
//! ```no_run
//! use windlass_core::{Paths, Source, TreePath};
//! use windlass_oci::OciSource;
//!
//! # async fn example(cx: windlass_core::Context) -> windlass_core::Result<()> {
//! let source = OciSource::new("oci://registry.example/fleet/shop").semver(">=1.2 <2");
//!
//! let resolved = source.resolve(&cx).await?;
//! println!("{}", resolved.revision); // v1.4.0@sha256:…, as Flux writes it
//!
//! let artifact = source.fetch(&cx, &resolved.revision, &Paths::All).await?;
//! let web = artifact.files().read(&TreePath::new("apps/web.yaml")?)?;
//! # Ok(()) }
//! ```
//!
//! An archive is the same for the same files, whoever packs it:
//!
//! ```
//! use windlass_oci::Package;
//!
//! # let folder = std::env::temp_dir().join(format!("windlass-oci-lib-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder)?;
//! std::fs::write(folder.join("web.yaml"), "replicas: 1\n")?;
//! let limits = windlass_core::Limits::default();
//! let package = Package::of(&folder, &|_, _| false, &limits)?;
//! assert_eq!(package.digest(), Package::of(&folder, &|_, _| false, &limits)?.digest());
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What becomes of an artifact
//!
//! | artifact | files |
//! | --- | --- |
//! | pushed by `flux push artifact` or [`Push`] | those of the first layer |
//! | a Helm chart | the folder of the chart |
//! | files and folders pushed by ORAS | each under its name |
//! | with a [`LayerSelector`] | those of the first layer of a media type, or the layer as one file |
//! | an index | those of its manifest for `linux/amd64`, or for the platform that was said |
//!
//! # Invariants
//!
//! - A poll with nothing new is one small request.
//! - What is fetched is verified against its digest and its size, from the manifest on, and is given out wholly or not at
//!   all. Nothing is written to a disk.
//! - An archive with a path that is absolute, leads upwards or through a link, with a device, a pipe or a hard link, or with
//!   two paths that differ in upper and lower case alone is refused as a whole. A link inside the archive is followed; one
//!   that leads out of it leads to nothing.
//! - With a [`Verification`] nothing is given out of an artifact that bears no signature that counts; there is no way around
//!   it. Who signed becomes part of the revision.
//! - Credentials go to the registry and to the server of tokens that it names, over TLS unless you say so, and into no
//!   error and no `Debug`. What redirects elsewhere takes none along, and cannot leave TLS.
//! - No program is started: no credential helper.
//! - Every wait, size and count is bounded by [`OciLimits`] or by the limits of the [`Context`](windlass_core::Context).
//!
//! The protocol is the [distribution specification](https://github.com/opencontainers/distribution-spec), the documents
//! are those of the [image specification](https://github.com/opencontainers/image-spec). What is taken of them is what
//! Flux 2.9 takes, by `fluxcd/pkg/oci` 0.68.
//!
//! # What it does not do
//!
//! Signatures of Notation, logins of cloud providers, mirrors, layers packed with zstd and digests other than
//! SHA-256 are not there yet.

mod address;
mod archive;
mod auth;
mod challenge;
mod docker;
mod layers;
mod manifest;
mod options;
mod push;
mod reference;
mod registry;
mod signed;
mod source;

pub use archive::Package;
pub use layers::{LayerSelector, Operation};
pub use options::{Credentials, OciLimits};
pub use push::{Push, Pushed};
pub use reference::Reference;
pub use signed::Verification;
pub use source::OciSource;
