//! Plain manifests, rendered to wanted objects, and variables put into what any renderer gave.
//!
//! ```
//! use std::sync::Arc;
//! use windlass_core::*;
//! use windlass_render::Manifests;
//!
//! #[derive(Debug)]
//! struct One;
//! impl Files for One {
//!     fn list(&self, _: &TreePath) -> Result<Vec<Entry>> {
//!         Ok(vec![Entry::new("web.yaml", EntryKind::File)])
//!     }
//!     fn read(&self, path: &TreePath) -> Result<Bytes> {
//!         match path.as_str() {
//!             "web.yaml" => Ok(Bytes::from_static(b"apiVersion: v1\nkind: Service\nmetadata: {name: web}\n")),
//!             _ => Err(Error::new(ErrorKind::NotFound, "no such file")),
//!         }
//!     }
//! }
//! # #[derive(Debug)] struct Never;
//! # #[async_trait] impl Clock for Never {
//! #     fn now(&self) -> Now { Now::default() }
//! #     async fn sleep(&self, _: std::time::Duration) {}
//! # }
//! # let cx = Context::new(Never);
//! let artifact = Artifact::new(Revision::new("sha1:1"), Digest::of(b"1"), Arc::new(One));
//! let rendered = Manifests::new().render(&cx, &RenderInput::new(&artifact, &TreePath::root()))?;
//! assert_eq!(rendered.items[0].id().to_string(), "Service//web");
//! assert_eq!(rendered.items[0].origin.to_string(), "web.yaml:1");
//! # Ok::<(), Error>(())
//! ```
//!
//! # Invariants
//!
//! - Files are read in the byte order of their paths, and items come out in that order.
//! - A render is whole or it is not: with any problem there are no items, and all problems of all files are reported,
//!   in the order of the files, up to `problems_max`.
//! - What is named like a manifest and is none has to be ignored, excluded or hidden (its name begins with a dot), else it
//!   is an error that says so. A file of another name is passed over, with a warning where something stands behind the
//!   ending of a manifest: `web.yaml.j2`.
//! - Ignore files have limits of their own: `ignore_patterns_max` and `ignore_bytes_max`, for all of a render together.
//! - Everything that was read, and every ignore file that was looked for, is in `reads`.
//!
//! [`Substitute`] replaces `${var}` in objects as Flux's `postBuild` does, after [`Manifests`] or any other renderer.
//!
//! What it does not do: kustomize, Helm, or any other template. A folder with a `kustomization.yaml` or a `Chart.yaml` is
//! refused rather than applied as what it is not. Names, labels and schemas are left to the target.
//!
//! Ignore files follow [gitignore](https://git-scm.com/docs/gitignore) as Flux does: a later pattern can bring back
//! what lies in an excluded folder.

mod auto;
mod envsubst;
#[cfg(test)]
mod envsubst_conformance;
mod ignore;
#[cfg(test)]
mod ignore_conformance;
mod manifests;
mod objects;
mod problems;
mod size;
mod substitute;
mod walk;

pub use auto::Auto;
pub use ignore::Ignore;
pub use manifests::Manifests;
pub use substitute::{Substitute, VariablesFrom, VariablesKind};
