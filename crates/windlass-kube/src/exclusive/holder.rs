//! Who holds a port or an address that a Service was refused for.

use std::collections::BTreeSet;

use windlass_core::{Context, Error, Object, ObjectId, Owner, Result};

use super::words::{Refusal, fixed, refusal};
use crate::list::Page;
use crate::owner;
use crate::request::{Request, Subject};
use crate::session::Session;

/// Services that are looked through.
const SERVICES_MAX: usize = 10_000;

/// Names the Service that holds what is wanted, where the account may list Services: the server does not say which it is.
pub(crate) async fn explain(session: &Session, cx: &Context, object: &Object, error: Error) -> Error {
    let id = object.id();
    let is_service = id.group.is_empty() && id.kind == "Service";
    if !is_service || refusal(&error) != Refusal::Allocated {
        return error;
    }
    // Each of them may be the one that is refused; the server names the value, but not in every message.
    let wanted = fixed(object.body());
    match holder(session, cx, id, &wanted).await {
        Ok(Some((holder, owner))) => {
            let owner = owner.map(|owner| format!(", which belongs to {owner}")).unwrap_or_default();
            let help = format!("{holder} holds it{owner}: delete it first, or choose another value");
            error.with_each("held_by", &holder).with_help(help)
        }
        _ => error,
    }
}

async fn holder(
    session: &Session,
    cx: &Context,
    id: &ObjectId,
    wanted: &BTreeSet<String>,
) -> Result<Option<(ObjectId, Option<Owner>)>> {
    let request = Request::get("/api/v1/services", Subject::new("kind", "Service"));
    let request = request.query("limit", SERVICES_MAX.to_string());
    let page: Page = session.connection.ask_json(cx, &request).await?;
    for mut item in page.items.unwrap_or_default() {
        // A list leaves out what all of its items have.
        if let Some(map) = item.as_map_mut() {
            map.insert("apiVersion", "v1");
            map.insert("kind", "Service");
        }
        if fixed(&item).is_disjoint(wanted) {
            continue;
        }
        let found = Object::new(item)?;
        if found.id() != id {
            return Ok(Some((found.id().clone(), owner::of(&found))));
        }
    }
    Ok(None)
}
