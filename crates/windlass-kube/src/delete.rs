//! Deleting one object, by whatever version of its kind is served.

use http::Method;
use windlass_core::{
    Cascade, Context, Error, ErrorKind, Expect, ObjectId, Result, Text, Value, Version, Written,
};

use crate::discovery::unserved;
use crate::expect::{changed, condition};
use crate::fail::{self, Subject};
use crate::resource::Resource;
use crate::target::KubeTarget;
use crate::wire::{Call, METADATA, read_json};
use crate::write::NOT_SERVED_TRIES_MAX;

/// How an object is to be deleted.
#[derive(Clone, Copy)]
pub(crate) struct Deletion<'a> {
    pub(crate) target: &'a KubeTarget,
    pub(crate) cx: &'a Context,
    pub(crate) id: &'a ObjectId,
    pub(crate) expect: &'a Expect,
    pub(crate) cascade: Cascade,
}

impl Deletion<'_> {
    /// Deletes the object. The version that it was written by may not be served any more: then it is there under another
    /// one, and is gone only where the server, asked again, has no version of the kind.
    pub(crate) async fn by_any_version(self, api_version: &Text) -> Result<Written> {
        let cluster = &self.target.cluster;
        let mut view = cluster.view_as_it_is(self.cx).await?;
        let (mut attempt, mut asked_again) = (0, 0);
        loop {
            match view.any(self.id, api_version, attempt) {
                Ok(resource) => {
                    if let Some(written) = self.by(resource).await? {
                        return Ok(written);
                    }
                    // Only a definition that was written a moment ago speaks of the kind.
                    if view.fresh && !view.lists(self.id) {
                        return Ok(Written::Gone);
                    }
                }
                Err(error) if !view.fresh => drop(error),
                Err(error) if error.kind() == ErrorKind::Undefined => return Ok(Written::Gone),
                Err(error) => return Err(error),
            }
            if asked_again >= NOT_SERVED_TRIES_MAX {
                return Err(unserved(self.id).with("object", self.id));
            }
            if view.fresh {
                self.cx.sleep(fail::pause(asked_again)).await?;
                attempt += 1;
            }
            asked_again += 1;
            view = cluster.view_after(self.cx, &view).await?;
        }
    }

    /// Deletes the object by one version; `None` where that version is not served.
    pub(crate) async fn by(self, resource: &Resource) -> Result<Option<Written>> {
        if *self.expect == Expect::Absent {
            return match current(self.target, self.cx, resource, self.id).await? {
                Current::At(_) => Err(changed(self.id, "it exists")),
                Current::Absent => Ok(Some(Written::Gone)),
                Current::Unserved => Ok(None),
            };
        }
        let call =
            Call::write(Method::DELETE, resource.object(self.id)?, Subject::object(self.id), self.options()?);
        let answer = self.target.cluster.send(self.cx, &call).await?;
        if fail::is_unknown_path(&answer) {
            return Ok(None);
        }
        if answer.status == 404 {
            return Ok(Some(Written::Gone));
        }
        if !answer.is_success() {
            return Err(fail::refused(&answer, &call));
        }
        let left: Value = read_json(&answer, &call)?;
        let holds = left.at(&["metadata", "deletionTimestamp"]).is_some();
        let version = if holds { Some(crate::live::version_of(&left)?) } else { None };
        Ok(Some(version.map_or(Written::Gone, Written::Deleting)))
    }

    fn options(self) -> Result<String> {
        let preconditions: Value =
            condition(self.expect)?.into_iter().map(|(key, value)| (key, Value::from(value))).collect();
        let mut options = vec![("propagationPolicy", Value::from(propagation(self.cascade)?))];
        if *self.expect != Expect::Any {
            options.push(("preconditions", preconditions));
        }
        Ok(options.into_iter().collect::<Value>().canonical())
    }
}

fn propagation(cascade: Cascade) -> Result<&'static str> {
    match cascade {
        Cascade::Background => Ok("Background"),
        Cascade::Foreground => Ok("Foreground"),
        Cascade::Orphan => Ok("Orphan"),
        _ => Err(Error::new(ErrorKind::Unsupported, "a cascade that this version does not know")),
    }
}

/// An object as it is, by its metadata alone.
pub(crate) enum Current {
    At(Version),
    Absent,
    /// The version of the kind is not served, or not yet.
    Unserved,
}

pub(crate) async fn current(
    target: &KubeTarget,
    cx: &Context,
    resource: &Resource,
    id: &ObjectId,
) -> Result<Current> {
    let call = Call::get(resource.object(id)?, Subject::object(id)).accept(METADATA);
    let answer = target.cluster.send(cx, &call).await?;
    match answer.status {
        _ if fail::is_unknown_path(&answer) => Ok(Current::Unserved),
        404 => Ok(Current::Absent),
        _ if answer.is_success() => crate::live::version_of(&read_json(&answer, &call)?).map(Current::At),
        _ => Err(fail::refused(&answer, &call)),
    }
}
