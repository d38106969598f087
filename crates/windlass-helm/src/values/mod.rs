//! Values: those of a user, and what becomes of them with the defaults of charts.

pub(crate) mod coalesce;
pub(crate) mod dependencies;
mod json;
mod quoted;
pub(crate) mod read;
pub(crate) mod schema;
mod set;

use std::fmt;

use windlass_core::{Limits, Map, Result, Value};

use crate::chart::invalid;
use crate::template::HelmVersion;
use set::{Assignments, Kind};

/// The values of a user, put together in the order of the calls. The commands of Helm take files first, then `--set-json`,
/// `--set`, `--set-string`, `--set-file` and `--set-literal`.
///
/// ```
/// use windlass_core::Limits;
/// use windlass_helm::Values;
///
/// let values = Values::new().with_file("values.yaml", b"image: {tag: 1.27}\n", &Limits::default())?;
/// let values = values.with_set("image.tag=1.28,ports[0]=80")?;
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Values {
    /// Floats where Go has float64, integers where it has int64.
    pub(crate) map: Map,
    pub(crate) version: HelmVersion,
}

impl Values {
    /// Makes empty values, for Helm 4.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Follows another version of Helm in what comes.
    #[must_use]
    pub fn with_version(mut self, version: HelmVersion) -> Self {
        self.version = version;
        self
    }

    /// Puts a values file over them. Helm 4 takes all documents of it, Helm 3 the first.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](windlass_core::ErrorKind::Invalid) for what is no map of values, with `name` for the file.
    pub fn with_file(mut self, name: &str, text: &[u8], limits: &Limits) -> Result<Self> {
        let documents = match self.version {
            HelmVersion::V3 => {
                read::first_document(text, limits).map(|document| vec![read::with_floats(document)])
            }
            HelmVersion::V4 => read::documents(text, limits),
        };
        for document in documents.map_err(|error| read::failed(name, &error))? {
            self.map = read::merged(self.map, read::map_of(document, name, self.version)?);
        }
        Ok(self)
    }

    /// Puts a map of values over them, such as the `values` of a unit. Its integers become floats, as those of a file.
    #[must_use]
    pub fn with_map(mut self, map: Map) -> Self {
        if let Value::Map(map) = read::with_floats(Value::Map(map)) {
            self.map = read::merged(self.map, map);
        }
        self
    }

    /// Follows `--set`: `a.b=1,c[0]={x,y}`. Booleans, integers and `null` are what they look like.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](windlass_core::ErrorKind::Invalid) with Helm's text.
    pub fn with_set(self, text: &str) -> Result<Self> {
        self.assigned("--set", text, Kind::Typed)
    }

    /// Follows `--set-string`: as [`Values::with_set`], and every value is text.
    ///
    /// # Errors
    /// As [`Values::with_set`].
    pub fn with_set_string(self, text: &str) -> Result<Self> {
        self.assigned("--set-string", text, Kind::Text)
    }

    /// Follows `--set-literal`: one value, taken as it is.
    ///
    /// # Errors
    /// As [`Values::with_set`].
    pub fn with_set_literal(self, text: &str) -> Result<Self> {
        self.assigned("--set-literal", text, Kind::Literal)
    }

    /// Follows `--set-file`: the value is the text of the file that `read` gives for the path.
    ///
    /// # Errors
    /// As [`Values::with_set`], and those of `read`.
    pub fn with_set_file(self, text: &str, read: &dyn Fn(&str) -> Result<Vec<u8>>) -> Result<Self> {
        self.assigned("--set-file", text, Kind::File(read))
    }

    /// Follows `--set-json`: values are JSON. Helm 4 takes a whole object too.
    ///
    /// # Errors
    /// As [`Values::with_set`].
    pub fn with_set_json(mut self, text: &str) -> Result<Self> {
        let wrong = || invalid(format!("failed parsing --set-json data {text}"));
        if self.version == HelmVersion::V4 && text.trim_start().starts_with('{') {
            let whole = json::first(text.trim()).filter(|(_, end)| *end == text.trim().len());
            let Some((Value::Map(map), _)) = whole else {
                return Err(invalid(format!("failed parsing --set-json data JSON: {text}")));
            };
            self.map = read::merged(self.map, map);
            return Ok(self);
        }
        Assignments::new(text, Kind::Json).carry_out(&mut self.map, self.version).map_err(|_| wrong())?;
        Ok(self)
    }

    fn assigned(mut self, flag: &str, text: &str, kind: Kind<'_>) -> Result<Self> {
        let done = Assignments::new(text, kind).carry_out(&mut self.map, self.version);
        done.map_err(|wrong| invalid(format!("failed parsing {flag} data: {wrong}")))?;
        Ok(self)
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({} keys)", self.map.len())
    }
}
