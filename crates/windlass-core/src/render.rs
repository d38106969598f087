//! From files to wanted objects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Address, Artifact, Context, Digest, Hook, Mode, Object, ObjectId, Result, Selection, Text, TreePath,
};

/// Where an object was written: enough to find the line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Origin {
    /// The address of another artifact that the file belongs to, as it is shown; `None` for that of the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Text>,
    /// The file.
    pub file: TreePath,
    /// Which document of the file, from 1.
    pub document: u32,
    /// The line on which the object begins, from 1.
    pub line: u32,
    /// What changed it since, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transformers: Vec<Text>,
}

impl Origin {
    /// Names a document of a file of the source's artifact, and the line on which the object begins; both from 1.
    #[must_use]
    pub const fn new(file: TreePath, document: u32, line: u32) -> Self {
        Self { base: None, file, document, line, transformers: Vec::new() }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(base) = &self.base {
            write!(f, "{base}//")?;
        }
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What a person asked for one object, without the names of the annotations that said it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
#[non_exhaustive]
pub struct Directives {
    /// It runs at a certain moment; `None` for an ordinary object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hook: Option<Hook>,
    /// It also runs when the unit is deleted, beside another moment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_hook: Option<Hook>,
    /// The wave: lower ones are healthy before higher ones begin.
    pub wave: i32,
    /// How it is written.
    pub mode: Option<Mode>,
    /// Never delete it, neither in pruning nor when the unit goes.
    pub keep: bool,
    /// Leave it alone, for this reason: neither write nor delete it. Said in the source or on the live object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Text>,
    /// It may go by itself once it has done its work, such as a job with a time to live: then it is done until something
    /// else is wanted.
    pub transient: bool,
    /// Nothing waits for its health.
    pub no_wait: bool,
    /// What must be healthy before it is applied.
    pub after: Vec<ObjectId>,
    /// How long it may take to become healthy.
    #[serde(rename = "timeLimitSeconds", with = "crate::time::maybe_seconds")]
    pub time_limit: Option<Duration>,
}

impl Directives {
    /// Makes it a hook that runs at these moments: at most one of an ordinary pass, and one of the deletion of the unit.
    pub fn run_at(&mut self, ordinary: Option<Hook>, deletion: Option<Hook>) {
        self.hook = ordinary.or(deletion);
        self.deletion_hook = ordinary.and(deletion);
    }

    /// Gives the hook that it is when the unit is deleted.
    #[must_use]
    pub fn hook_at_deletion(&self) -> Option<Hook> {
        self.deletion_hook.or(self.hook.filter(|hook| hook.phase.is_of_deletion()))
    }
}

/// A wanted object, where it comes from and what was asked for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The object.
    pub object: Object,
    /// Where it was written.
    pub origin: Arc<Origin>,
    /// What was asked for it.
    pub directives: Directives,
}

impl Item {
    /// Makes an item without directives.
    #[must_use]
    pub fn new(object: Object, origin: Origin) -> Self {
        Self { object, origin: Arc::new(origin), directives: Directives::default() }
    }

    /// Gives the identity of the object.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        self.object.id()
    }
}

/// Something a render read, or needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Need {
    /// A file or folder of the artifact.
    File(TreePath),
    /// Another artifact, by its address.
    Base(Address),
    /// An object of the target, as this `apiVersion` has it.
    Object {
        /// Which.
        id: ObjectId,
        /// The `apiVersion` in which to read it.
        #[serde(rename = "apiVersion")]
        api_version: Text,
    },
    /// All objects of the target that are selected.
    Objects(Selection),
    /// What the target serves.
    Capabilities,
}

/// Something worth saying that stops nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What and where.
    pub message: Text,
}

impl Warning {
    /// Makes a warning.
    pub fn new(message: impl Into<Text>) -> Self {
        Self { message: message.into() }
    }
}

/// What a render gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rendered {
    /// The wanted objects, in the order of the files; each identity once.
    pub items: Vec<Item>,
    /// All that was read, with the digest it had: with the fingerprint, what decides whether to render again.
    pub reads: BTreeMap<Need, Digest>,
    /// What is worth saying.
    pub warnings: Vec<Warning>,
}

/// What a target serves, as charts and transforms ask for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// The version of the server, such as `v1.37.2`.
    pub version: Text,
    /// What is served, sorted: `apps/v1`, and `apps/v1/Deployment` for each kind.
    pub apis: BTreeSet<Text>,
}

impl Capabilities {
    /// Says what is served by a server of this version.
    pub fn new(version: impl Into<Text>, apis: impl IntoIterator<Item = Text>) -> Self {
        Self { version: version.into(), apis: apis.into_iter().collect() }
    }
}

/// What was brought because a render [needed](Need) it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Provided {
    /// Other artifacts, by their address.
    pub bases: BTreeMap<Address, Artifact>,
    /// Objects of the target; `None` for one that is not there.
    pub objects: BTreeMap<Need, Option<Object>>,
    /// Lists of objects of the target, each sorted by identity.
    pub lists: BTreeMap<Need, Vec<Object>>,
    /// What the target serves, where it was asked.
    pub capabilities: Option<Capabilities>,
}

