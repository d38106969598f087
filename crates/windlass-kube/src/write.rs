//! Writing: one object, on a condition.

use windlass_core::{Context, Error, ErrorKind, Object, ObjectId, Result, Write, Written};

use crate::apply::Writing;
use crate::delete::Deletion;
use crate::discovery::Discovered;
use crate::exclusive;
use crate::namespace;
use crate::owner;
use crate::sending::Sending;
use crate::session::Session;

pub(crate) async fn write(session: &Session, cx: &Context, write: &Write) -> Result<Written> {
    let id = write.id();
    let by = match (write, &session.desk) {
        (Write::Apply { owner, .. }, _) => owner::unit(owner).cloned(),
        (_, Some(desk)) => desk.owner(id),
        _ => None,
    };
    let writing = session.desk.as_ref().map(|desk| desk.writing(cx, id, by.as_ref()));
    match carry_out(session, cx, write).await {
        Ok(written) => {
            if let Some(writing) = writing {
                writing.done(&written);
            }
            Ok(written)
        }
        Err(error) => {
            let error = namespace::explain(session, cx, &id.namespace, error).await;
            Err(match write {
                Write::Apply { payload, .. } => exclusive::explain(session, cx, payload, error).await,
                _ => error,
            })
        }
    }
}

async fn carry_out(session: &Session, cx: &Context, write: &Write) -> Result<Written> {
    match write {
        Write::Apply { payload, mode, expect, owner, conflicts } => {
            check_size(cx, payload)?;
            let (id, api_version) = (payload.id(), payload.api_version());
            let seen = session.take_seen(id);
            let kinds = kinds_for(session, cx, id, api_version).await?;
            let sending = Sending { session, resource: kinds.exact(id, api_version)? };
            let writing = Writing { sending, kinds: &kinds, cx, payload, expect, owner, conflicts, seen };
            let written = writing.carry_out(*mode).await?;
            if let Some(live) = written.live() {
                session.note_live(sending.resource, live, owner::unit(owner));
            }
            if !matches!(written, Written::Unchanged(_)) {
                session.connection.note_written(payload);
            }
            Ok(written)
        }
        Write::Delete { id, api_version, expect, cascade } => {
            session.take_seen(id);
            let deletion = Deletion { session, cx, id, expect, cascade: *cascade };
            let written = deletion.by_any_version(api_version).await?;
            session.connection.note_deleted(id);
            Ok(written)
        }
        _ => Err(Error::new(ErrorKind::Unsupported, "a write that this version does not know")),
    }
}

/// Gives what is known of the kinds, asking the server again where that does not have this one.
async fn kinds_for(session: &Session, cx: &Context, id: &ObjectId, api_version: &str) -> Result<Discovered> {
    let kinds = session.connection.discovered_as_it_is(cx).await?;
    if kinds.fresh || kinds.exact(id, api_version).is_ok() {
        return Ok(kinds);
    }
    session.connection.discovered_again(cx).await
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
