//! What the annotations of GitOps tools say.
//!
//! ```
//! use windlass_core::{Directives, Object};
//! use windlass_kinds::dialect::default_dialects;
//!
//! let object = Object::new(serde_json::from_str(r#"{
//!     "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web", "namespace": "shop", "annotations": {
//!         "windlass.dev/depends-on": "Deployment.apps/shop/db",
//!         "argocd.argoproj.io/sync-wave": "2",
//!         "helm.sh/resource-policy": "keep"
//!     }}
//! }"#)?)?;
//! let mut directives = Directives::default();
//! for dialect in default_dialects() {
//!     dialect.read(&object, &mut directives)?;
//! }
//! assert_eq!(directives.wave, 2);
//! assert!(directives.keep);
//! assert_eq!(directives.after[0].to_string(), "Deployment.apps/shop/db");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! One dialect for each tool, so that an embedder chooses; where two of them speak of the same thing the later one in
//! the list wins. A value that cannot be read is an error that names annotation, value and object: an object that its
//! author wanted kept is never deleted because of a typing mistake. Dialects are read on what the source wants and on what is
//! live, so that an object can be left alone, or kept, by a word in either place.

mod argo;
mod cli_utils;
mod flux;
mod helm;
mod own;
mod transient;

use std::sync::Arc;

use windlass_core::{Dialect, Error, ErrorKind, Object, ObjectId, Result, Value};

pub use argo::ArgoDialect;
pub use cli_utils::CliUtilsDialect;
pub use flux::FluxDialect;
pub use helm::HelmDialect;
pub use own::WindlassDialect;
pub use transient::TransientDialect;

/// Objects that one annotation may name.
const DEPENDENCIES_MAX: usize = 1000;

/// Characters of a wrong value that its error shows.
const SHOWN_CHARS_MAX: usize = 80;

/// Gives all dialects of this module, Windlass' own last, so that it wins.
#[must_use]
pub fn default_dialects() -> Vec<Arc<dyn Dialect>> {
    vec![
        Arc::new(TransientDialect),
        Arc::new(HelmDialect),
        Arc::new(ArgoDialect),
        Arc::new(FluxDialect),
        Arc::new(CliUtilsDialect),
        Arc::new(WindlassDialect),
    ]
}

/// One annotation of an object, or one label of it.
#[derive(Clone, Copy)]
struct Said<'a> {
    object: &'a Object,
    sort: Sort,
    name: &'a str,
    value: &'a str,
}

#[derive(Clone, Copy)]
enum Sort {
    Annotation,
    Label,
}

impl Sort {
    const fn name(self) -> &'static str {
        match self {
            Self::Annotation => "annotation",
            Self::Label => "label",
        }
    }

    const fn field(self) -> &'static str {
        match self {
            Self::Annotation => "annotations",
            Self::Label => "labels",
        }
    }
}

impl<'a> Said<'a> {
    /// Finds an annotation or a label; one that is not a text cannot be read.
    fn find(object: &'a Object, sort: Sort, name: &'a str) -> Result<Option<Self>> {
        match object.body().at(&["metadata", sort.field(), name]) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(value)) => Ok(Some(Self { object, sort, name, value: value.trim() })),
            Some(other) => {
                let said = Self { object, sort, name, value: other.type_name() };
                Err(said.wrong("it must be a text, in quotes"))
            }
        }
    }

    /// Reads an annotation that there may be with `read`.
    fn read<T>(object: &'a Object, name: &'a str, read: impl FnOnce(Self) -> Result<T>) -> Result<Option<T>> {
        Self::find(object, Sort::Annotation, name)?.map(read).transpose()
    }

    /// Gives what the table says of the value.
    fn one_of<T: Copy>(self, table: &[(&str, T)]) -> Result<T> {
        let found = table.iter().find(|(word, _)| *word == self.value);
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let words: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
            self.wrong(&format!("write {}", words.join(", ")))
        })
    }

    fn int(self) -> Result<i32> {
        self.value.parse().map_err(|_| self.wrong("write a whole number, in quotes"))
    }

    /// Reads a list of objects, all problems at once.
    fn objects(self, read: impl Fn(&str) -> Option<ObjectId>, form: &str) -> Result<Vec<ObjectId>> {
        let parts: Vec<&str> = self.value.split(',').map(str::trim).collect();
        if parts.len() > DEPENDENCIES_MAX {
            let error = Error::new(ErrorKind::Limit, "too many dependencies")
                .with("dependencies_max", DEPENDENCIES_MAX)
                .with("annotation", self.name);
            return Err(error.with("object", self.object.id()));
        }
        let (mut found, mut problems) = (Vec::new(), Vec::new());
        for part in parts {
            match read(part) {
                Some(id) if !found.contains(&id) => found.push(id),
                Some(_) => {}
                None => problems.push(Self { value: part, ..self }.wrong(&format!("write {form}"))),
            }
        }
        Error::all(problems).map_or(Ok(found), Err)
    }

    fn wrong(self, help: &str) -> Error {
        self.error(ErrorKind::Invalid, format!("not a value of this {}", self.sort.name()), help)
    }

    /// Refuses what would change a write in a way that there is no directive for.
    fn unsupported(self) -> Error {
        self.error(
            ErrorKind::Unsupported,
            format!("the {} asks for what cannot be done here", self.sort.name()),
            "take this option away, or leave the object out of what is rendered",
        )
    }

    fn error(self, kind: ErrorKind, message: String, help: &str) -> Error {
        let shown: String = self.value.chars().take(SHOWN_CHARS_MAX).collect();
        Error::new(kind, message)
            .with(self.sort.name(), self.name)
            .with("value", format!("{shown:?}"))
            .with("object", self.object.id())
            .with_help(help)
    }
}

/// Says whether an object has neither annotations nor labels, so that no dialect of them has anything to read.
fn is_silent(object: &Object) -> bool {
    let metadata = object.body().get("metadata").and_then(Value::as_map);
    metadata.is_none_or(|metadata| !metadata.contains("annotations") && !metadata.contains("labels"))
}

/// Joins what several annotations gave into one error.
fn all<const N: usize>(results: [Result<()>; N]) -> Result<()> {
    Error::all(results.into_iter().filter_map(Result::err)).map_or(Ok(()), Err)
}

/// Adds dependencies that are not there yet.
fn add_after(after: &mut Vec<ObjectId>, found: Vec<ObjectId>) {
    for id in found {
        if !after.contains(&id) {
            after.push(id);
        }
    }
}
