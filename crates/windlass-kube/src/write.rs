//! Writing: one object, on a condition.

use http::Method;
use windlass_core::{
    Context, Error, ErrorKind, Live, Object, ObjectId, Owner, Result, Value, Write, Written,
};

use crate::apply::Writing;
use crate::delete::Deletion;
use crate::discovery::View;
use crate::fail::Subject;
use crate::live::metadata;
use crate::owner;
use crate::resource::Resource;
use crate::target::KubeTarget;
use crate::wire::{APPLY, Answer, Call, JSON_PATCH, read_json};

/// Tries of a write to a kind whose path the server does not know, or not yet.
pub(crate) const NOT_SERVED_TRIES_MAX: u32 = 6;

pub(crate) async fn write(target: &KubeTarget, cx: &Context, write: &Write) -> Result<Written> {
    match write {
        Write::Apply { payload, mode, expect, owner, conflicts } => {
            check_size(cx, payload)?;
            let (id, api_version) = (payload.id(), payload.api_version());
            let seen = target.take_seen(id);
            let view = view_for(target, cx, |view| view.exact(id, api_version).map(|_| ())).await?;
            let sending = Sending { target, resource: view.exact(id, api_version)? };
            let writing = Writing { sending, cx, payload, expect, owner, conflicts, seen };
            let written = writing.carry_out(*mode).await?;
            if !matches!(written, Written::Unchanged(_)) {
                target.cluster.note_written(payload);
            }
            Ok(written)
        }
        Write::Delete { id, api_version, expect, cascade } => {
            target.take_seen(id);
            let deletion = Deletion { target, cx, id, expect, cascade: *cascade };
            let written = deletion.by_any_version(api_version).await?;
            target.cluster.note_deleted(id);
            Ok(written)
        }
        _ => Err(Error::new(ErrorKind::Unsupported, "a write that this version does not know")),
    }
}

/// Gives a view in which the kind is known, asking the server again where it is not.
async fn view_for(target: &KubeTarget, cx: &Context, find: impl Fn(&View) -> Result<()>) -> Result<View> {
    let view = target.cluster.view_as_it_is(cx).await?;
    match find(&view) {
        Ok(()) => Ok(view),
        Err(error) if view.fresh => Err(error),
        Err(_) => {
            let view = target.cluster.view_again(cx).await?;
            find(&view).map(|()| view)
        }
    }
}

fn check_size(cx: &Context, payload: &Object) -> Result<()> {
    let (size, max) = (payload.body().canonical().len(), cx.limits().object_bytes_max);
    if size <= max {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, "the object is too large")
        .with("object", payload.id())
        .with("bytes", size)
        .with("object_bytes_max", max))
}

/// How objects of one kind are sent.
#[derive(Clone, Copy)]
pub(crate) struct Sending<'a> {
    pub(crate) target: &'a KubeTarget,
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
    ) -> Result<Call> {
        let call = self.body(Method::PATCH, payload, owner, condition)?;
        Ok(call.query("force", if force { "true" } else { "false" }).content(APPLY))
    }

    /// Makes a change of `managedFields` alone, by a JSON patch.
    pub(crate) fn json_patch(&self, id: &ObjectId, patch: &Value) -> Result<Call> {
        let path = self.resource.object(id)?;
        let call = Call::write(Method::PATCH, path, Subject::object(id), patch.canonical());
        Ok(call.query("fieldManager", self.target.options.manager.as_str()).content(JSON_PATCH))
    }

    /// Makes a request to the object with the object, its mark and the condition as its body.
    pub(crate) fn body(
        &self,
        method: Method,
        payload: &Object,
        owner: &Owner,
        condition: &[(&str, &str)],
    ) -> Result<Call> {
        let id = payload.id();
        let mut body = payload.body().as_ref().clone();
        owner::set(&mut body, owner).map_err(|error| error.with("object", id))?;
        for (key, value) in condition {
            metadata(&mut body).map(|metadata| metadata.insert(*key, *value));
        }
        let call = Call::write(method, self.resource.object(id)?, Subject::object(id), body.canonical());
        Ok(call
            .query("fieldManager", self.target.options.manager.as_str())
            .query("fieldValidation", "Strict"))
    }

    /// Reads the object that a write or its rehearsal gave back.
    pub(crate) fn read(&self, cx: &Context, answer: &Answer, call: &Call) -> Result<Live> {
        self.target.reader(cx).read(self.resource, read_json(answer, call)?)
    }
}
