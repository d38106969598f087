//! Charts: what a folder or an archive holds, read and checked.

mod archive;
mod engines;
mod folder;
pub(crate) mod glob;
mod ignore;
mod load;
mod metadata;

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use windlass_core::{Context, Error, ErrorKind, Files, Limits, Result, TreePath, Value};

use crate::values::schema::Schema;
use engines::Engines;
pub(crate) use metadata::{Dependency, Maintainer, Metadata};

/// A chart with the charts in its `charts/` folder, read once and rendered any number of times, on any thread.
///
/// ```
/// use windlass_core::Limits;
/// use windlass_helm::Chart;
///
/// let chart = Chart::from_files([("Chart.yaml", "{apiVersion: v2, name: web, version: 1.0.0}")], &Limits::default())?;
/// assert_eq!((chart.name(), chart.version()), ("web", "1.0.0"));
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Chart(pub(crate) Arc<ChartData>);

/// One file of a chart.
#[derive(Clone)]
pub(crate) struct ChartFile {
    /// Its path, seen from the chart.
    pub(crate) name: String,
    pub(crate) bytes: Bytes,
}

/// A schema, or what is wrong with it.
type ReadSchema = Result<Schema, String>;

/// What a chart holds.
#[derive(Clone)]
pub(crate) struct ChartData {
    pub(crate) metadata: Metadata,
    pub(crate) templates: Vec<ChartFile>,
    /// What is no template, no chart and not read by Helm itself: `.Files`, and the CRDs among them.
    pub(crate) files: Vec<ChartFile>,
    /// The documents of values.yaml, numbers as floats.
    pub(crate) values: Vec<Value>,
    /// The text of values.schema.json, and the schema once it was needed.
    schema: Option<(Bytes, Arc<OnceLock<ReadSchema>>)>,
    pub(crate) dependencies: Vec<Arc<ChartData>>,
    pub(crate) engines: Engines,
    /// Where the chart lies, seen from the chart that was loaded: empty for that one, else such as `charts/web`.
    pub(crate) place: String,
}

impl Chart {
    /// Reads a chart: a folder with a `Chart.yaml`, or an archive.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no chart, in Helm's words; [`ErrorKind::Limit`]; those of [`Files`].
    pub fn load(cx: &Context, files: &dyn Files, path: &TreePath) -> Result<Self> {
        if path.name().is_some_and(|name| name.ends_with(".tgz") || name.ends_with(".tar.gz")) {
            let bytes = files.read(path)?;
            return Self::from_archive(&bytes, cx.limits()).map_err(|error| error.with("path", path));
        }
        let found = folder::read(cx, files, path)?;
        let chart = load::chart(found, "", 0, cx.limits()).map_err(|error| error.with("chart", path))?;
        Ok(Self(Arc::new(chart)))
    }

    /// Reads an archive, such as a repository of charts serves.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no chart, or has paths that leave it; [`ErrorKind::Limit`].
    pub fn from_archive(archive: &[u8], limits: &Limits) -> Result<Self> {
        let files = archive::read(archive, limits)?;
        Ok(Self(Arc::new(load::chart(files, "", 0, limits)?)))
    }

    /// Makes a chart from files in memory, each with its path seen from the chart.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is no chart.
    pub fn from_files<N: Into<String>, B: Into<Bytes>>(
        files: impl IntoIterator<Item = (N, B)>,
        limits: &Limits,
    ) -> Result<Self> {
        let files = files.into_iter();
        let files = files.map(|(name, bytes)| ChartFile { name: name.into(), bytes: bytes.into() }).collect();
        Ok(Self(Arc::new(load::chart(files, "", 0, limits)?)))
    }

    /// Gives the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.metadata.name
    }

    /// Gives the version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.metadata.version
    }

    /// Says whether its authors have given it up.
    #[must_use]
    pub fn is_deprecated(&self) -> bool {
        self.0.metadata.deprecated
    }

    /// Lists the dependencies that Chart.yaml names and that are not in the chart.
    #[must_use]
    pub fn missing(&self) -> Vec<Missing> {
        let needs = self.0.metadata.dependencies.iter().flatten().flatten();
        let is_there =
            |need: &&Dependency| !self.0.dependencies.iter().any(|one| one.metadata.name == need.name);
        needs.filter(is_there).map(Missing::of).collect()
    }
}

impl Chart {
    /// Puts charts beside those in its `charts/` folder.
    pub(crate) fn with_dependencies(self, more: Vec<Self>) -> Self {
        if more.is_empty() {
            return self;
        }
        let mut data = ChartData::clone(&self.0);
        data.dependencies.extend(more.into_iter().map(|chart| chart.0));
        Self(Arc::new(data))
    }
}

impl fmt::Debug for Chart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chart({} {})", self.name(), self.version())
    }
}

/// A chart that another one needs and does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// The versions that serve.
    pub version: String,
    /// Where it can be had, as Chart.yaml says it.
    pub repository: String,
}

impl Missing {
    fn of(need: &Dependency) -> Self {
        Self { name: need.name.clone(), version: need.version.clone(), repository: need.repository.clone() }
    }
}

impl ChartData {
    /// Tells where a file of this chart lies, seen from the chart that was loaded.
    pub(crate) fn placed(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}/{name}", self.place) }
    }

    /// Gives the schema of the values; what is wrong with it where it is none.
    pub(crate) fn schema(&self) -> Option<&ReadSchema> {
        let (text, schema) = self.schema.as_ref()?;
        Some(schema.get_or_init(|| Schema::parse(text)))
    }
}

/// A chart is wrong, in Helm's words.
pub(crate) fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into())
}
