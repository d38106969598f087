//! The references of a repository of this machine, however it keeps them.

use gix::Repository;
use gix::bstr::ByteSlice;
use windlass_core::{Error, ErrorKind, Result};

use crate::reftable::{Stack, Value};

/// Where references are kept.
pub(crate) enum References<'r> {
    /// As files, most of them packed into one.
    Files(&'r Repository),
    /// As a reftable: that of the repository, and that of the work tree for `HEAD` and the like.
    Tables { shared: Stack, own: Option<Stack> },
}

impl<'r> References<'r> {
    pub(crate) fn of(repository: &'r Repository) -> Result<Self> {
        let storage = repository.config_snapshot().string("extensions.refStorage");
        match storage.as_deref().map(|storage| storage.to_str_lossy().to_ascii_lowercase()).as_deref() {
            None | Some("files") => Ok(Self::Files(repository)),
            Some("reftable") => {
                let (common, own) = (repository.common_dir(), repository.git_dir());
                let shared = Stack::open(&common.join("reftable"))?;
                let own = (own != common).then(|| Stack::open(&own.join("reftable"))).transpose()?;
                Ok(Self::Tables { shared, own })
            }
            Some(other) => {
                let error = Error::new(ErrorKind::Unsupported, "no support for how references are kept here");
                Err(error.with("extensions.refStorage", other))
            }
        }
    }

    /// Finds what a name stands for.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Value>> {
        match self {
            Self::Files(repository) => in_files(repository, name),
            Self::Tables { own: Some(own), .. } if is_of_work_tree(name) => own.find(name),
            Self::Tables { shared, .. } => shared.find(name),
        }
    }

    /// Lists up to `max` names that begin with `prefix`, without it.
    pub(crate) fn names(&self, prefix: &str, max: usize) -> Result<Vec<String>> {
        let repository = match self {
            Self::Files(repository) => repository,
            Self::Tables { shared, .. } => return shared.names(prefix, max),
        };
        let corrupt =
            |error: gix::Error| Error::new(ErrorKind::Corrupt, "unreadable references").caused_by(error);
        let platform = repository.references().map_err(corrupt)?;
        let names = platform.prefixed(prefix).map_err(corrupt)?.filter_map(std::result::Result::ok);
        let names = names.map(|found| found.name().as_bstr().to_string());
        Ok(names.filter_map(|name| name.strip_prefix(prefix).map(str::to_owned)).take(max).collect())
    }
}

fn in_files(repository: &Repository, name: &str) -> Result<Option<Value>> {
    let found = repository.try_find_reference(name).map_err(|error| {
        Error::new(ErrorKind::Corrupt, "unreadable reference").with("name", name).caused_by(error)
    })?;
    // A short name also finds longer ones.
    let found = found.filter(|found| found.name().as_bstr() == name);
    Ok(found.map(|found| match found.target() {
        gix::refs::TargetRef::Symbolic(target) => Value::Symbolic(target.as_bstr().to_string()),
        gix::refs::TargetRef::Object(id) => Value::Object(id.to_owned()),
    }))
}

/// Each work tree has these references for itself: <https://git-scm.com/docs/git-worktree#_refs>.
fn is_of_work_tree(name: &str) -> bool {
    let own = ["refs/bisect/", "refs/worktree/", "refs/rewritten/"];
    !name.starts_with("refs/") || own.iter().any(|own| name.starts_with(own))
}
