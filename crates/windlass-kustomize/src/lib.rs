//! What `kustomize build` 5.8.3 renders, byte for byte, without a checkout, a program or anything global.
//!
//! ```
//! use windlass_core::{Context, TreePath};
//! use windlass_kustomize::{Options, build};
//! use windlass_testkit::{TestClock, files};
//!
//! let files = files([
//!     ("base/kustomization.yaml", "resources: [web.yaml]\n"),
//!     ("base/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"),
//!     ("prod/kustomization.yaml", "resources: [../base]\nnamePrefix: prod-\n"),
//! ]);
//! let cx = Context::new(TestClock::new());
//! let built = build(&cx, &files, &TreePath::new("prod")?, &Options::default())?;
//! assert_eq!(built.text, "apiVersion: v1\nkind: Service\nmetadata:\n  name: prod-web\n");
//! assert_eq!(built.objects[0].origin.to_string(), "base/web.yaml:1");
//! assert_eq!(&*built.objects[0].origin.transformers[0], "PrefixTransformer");
//! # Ok::<(), windlass_core::Error>(())
//! ```
//!
//! # Invariants
//!
//! - Every byte is that of kustomize 5.8.3 with its default flags; where it fails, so does this.
//! - No globals: builds with other schemas run side by side. A build reads only through [`Files`](windlass_core::Files).
//! - Costs grow with the size of the input: objects are found by index, and a file is read once for all overlays.
//! - Errors name the file and the field, all problems of a list together; no error shows a value of an object.
//!
//! # What it does not do
//!
//! - Generators and transformers that are programs or containers are refused with an error that names the file and the
//!   field: a build is hermetic. So are remote resources, unless [allowed](Options::with_remote); then whoever renders
//!   [`Kustomize`] brings them. So are Helm charts, unless there is [something that renders them](Options::with_helm).
//! - An address that begins with `http` is taken for a file or for a repository by how it is written; kustomize asks for a file
//!   first. Submodules and `timeout` are up to whoever brings a repository. Where a repository is named with a user,
//!   `originAnnotations` name it without.
//! - Links that lead out of the folder of a kustomization are refused, as kustomize does, where the files tell links apart
//!   ([`Files::real`](windlass_core::Files::real)). Where they do not, a link is followed wherever it leads inside the tree.
//! - Where a replacement changes a text that is itself YAML, comments in it, `{}` and `[]` and the quotes of keys are lost.
//! - As in windlass-yaml, a quoted text that goes on at or left of the column of its key is refused; kustomize takes it. The
//!   escape `\/` is taken; kustomize refuses it.
//! - A merge (`<<`) of several maps of which one is itself merged gives that one its inner fields first; in kustomize they
//!   yield to the fields of the other maps.
//!
//! The fields are those of the [reference](https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/).

mod address;
mod build;
mod config;
mod decode;
mod emit;
mod filter;
mod generate;
mod helm;
mod id;
mod kustomization;
mod node;
mod options;
mod order;
mod patch;
mod pattern;
mod read;
mod renderer;
mod resmap;
mod resource;
mod schema;
mod select;

pub use helm::{Helm, HelmTemplate};
pub use options::{Built, BuiltObject, FILE_NAMES, Options, Restrict, VERSION, build};
pub use renderer::Kustomize;
