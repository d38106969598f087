//! Conditions of a write, as Kubernetes takes them.

use windlass_core::{Error, ErrorKind, Expect, Live, ObjectId, Result, Version};

use crate::live::parts;

/// A `resourceVersion` that no object ever has, since the store is at 1 before its first write. Server-side apply
/// with it creates what is absent, and is refused for what exists.
const NEVER: &str = "1";

/// What goes into `metadata` for a condition.
pub(crate) fn condition(expect: &Expect) -> Result<Vec<(&str, &str)>> {
    match expect {
        Expect::Any => Ok(Vec::new()),
        Expect::Absent => Ok(vec![("resourceVersion", NEVER)]),
        Expect::At(version) => Ok(version_condition(version)),
        Expect::Uid(uid) => Ok(vec![("uid", uid)]),
        _ => Err(Error::new(ErrorKind::Unsupported, "a condition that this version does not know")),
    }
}

pub(crate) fn version_condition(version: &Version) -> Vec<(&'static str, &str)> {
    let (version, uid) = parts(version);
    let uid = uid.map(|uid| ("uid", uid));
    std::iter::once(("resourceVersion", version)).chain(uid).collect()
}

pub(crate) fn changed(id: &ObjectId, what: &str) -> Error {
    Error::new(ErrorKind::Conflict, what).with("object", id)
}

/// Compares a condition with what is there, where the server cannot.
pub(crate) fn meets(expect: &Expect, live: Option<&Live>, id: &ObjectId) -> Result<()> {
    match (expect, live) {
        (Expect::Any, _) | (Expect::Absent, None) => Ok(()),
        (Expect::At(version), Some(live)) if live.version == *version => Ok(()),
        (Expect::Uid(uid), Some(live)) if live.uid.as_ref() == Some(uid) => Ok(()),
        (Expect::Absent, Some(_)) => Err(changed(id, "it exists")),
        (_, None) => Err(changed(id, "it is gone")),
        (_, Some(_)) => Err(changed(id, "it is not the one that was expected")),
    }
}
