//! The renderer for engines.

use std::collections::HashMap;

use windlass_core::{
    Context, Digest, Error, ErrorKind, Item, Object, ObjectId, Origin, RenderInput, Rendered, Renderer,
    Result, Value, Warning,
};

use crate::build::{Build, file_of};
use crate::{Options, Restrict, VERSION};

/// Renders the kustomization at the path of the input.
///
/// - The objects are those of [`build`](crate::build), in the order of its output, with file, line and transformers.
/// - The reads are all files that the build read, so that a change elsewhere renders nothing, and the other artifacts.
/// - What is elsewhere is needed as [`Options::with_remote`] says, all that is known to be missing at once.
/// - Charts are rendered for what the target serves, where neither the kustomization nor the options say another cluster.
///   That is a [`Need::Capabilities`](windlass_core::Need::Capabilities) then.
/// - Two objects that differ only in the version of their group are an error that names both places: they would be one
///   object of the target.
///
/// ```
/// use windlass_core::Renderer;
/// use windlass_kustomize::{Kustomize, Options, Restrict};
/// let renderer = Kustomize::new(Options::default().with_restrict(Restrict::None));
/// assert_ne!(renderer.fingerprint(), Kustomize::default().fingerprint());
/// ```
#[derive(Debug, Clone)]
pub struct Kustomize {
    options: Options,
}

impl Default for Kustomize {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

impl Kustomize {
    /// Makes a renderer.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options: Options { objects: true, text: false, ..options } }
    }
}

impl Renderer for Kustomize {
    fn fingerprint(&self) -> Digest {
        let charts = self.options.charts.as_ref().map(|charts| charts.fingerprint().to_string());
        Digest::of_value(&Value::from_iter([
            ("renderer", Value::from("windlass-kustomize")),
            ("version", env!("CARGO_PKG_VERSION").into()),
            ("kustomize", VERSION.into()),
            ("restrict", (self.options.restrict == Restrict::RootOnly).into()),
            ("managedByLabel", self.options.managed_by_label.into()),
            ("more", self.options.more.as_deref().unwrap_or_default().into()),
            ("unsorted", self.options.unsorted.into()),
            ("absolutePaths", self.options.absolute_paths.into()),
            ("remote", self.options.remote.into()),
            ("helm", charts.unwrap_or_default().into()),
        ]))
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        let (files, bases) = (&**input.artifact.files(), &input.provided.bases);
        let build = Build::new(cx, files, bases, &self.options);
        let built = build.for_target(input.provided.capabilities.as_ref()).run(input.path)?;
        let (mut items, mut problems) = (Vec::<Item>::with_capacity(built.objects.len()), Vec::new());
        let mut places: HashMap<ObjectId, usize> = HashMap::with_capacity(built.objects.len());
        for object in built.objects {
            cx.check()?;
            let at = |error: Error| {
                error.with_each("path", file_of(&object.origin)).with_each("line", object.origin.line)
            };
            match Object::new(object.body.unwrap_or_default()) {
                Err(error) => problems.push(at(error)),
                Ok(body) => {
                    if let Some(first) = places.insert(body.id().clone(), items.len()) {
                        problems.push(at(twice(body.id(), &items[first].origin)));
                    }
                    items.push(Item::new(body, object.origin));
                }
            }
        }
        if let Some(error) = Error::all(problems) {
            return Err(error);
        }
        let warnings = built.warnings.into_iter().map(Warning::new).collect();
        Ok(Rendered { items, reads: built.reads, warnings })
    }
}

fn twice(id: &ObjectId, first: &Origin) -> Error {
    Error::new(ErrorKind::Conflict, "the object is written twice").with("object", id).with("first", first)
}
