//! How objects of one kind are sent and read.

use http::Method;
use windlass_core::{Context, Live, Object, ObjectId, Owner, Result, Text, Value, Version};

use crate::fail;
use crate::live::{self, metadata};
use crate::owner;
use crate::request::{APPLY, JSON_PATCH, METADATA, Request, Response, Subject, read_json};
use crate::resource::Resource;
use crate::session::Session;

/// Tries of a write to a kind whose path the server does not know, or not yet.
pub(crate) const NOT_SERVED_TRIES_MAX: u32 = 6;

/// How objects of one kind are sent.
#[derive(Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) session: &'a Session,
    pub(crate) resource: &'a Resource,
}

impl Sending<'_> {
    /// Makes a server-side apply. `condition` goes into `metadata`.
    pub(crate) fn apply(
        &self,
        payload: &Object,
        owner: &Owner,
        condition: &[(&str, &str)],
        force: bool,
    ) -> Result<Request> {
        let request = self.body(Method::PATCH, payload, owner, condition)?;
        Ok(request.query("force", if force { "true" } else { "false" }).content(APPLY))
    }

    /// Makes a change of `managedFields` alone, by a JSON patch.
    pub(crate) fn json_patch(&self, id: &ObjectId, patch: &Value) -> Result<Request> {
        let path = self.resource.object(id)?;
        let request = Request::write(Method::PATCH, path, Subject::object(id), patch.canonical());
        Ok(request.query("fieldManager", self.session.options.manager.as_str()).content(JSON_PATCH))
    }

    /// Makes a request to the object with the object, its labels and the condition as its body.
    pub(crate) fn body(
        &self,
        method: Method,
        payload: &Object,
        owner: &Owner,
        condition: &[(&str, &str)],
    ) -> Result<Request> {
        let path = self.resource.object(payload.id())?;
        self.to(method, path, payload, owner, condition)
    }

    /// Makes a create that is no apply.
    pub(crate) fn create(&self, payload: &Object, owner: &Owner) -> Result<Request> {
        let namespace = if self.resource.namespaced { &*payload.id().namespace } else { "" };
        // Checks name and namespace.
        self.resource.object(payload.id())?;
        self.to(Method::POST, self.resource.collection(namespace)?, payload, owner, &[])
    }

    fn to(
        &self,
        method: Method,
        path: String,
        payload: &Object,
        owner: &Owner,
        condition: &[(&str, &str)],
    ) -> Result<Request> {
        let id = payload.id();
        let mut body = payload.body().as_ref().clone();
        owner::set(&mut body, owner).map_err(|error| error.with("object", id))?;
        for (key, value) in condition {
            metadata(&mut body).map(|metadata| metadata.insert(*key, *value));
        }
        let request = Request::write(method, path, Subject::object(id), body.canonical());
        Ok(request
            .query("fieldManager", self.session.options.manager.as_str())
            .query("fieldValidation", "Strict"))
    }

    /// Reads the object that a write or its dry run gave back.
    pub(crate) fn read(&self, cx: &Context, response: &Response, request: &Request) -> Result<Live> {
        self.session.reader(cx).read(self.resource, read_json(response, request)?)
    }
}

/// Reads one object; `None` where it does not exist.
pub(crate) async fn get(
    session: &Session,
    cx: &Context,
    resource: &Resource,
    id: &ObjectId,
) -> Result<Option<Live>> {
    let request = Request::get(resource.object(id)?, Subject::object(id));
    let response = session.connection.send(cx, &request).await?;
    if response.status == 404 && !fail::is_unknown_path(&response) {
        return Ok(None);
    }
    if !response.is_success() {
        return Err(fail::refused(&response, &request));
    }
    session.observer(cx).read(resource, read_json(&response, &request)?).map(Some)
}

/// An object as it is, by its metadata alone.
pub(crate) enum Current {
    At {
        version: Version,
        /// The finalizers that it has.
        held_by: Vec<Text>,
    },
    Absent,
    /// The version of the kind is not served, or not yet.
    Unserved,
}

pub(crate) async fn current(
    session: &Session,
    cx: &Context,
    resource: &Resource,
    id: &ObjectId,
) -> Result<Current> {
    let request = Request::get(resource.object(id)?, Subject::object(id)).accept(METADATA);
    let response = session.connection.send(cx, &request).await?;
    match response.status {
        _ if fail::is_unknown_path(&response) => Ok(Current::Unserved),
        404 => Ok(Current::Absent),
        _ if response.is_success() => {
            let body = read_json(&response, &request)?;
            Ok(Current::At { version: live::version_of(&body)?, held_by: live::finalizers(&body) })
        }
        _ => Err(fail::refused(&response, &request)),
    }
}
