//! Helm charts, rendered to the bytes that Helm prints.
//!
//! ```
//! # use windlass_core::{Clock, Context, Limits, Now, async_trait};
//! # #[derive(Debug)] struct Never;
//! # #[async_trait] impl Clock for Never {
//! #     fn now(&self) -> Now { Now::default() }
//! #     async fn sleep(&self, _: std::time::Duration) {}
//! # }
//! # let cx = Context::new(Never);
//! use windlass_helm::{Chart, Print, ReleaseOptions, Values, render};
//!
//! let files = [
//!     ("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}"),
//!     ("values.yaml", "replicas: 1\nlabels: {app: web}\n"),
//!     ("templates/web.yaml", "kind: Deployment\nlabels: {{- toYaml .Values.labels | nindent 2 }}\nreplicas: {{ .Values.replicas }}\n"),
//! ];
//! let chart = Chart::from_files(files, &Limits::default())?;
//! let values = Values::new().with_set("replicas=3")?;
//! let manifests = render(&cx, &chart, &values, &ReleaseOptions::new("shop", "default")?)?;
//! assert_eq!(
//!     manifests.print(&Print::default())?.trim(),
//!     "---\n# Source: web/templates/web.yaml\nkind: Deployment\nlabels:\n  app: web\nreplicas: 3"
//! );
//! # Ok::<(), windlass_core::Error>(())
//! ```
//!
//! # What is there
//!
//! - [`Chart`]: folders and archives, apiVersion v1 and v2, `requirements.yaml`, libraries, charts inside charts,
//!   `.helmignore`, schemas of every draft.
//! - [`Values`]: files, and the whole language of `--set`, `--set-string`, `--set-json`, `--set-file` and `--set-literal`.
//! - [`render`]: aliases, conditions, tags, import-values, globals and nulls as Helm treats them; templates, hooks, notes, CRDs
//!   and the order of kinds. [`Manifests::print`] writes what `helm template` prints.
//! - [`TemplateCommand`]: `helm template` from its arguments on.
//! - [`HelmChart`]: a chart as the source of a unit, a [`windlass_core::Renderer`].
//! - [`StoredRelease`]: a release as Helm stores it in a Secret, read and written; [`TakeOver`] lets a unit take over what one
//!   owns.
//! - [`template`]: the template language for itself.
//!
//! Helm 4.3.2 is what is followed, Helm 3.22.0 on request ([`template::HelmVersion`]). `tests/cases` holds small charts with what
//! both print, and the script that asks them.
//!
//! # Invariants
//!
//! - Nothing reaches the network, the clock, the environment or the file system: files, time, randomness and the objects of a
//!   cluster are given. The same input gives the same bytes.
//! - A chart is read once and shared; two renders share nothing that can change.
//! - Bytes, files, depth, steps and output have limits with names; no chart and no values make it panic.
//! - An error has Helm's own text as its message, and the template, line and column beside it. `Debug` shows no values and
//!   no documents.
//!
//! # Other than Helm, on purpose
//!
//! - All templates that fail and all documents that are no YAML are told, not the first alone. The first is Helm's.
//! - A schema that refers to a server is refused as Helm does without a network, and no value is shown in what a schema finds.
//! - Charts in `charts/` that Chart.yaml does not name take part in the order of their names; Helm's order is random.
//!
//! What it does not do: fetch charts, talk to a cluster, keep releases, or run post-renderers that are programs, and plugins.
//!
//! The language is that of [Go's text/template](https://pkg.go.dev/text/template), the rest that of
//! [Helm](https://helm.sh/docs/).

mod chart;
mod command;
mod crypto;
mod decode;
mod functions;
mod release;
mod renderer;
mod stored;
pub mod template;
mod values;

pub use chart::{Chart, Missing};
pub use command::{Cluster, Output, TemplateCommand};
pub use release::{Hook, HookEvent, Manifest, Manifests, Print, ReleaseOptions, name_of_template, render};
pub use renderer::{HelmChart, PostRenderStrategy};
pub use stored::{StoredRelease, TakeOver};
pub use values::Values;
