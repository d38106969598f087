//! The one function, what it takes and what it gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use windlass_core::{Context, Digest, Error, ErrorKind, Files, Need, Origin, Result, Text, TreePath, Value};
use windlass_yaml::go;

use crate::build::{Build, file_of};
use crate::helm::{Charts, Helm};
use crate::id::split;

/// The version of kustomize whose output this is; it stands in the label of `managedByLabel`.
pub const VERSION: &str = "v5.8.3";

/// The names that the file of a kustomization may have; a folder has one of them.
pub const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// From where a kustomization may read files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Restrict {
    /// From its own folder and those below, as is the default of kustomize (`LoadRestrictionsRootOnly`).
    #[default]
    RootOnly,
    /// From the whole tree (`LoadRestrictionsNone`). Nothing outside of the tree can be read in any case.
    None,
}

/// How to build.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Options {
    /// From where files may be read.
    pub restrict: Restrict,
    /// Whether to add the label `app.kubernetes.io/managed-by` without being asked by the kustomization.
    pub managed_by_label: bool,
    /// Whether objects stay in the order in which they were collected, unless the kustomization sorts them (`--reorder
    /// none`).
    pub unsorted: bool,
    /// Whether files may be named by paths that begin with `/`, which are seen from the root of the files.
    pub absolute_paths: bool,
    /// Whether resources, bases and components may be elsewhere.
    pub(crate) remote: bool,
    /// What renders charts, where they are rendered.
    pub(crate) charts: Option<Charts>,
    /// Fields that are added to the kustomization, as YAML.
    pub(crate) more: Option<String>,
    /// Whether [`BuiltObject::body`] is wanted beside the text.
    pub objects: bool,
    /// Whether [`Built::files`] are wanted.
    pub(crate) files: bool,
    /// Whether [`Built::text`] is wanted, which a renderer has no use for.
    pub(crate) text: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            restrict: Restrict::RootOnly,
            managed_by_label: false,
            unsorted: false,
            absolute_paths: false,
            remote: false,
            charts: None,
            more: None,
            objects: true,
            files: false,
            text: true,
        }
    }
}

impl Options {
    /// Sets from where files may be read.
    #[must_use]
    pub fn with_restrict(mut self, restrict: Restrict) -> Self {
        self.restrict = restrict;
        self
    }

    /// Adds the label `app.kubernetes.io/managed-by`.
    #[must_use]
    pub fn with_managed_by_label(mut self) -> Self {
        self.managed_by_label = true;
        self
    }

    /// Leaves objects in the order in which they were collected, unless the kustomization sorts them.
    #[must_use]
    pub fn with_unsorted(mut self) -> Self {
        self.unsorted = true;
        self
    }

    /// Lets files be named by paths that begin with `/`, as kustomize does where the root of the files is that of the
    /// disk.
    #[must_use]
    pub fn with_absolute_paths(mut self) -> Self {
        self.absolute_paths = true;
        self
    }

    /// Lets resources, bases and components be elsewhere: in other repositories, and files that are asked for over HTTP.
    ///
    /// Nothing is asked here. What is needed is a [`Need::Base`](windlass_core::Need::Base), and
    /// [`Kustomize`](crate::Kustomize) takes it from the input. Its address is
    /// - `git::URL?ref=REFERENCE` for a repository, where URL is what kustomize would give to `git clone`, REFERENCE is a
    ///   branch, a tag or a whole commit, and `?ref=` is missing for the default branch; `submodules=false` comes with it where
    ///   submodules are not wanted. The artifact is the whole repository.
    /// - the URL as it is written for a file. The artifact holds that one file, by any name.
    ///
    /// kustomize asks for each address that begins with `http` as a file first. Here an address is a file where it ends with
    /// `.yaml`, `.yml` or `.json`, and where it names no repository.
    #[must_use]
    pub fn with_remote(mut self) -> Self {
        self.remote = true;
        self
    }

    /// Renders the charts of `helmCharts` and of generators (`--enable-helm`).
    ///
    /// A chart that is not in the folder of charts is a [`Need::Base`](windlass_core::Need::Base), if
    /// [remote resources](Self::with_remote) are allowed: `REPOSITORY#NAME@VERSION` for a Helm repository,
    /// `oci://REGISTRY/FOLDER/NAME:VERSION` for a registry. What is brought holds the chart as its root or as its one folder.
    #[must_use]
    pub fn with_helm(mut self, helm: impl Helm) -> Self {
        self.charts =
            Some(Charts { helm: Arc::new(helm), kube_version: String::new(), api_versions: Vec::new() });
        self
    }

