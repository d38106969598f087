//! Why an object that is not wanted any more is left where it is.

use std::sync::Arc;

use windlass_core::{Dialect, Directives, Error, ErrorKind, Live, Object, ObjectId, Text, UnitId};

/// Why an object that is not wanted any more stays.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stay {
    /// It stays, and is not ours from now on.
    Released(Text),
    /// It stays for now.
    Owned(Text),
}

/// Says why a live object must not be deleted: it is not the unit's, it asks to be kept, or nobody can tell.
pub(crate) fn stay(live: &Live, unit: &UnitId, dialects: &[Arc<dyn Dialect>]) -> Option<Stay> {
    match &live.owner {
        Some(owner) if owner.is_of(unit) => {}
        Some(owner) => return Some(Stay::Released(format!("{owner} owns it now").into())),
        None => return Some(Stay::Released("it does not name this unit as its owner any more".into())),
    }
    live.body.as_ref().and_then(|body| asks(body, dialects))
}

/// Why a live object is left alone: it says so itself. What cannot be read says nothing.
pub(crate) fn suspended_live(live: &Live, dialects: &[Arc<dyn Dialect>]) -> Option<Text> {
    let body = live.body.as_ref()?;
    let mut directives = Directives::default();
    dialects.iter().for_each(|dialect| drop(dialect.read(body, &mut directives)));
    directives.suspended.map(|why| format!("left alone: {why}").into())
}

/// What the live object says itself. An annotation that cannot be read may well mean that it is to be kept.
fn asks(body: &Object, dialects: &[Arc<dyn Dialect>]) -> Option<Stay> {
    let mut directives = Directives::default();
    for dialect in dialects {
        match dialect.read(body, &mut directives) {
            Err(error) if !speaks_of_applying(&error) => {
                return Some(Stay::Owned(format!("its annotations cannot be read: {error}").into()));
            }
            _ => {}
        }
    }
    if let Some(why) = directives.suspended {
        return Some(Stay::Owned(format!("left alone: {why}").into()));
    }
    directives.keep.then(|| Stay::Released("it asks to be kept".into()))
}

/// It was read, and there is no directive for it: the object is not to be applied, which nobody is about to do.
fn speaks_of_applying(error: &Error) -> bool {
    error.problems().iter().all(|problem| problem.kind() == ErrorKind::Unsupported)
}

/// Says whether two identities may be one object: an object can be reached through several groups.
pub(crate) fn may_be_one(a: &ObjectId, b: &ObjectId) -> bool {
    a.kind == b.kind && a.namespace == b.namespace && a.name == b.name
}
