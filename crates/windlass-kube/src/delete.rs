//! Deleting one object, by whatever version of its kind is served.

use http::Method;
use windlass_core::{Cascade, Context, Error, ErrorKind, Expect, ObjectId, Result, Text, Value, Written};

use crate::discovery::unserved;
use crate::expect::{changed, condition};
use crate::fail;
use crate::owner;
use crate::release::why_kept;
use crate::request::{Request, Subject, read_json};
use crate::resource::Resource;
use crate::sending::{Current, NOT_SERVED_TRIES_MAX, current};
use crate::session::Session;

/// How an object is to be deleted.
#[derive(Clone, Copy)]
pub(crate) struct Deletion<'a> {
    pub(crate) session: &'a Session,
    pub(crate) cx: &'a Context,
    pub(crate) id: &'a ObjectId,
    pub(crate) expect: &'a Expect,
    pub(crate) cascade: Cascade,
}

impl Deletion<'_> {
    /// Deletes the object. The version that it was written by may not be served any more: then it is there under another
    /// one, and is gone only where the server, asked again, has no version of the kind.
    pub(crate) async fn by_any_version(self, api_version: &Text) -> Result<Written> {
        let connection = &self.session.connection;
        let mut kinds = connection.discovered_as_it_is(self.cx).await?;
        let (mut attempt, mut asked_again) = (0, 0);
        loop {
            match kinds.any(self.id, api_version, attempt) {
                Ok(resource) => {
                    if let Some(written) = self.by(resource).await? {
                        return Ok(written);
                    }
                    // Only a definition that was written a moment ago speaks of the kind.
                    if kinds.fresh && !kinds.lists(self.id) {
                        return Ok(Written::Gone);
                    }
                }
                Err(error) if !kinds.fresh => drop(error),
                Err(error) if error.kind() == ErrorKind::Undefined => return Ok(Written::Gone),
                Err(error) => return Err(error),
            }
            if asked_again >= NOT_SERVED_TRIES_MAX {
                return Err(unserved(self.id).with("object", self.id));
            }
            if kinds.fresh {
                self.cx.sleep(fail::pause(asked_again)).await?;
                attempt += 1;
            }
            asked_again += 1;
            kinds = connection.discovered_after(self.cx, &kinds).await?;
        }
    }

    /// Deletes the object by one version; `None` where that version is not served.
    pub(crate) async fn by(self, resource: &Resource) -> Result<Option<Written>> {
        if *self.expect == Expect::Absent {
            return match current(self.session, self.cx, resource, self.id).await? {
                Current::At { .. } => Err(changed(self.id, "it exists")),
                Current::Absent => Ok(Some(Written::Gone)),
                Current::Unserved => Ok(None),
            };
        }
        let request = Request::write(
            Method::DELETE,
            resource.object(self.id)?,
            Subject::object(self.id),
            self.options()?,
        );
        let response = self.session.connection.send(self.cx, &request).await?;
        if fail::is_unknown_path(&response) {
            return Ok(None);
        }
        if response.status == 404 {
            self.session.note_gone(resource, self.id, None);
            return Ok(Some(Written::Gone));
        }
        if !response.is_success() {
            return match why_kept(&response, &request) {
                Some(why) => self.let_go(resource, why).await.map(Some),
                None => Err(fail::refused(&response, &request)),
            };
        }
        self.took(resource, read_json(&response, &request)?).map(Some)
    }

    /// Says what a delete did: the server gives the object where something holds it, else the object or a status.
    fn took(self, resource: &Resource, left: Value) -> Result<Written> {
        if left.at(&["metadata", "deletionTimestamp"]).is_none() {
            let uid = left.text_at(&["details", "uid"]).or_else(|| left.text_at(&["metadata", "uid"]));
            self.session.note_gone(resource, self.id, uid.map(Text::from));
            return Ok(Written::Gone);
        }
        let live = self.session.reader(self.cx).read(resource, left)?;
        self.session.note_live(resource, &live, live.owner.as_ref().and_then(owner::unit));
        Ok(Written::Deleting(live.version))
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