    /// Renders charts for a cluster of this version and with these groups and versions, where a chart says no other
    /// (`--helm-kube-version`, `--helm-api-versions`). An empty version is the one that Helm takes for granted. Nothing without
    /// [`Self::with_helm`].
    #[must_use]
    pub fn with_helm_cluster<T: Into<String>>(
        mut self,
        version: &str,
        api_versions: impl IntoIterator<Item = T>,
    ) -> Self {
        if let Some(charts) = &mut self.charts {
            charts.kube_version = version.to_owned();
            charts.api_versions = api_versions.into_iter().map(Into::into).collect();
        }
        self
    }

    /// Adds fields to the kustomization that is built, as Flux does with those of its `Kustomization`: `namespace`,
    /// `namePrefix`, `nameSuffix` and `buildMetadata` replace what the file says; `patches` and `components` come behind
    /// those of the file; what an entry of `images` says replaces that of the entry of the file with the same name. Any
    /// other field is an error of the build.
    #[must_use]
    pub fn with_more(mut self, fields: &Value) -> Self {
        self.more = Some(go::to_yaml(fields));
        self
    }

    /// Gives [`Built::files`] too.
    #[must_use]
    pub fn with_files(mut self) -> Self {
        self.files = true;
        self
    }

    /// Leaves the bodies of objects out, which saves memory where only the text is wanted.
    #[must_use]
    pub fn with_text_only(mut self) -> Self {
        self.objects = false;
        self
    }
}

/// What a build gives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Built {
    /// The output, as `kustomize build` prints it.
    pub text: String,
    /// The objects, in the order of the output.
    pub objects: Vec<BuiltObject>,
    /// The files that were read, with their digests.
    pub reads: BTreeMap<Need, Digest>,
    /// What kustomize writes to its standard error.
    pub warnings: Vec<String>,
}

/// An object of the output.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct BuiltObject {
    /// Its body; `None` where only the text was wanted.
    pub body: Option<Value>,
    /// The file and line it came from, and the transformers that changed it.
    pub origin: Origin,
    /// The namespace in which it counts as being; `None` where its kind has none.
    pub(crate) namespace: Option<Text>,
    /// The body as it stands in a file of its own: there kustomize reads nothing again that it has printed.
    pub(crate) decoded: Option<Value>,
}

impl Built {
    /// Gives the files that `kustomize build --output FOLDER` writes: name and text, those of objects without a namespace
    /// last. Of two with one name the later counts.
    ///
    /// # Errors
    /// [`Invalid`](windlass_core::ErrorKind::Invalid) for an object whose name makes no file name, or without
    /// [`Options::with_files`].
    pub fn files(&self) -> Result<Vec<(String, String)>> {
        let namespaces: BTreeSet<&Text> =
            self.objects.iter().filter_map(|object| object.namespace.as_ref()).collect();
        let (inside, outside): (Vec<_>, Vec<_>) =
            self.objects.iter().partition(|object| object.namespace.is_some());
        let files = inside.into_iter().chain(outside).map(|object| object.file(namespaces.len() > 1));
        files.collect()
    }
}

impl BuiltObject {
    fn file(&self, with_namespace: bool) -> Result<(String, String)> {
        let wrong = |message: &str| {
            let error = Error::new(ErrorKind::Invalid, message);
            error.with("path", file_of(&self.origin)).with("line", self.origin.line)
        };
        let body = self.decoded.as_ref().ok_or_else(|| wrong("files were not asked for"))?;
        let word = |path: &[&str]| body.text_at(path).unwrap_or_default();
        let (group, version) = split(word(&["apiVersion"]));
        let words = [group, version, word(&["kind"])].into_iter().filter(|word| !word.is_empty());
        let mut name =
            format!("{}_{}.yaml", words.collect::<Vec<_>>().join("_"), word(&["metadata", "name"]));
        if let Some(namespace) = self.namespace.as_ref().filter(|_| with_namespace) {
            name = format!("{namespace}_{name}");
        }
        if name.contains(['/', '\\', '\0']) {
            return Err(wrong("the object makes no file name").with("name", name));
        }
        Ok((name.to_lowercase(), go::to_yaml(body)))
    }
}

/// Builds the kustomization in a folder.
///
/// # Errors
/// [`Invalid`](windlass_core::ErrorKind::Invalid) for input that kustomize refuses too,
/// [`NotFound`](windlass_core::ErrorKind::NotFound) for a missing file,
/// [`Conflict`](windlass_core::ErrorKind::Conflict) for two objects with one identity,
/// [`Denied`](windlass_core::ErrorKind::Denied) for a file that may not be read from there, and for remote resources unless
/// [allowed](Options::with_remote), [`Unfetched`](windlass_core::ErrorKind::Unfetched) for those that were not brought,
/// [`Unsupported`](windlass_core::ErrorKind::Unsupported) for what the crate does not do,
/// [`Limit`](windlass_core::ErrorKind::Limit), and those of the files and the context.
pub fn build(cx: &Context, files: &dyn Files, path: &TreePath, options: &Options) -> Result<Built> {
    Build::new(cx, files, &BTreeMap::new(), options).run(path)
}
