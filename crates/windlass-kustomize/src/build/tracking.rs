//! What `buildMetadata` tells: where objects come from and what changed them.

use windlass_core::Address;

use super::Target;
use crate::address::Repository;
use crate::resource::{Resource, Track};

/// The way from the root to a kustomization or a file.
#[derive(Clone, Default)]
pub(super) struct Trail {
    /// The repository it led to last, as it is shown, and its reference.
    repository: String,
    reference: String,
    path: String,
}

impl Trail {
    /// Follows an entry.
    pub(super) fn then(&self, entry: &str) -> Self {
        let Some(repository) = Repository::read(entry) else {
            return Self { path: join(&self.path, entry), ..self.clone() };
        };
        // kustomize takes the name of a folder that it never makes for the root of a repository.
        let path = join("", &repository.folder);
        Self {
            path: if path.is_empty() { "notCloned".to_owned() } else { path },
            repository: Address::new(repository.clone).to_string(),
            reference: repository.reference,
        }
    }
}

/// The origin of what is read from a file.
pub(super) fn file(trail: &Trail) -> Track {
    let Trail { repository, reference, path } = trail.clone();
    Track { path, repository, reference, ..Track::default() }
}

/// What a built-in generator or transformer of a kustomization leaves.
pub(super) fn built_in(target: &Target, kind: &str) -> Track {
    let trail = &target.track;
    Track {
        repository: trail.repository.clone(),
        reference: trail.reference.clone(),
        configured_in: join(&trail.path, &target.file.1),
        configured_by: ["builtin".to_owned(), kind.to_owned(), String::new(), String::new()],
        ..Track::default()
    }
}

/// What a generator or transformer that is written as an object leaves.
pub(super) fn plugin(plugin: &Resource) -> Option<Track> {
    let origin = plugin.tracked.as_ref()?.origin.as_ref()?;
    let id = plugin.id();
    Some(Track {
        repository: origin.repository.clone(),
        reference: origin.reference.clone(),
        configured_in: origin.path.clone(),
        configured_by: [
            id.gvk.api_version(),
            id.gvk.kind.to_string(),
            id.name.to_string(),
            id.namespace.to_string(),
        ],
        ..Track::default()
    })
}

/// Joins paths without a root; `..` may lead out of it.
fn join(base: &str, path: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in base.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." if names.last().is_some_and(|last| *last != "..") => {
                names.pop();
            }
            name => names.push(name),
        }
    }
    names.join("/")
}
