//! From what the server says to what the engine sees.

use std::sync::Arc;

use windlass_core::{
    Context, Deletion, Error, ErrorKind, Health, HealthCheck, Live, Look, Map, Object, Result, Text,
    Timestamp, Value, Version,
};

use crate::children::Family;
use crate::past::{Claims, Managers, Past, Pasts, has_past};
use crate::resource::Resource;
use crate::{owner, stamp};

/// Reads live objects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub(crate) manager: &'a str,
    pub(crate) health: &'a [Arc<dyn HealthCheck>],
    pub(crate) now: Timestamp,
    /// Where objects with a past are noted.
    pub(crate) pasts: Option<(&'a Pasts, Managers<'a>)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(cx: &Context, manager: &'a str, health: &'a [Arc<dyn HealthCheck>]) -> Self {
        Self { manager, health, now: cx.now().wall, pasts: None }
    }

    pub(crate) fn noting(self, pasts: &'a Pasts, managers: Managers<'a>) -> Self {
        Self { pasts: Some((pasts, managers)), ..self }
    }

    /// Reads one object with its body.
    pub(crate) fn read(&self, resource: &Resource, body: Value) -> Result<Live> {
        let (live, whole) = self.read_whole(resource, body)?;
        Ok(Live { body: Some(without_versions(whole)?), ..live })
    }

    /// Reads one object, and gives it as it came beside it, but for what its managers hold.
    pub(crate) fn read_whole(&self, resource: &Resource, body: Value) -> Result<(Live, Object)> {
        let mut body = complete(body, resource);
        let past = self.past(&body)?;
        let stamp = stamp::take(&mut body, self.manager);
        let object = Object::new(body).map_err(|error| error.with_each("kind", resource.name()))?;
        let live = Live {
            id: object.id().clone(),
            version: version_of(object.body())?,
            stamp,
            uid: object.body().text_at(&["metadata", "uid"]).map(Text::from),
            owner: owner::of(&object),
            deletion: deletion(&object),
            health: self.assess(&object, &[]),
            body: None,
        };
        if let Some((pasts, _)) = self.pasts {
            pasts.note(&live.id, past);
        }
        Ok((live, object))
    }

    fn past(&self, body: &Value) -> Result<Option<Past>> {
        match self.pasts {
            Some((_, managers)) if has_past(managers, body) => {
                let version = version_of(body)?;
                Ok(Some(Past { body: body.clone(), version, claims: Claims::default() }))
            }
            _ => Ok(None),
        }
    }

    /// Assesses an object among what it owns.
    pub(crate) fn assess(&self, object: &Object, children: &[Object]) -> Option<Health> {
        let family = Family { of: object.id(), children, age: age(object, self.now) };
        self.health.iter().find_map(|check| check.assess(object, &family))
    }
}

/// Takes out what every write changes by itself: it is in [`Live::version`], and a dry run cannot know it.
fn without_versions(object: Object) -> Result<Object> {
    let mut body = object.into_body();
    if let Some(metadata) = metadata(&mut body) {
        metadata.remove("resourceVersion");
        metadata.remove("generation");
    }
    Object::new(body)
}

/// An object that was told to go, and what holds it.
fn deletion(object: &Object) -> Option<Deletion> {
    object.body().at(&["metadata", "deletionTimestamp"]).filter(|at| !at.is_null())?;
    Some(Deletion::held_by(finalizers(object.body())))
}

/// What has to let go of an object before it is gone.
pub(crate) fn finalizers(body: &Value) -> Vec<Text> {
    let finalizers = body.at(&["metadata", "finalizers"]).and_then(Value::as_list).unwrap_or_default();
    finalizers.iter().filter_map(Value::as_text).map(Text::from).collect()
}

/// Items of a list say neither `apiVersion` nor `kind`.
pub(crate) fn complete(mut body: Value, resource: &Resource) -> Value {
    if let Some(map) = body.as_map_mut() {
        map.entry("apiVersion", || resource.api_version().into());
        map.entry("kind", || resource.kind.clone().into());
    }
    body
}

/// A version is `resourceVersion@uid`: an apply at a `resourceVersion` alone would create the object anew if it was
/// deleted meanwhile.
pub(crate) fn version_of(body: &Value) -> Result<Version> {
    let text = |key| body.text_at(&["metadata", key]);
    let version = text("resourceVersion")
        .ok_or_else(|| Error::new(ErrorKind::Unavailable, "the server gave an object without a version"))?;
    Ok(Version::new(text("uid").map_or_else(|| version.to_owned(), |uid| format!("{version}@{uid}"))))
}

/// Gives the two parts of a version.
pub(crate) fn parts(version: &Version) -> (&str, Option<&str>) {
    version.0.split_once('@').map_or((&version.0, None), |(version, uid)| (version, Some(uid)))
}

fn age(object: &Object, now: Timestamp) -> Option<u64> {
    let created = object.body().text_at(&["metadata", "creationTimestamp"])?.parse::<Timestamp>().ok()?;
    now.unix().checked_sub(created.unix())
}

/// Gives the object with its body, unless the caller knows this stamp.
pub(crate) fn with_body(live: Live, whole: Object, look: &Look) -> Result<Live> {
    if look.knows(live.stamp) {
        return Ok(live);
    }
    Ok(Live { body: Some(without_versions(whole)?), ..live })
}

/// Gives the object without its body, unless the caller does not know this stamp.
pub(crate) fn trim(mut live: Live, look: &Look) -> Live {
    if look.knows(live.stamp) {
        live.body = None;
    }
    live
}

/// Says whether a controller made the object: it then may have copied our label from what owns it.
pub(crate) fn is_controlled(object: &Object) -> bool {
    let owners = object.body().at(&["metadata", "ownerReferences"]).and_then(Value::as_list);
    let controls = |owner: &Value| owner.get("controller").and_then(Value::as_bool) == Some(true);
    owners.is_some_and(|owners| owners.iter().any(controls))
}

/// Gives `metadata` for change, made where it is missing.
pub(crate) fn metadata(body: &mut Value) -> Option<&mut Map> {
    body.as_map_mut()?.entry("metadata", || Value::Map(Map::new())).as_map_mut()
}
