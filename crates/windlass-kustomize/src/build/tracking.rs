//! What `buildMetadata` tells: where objects come from and what changed them.

use super::Target;
use crate::resource::{Resource, Track};

/// The origin of what is read from a file.
pub(super) fn file(path: &str) -> Track {
    Track { path: path.to_owned(), ..Track::default() }
}

/// What a built-in generator or transformer of a kustomization leaves.
pub(super) fn built_in(target: &Target, kind: &str) -> Track {
    Track {
        configured_in: join(&target.track, &target.file.1),
        configured_by: ["builtin".to_owned(), kind.to_owned(), String::new(), String::new()],
        ..Track::default()
    }
}

/// What a generator or transformer that is written as an object leaves.
pub(super) fn plugin(plugin: &Resource) -> Option<Track> {
    let origin = plugin.tracked.as_ref()?.origin.as_ref()?;
    let id = plugin.id();
    Some(Track {
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
pub(super) fn join(base: &str, path: &str) -> String {
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