/// What a render starts from.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct RenderInput<'a> {
    /// The files.
    pub artifact: &'a Artifact,
    /// The folder of the artifact to render.
    pub path: &'a TreePath,
    /// What was brought because a render needed it.
    pub provided: &'a Provided,
}

impl<'a> RenderInput<'a> {
    /// Makes the input of a first render.
    #[must_use]
    pub fn new(artifact: &'a Artifact, path: &'a TreePath) -> Self {
        static NOTHING: Provided = Provided {
            bases: BTreeMap::new(),
            objects: BTreeMap::new(),
            lists: BTreeMap::new(),
            capabilities: None,
        };
        Self { artifact, path, provided: &NOTHING }
    }

    /// Adds what was brought.
    #[must_use]
    pub const fn with_provided(mut self, provided: &'a Provided) -> Self {
        self.provided = provided;
        self
    }
}

/// Turns files into wanted objects.
///
/// For an implementor:
/// - Synchronous and hermetic: no network, no environment, no clock, no files but the artifact's. The same input gives
///   the same output, byte for byte.
/// - All problems of the input are reported at once with [`Error::all`](crate::Error::all), each with file and line.
///   An error gives no items: a render is whole or it is not.
/// - Two items with one identity are an error that names both places.
/// - What is missing is an error that lists its [`needs`](crate::Error::needs).
/// - [`Context::check`] is called in every loop over files and objects; cancelled, it ends with that error.
/// - [`fingerprint`](Renderer::fingerprint) changes with every option that can change the output, and with the
///   version of the renderer; asked twice, it is the same.
///
/// ```
/// use windlass_core::{Context, Digest, Item, Origin, RenderInput, Rendered, Renderer, Result, TreePath};
/// use windlass_core::{Object, Need};
///
/// /// Reads one file, whose content is one object as JSON.
/// #[derive(Debug)]
/// struct OneObject(TreePath);
///
/// impl Renderer for OneObject {
///     fn fingerprint(&self) -> Digest {
///         Digest::of_parts([b"one object 1", self.0.as_str().as_bytes()])
///     }
///
///     fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
///         cx.check()?;
///         let path = input.path.join(self.0.as_str())?;
///         let content = input.artifact.files().read(&path)?;
///         let wrong = || windlass_core::Error::new(windlass_core::ErrorKind::Invalid, "not one object");
///         let body = serde_json::from_slice(&content).map_err(|_| wrong().with("path", &path).with("line", 1))?;
///         let mut rendered = Rendered::default();
///         rendered.reads.insert(Need::File(path.clone()), Digest::of(&content));
///         rendered.items.push(Item::new(Object::new(body)?, Origin::new(path, 1, 1)));
///         Ok(rendered)
///     }
/// }
/// ```
///
/// [A renderer of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-renderer.md) is a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no renderer",
    label = "this does not turn files into objects",
    note = "parts that others use too go into `Engine::of`, as `Arc<dyn Renderer>`",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-renderer.md"
)]
pub trait Renderer: fmt::Debug + Send + Sync + 'static {
    /// Digests all that can change the output beside the input.
    fn fingerprint(&self) -> Digest;

    /// Renders.
    ///
    /// # Errors
    /// [`Invalid`](crate::ErrorKind::Invalid), [`NotFound`](crate::ErrorKind::NotFound),
    /// [`Unfetched`](crate::ErrorKind::Unfetched), [`Limit`](crate::ErrorKind::Limit),
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered>;
}

/// Changes what was rendered.
///
/// For an implementor: as [`Renderer`], and the name of the transform is added to the origin of each item it changed. It sees
/// what the render saw, and may need more in the same way. What it read beside the objects is added to
/// [`Rendered::reads`].
///
/// ```
/// use std::sync::Arc;
/// use windlass_core::{Context, Digest, RenderInput, Rendered, Result, Text, Transform};
///
/// /// Leaves out all objects of a kind, and says so.
/// #[derive(Debug)]
/// struct Without(Text);
///
/// impl Transform for Without {
///     fn fingerprint(&self) -> Digest {
///         Digest::of_parts([b"without 1", self.0.as_bytes()])
///     }
///
///     fn transform(&self, cx: &Context, _input: &RenderInput<'_>, mut rendered: Rendered) -> Result<Rendered> {
///         cx.check()?;
///         rendered.items.retain(|item| item.id().kind != self.0);
///         Ok(rendered)
///     }
/// }
/// # drop(Arc::new(Without("Secret".into())) as Arc<dyn Transform>);
/// ```
///
/// [A transform of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-transform.md) is a whole crate, with its tests.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no transform",
    label = "this does not change what was rendered",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-transform.md"
)]
pub trait Transform: fmt::Debug + Send + Sync + 'static {
    /// Digests all that can change the output beside the input.
    fn fingerprint(&self) -> Digest;

    /// Changes.
    ///
    /// # Errors
    /// As [`Renderer::render`].
    fn transform(&self, cx: &Context, input: &RenderInput<'_>, rendered: Rendered) -> Result<Rendered>;
}
