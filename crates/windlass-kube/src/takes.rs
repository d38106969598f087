//! What goes with an object that is deleted: what lies in a namespace, and the objects of a kind whose definition goes.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use windlass_core::{Context, Error, ErrorKind, Map, Object, ObjectId, Owner, Result, Taken, Value};

use crate::discovery::Discovered;
use crate::list::{Listing, Page};
use crate::owner::{self, UNIT_LABEL};
use crate::request::METADATA_LIST;
use crate::resource::{Resource, is_definition, is_namespace};
use crate::session::Session;

/// Objects that are named for one that takes them with it; more would not make a decision any other.
const TAKEN_MAX: usize = 1000;

/// Gives, for each namespace and CustomResourceDefinition, what would go with it.
///
/// Of a namespace that is what carries the label of a unit, whichever: what controllers made is made anew elsewhere or goes
/// with its owner. Of a definition it is every object of the kind.
pub(crate) async fn takes(
    session: &Session,
    cx: &Context,
    ids: &[ObjectId],
) -> Result<BTreeMap<ObjectId, Vec<Taken>>> {
    let takers: Vec<&ObjectId> = ids.iter().filter(|id| is_definition(id) || is_namespace(id)).collect();
    if takers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let kinds = session.connection.discovered(cx).await?;
    let looks = takers.into_iter().map(async |id| {
        let taken = Look { session, cx, kinds: &kinds }.taken_by(id).await;
        taken.map(|taken| (id.clone(), taken)).map_err(|error| error.with_each("taker", id))
    });
    let mut all = BTreeMap::new();
    for taken in join_all(looks).await {
        let (id, taken) = taken?;
        if !taken.is_empty() {
            all.insert(id, taken);
        }
    }
    Ok(all)
}

#[derive(Clone, Copy)]
struct Look<'a> {
    session: &'a Session,
    cx: &'a Context,
    kinds: &'a Discovered,
}

impl Look<'_> {
    async fn taken_by(self, id: &ObjectId) -> Result<Vec<Taken>> {
        let listings: Vec<Listing<'_>> = if is_namespace(id) {
            let resources =
                self.kinds.preferred().filter(|resource| resource.namespaced && resource.listable);
            resources
                .map(|resource| Listing { resource, namespace: &id.name, selector: UNIT_LABEL })
                .collect()
        } else {
            let resources = self.kinds.preferred().filter(|resource| *id.name == *resource.name());
            resources.map(|resource| Listing { resource, namespace: "", selector: "" }).collect()
        };
        let (mut taken, mut errors) = (Vec::new(), Vec::new());
        // Reads are bounded by the connection.
        let lists = join_all(listings.iter().map(|listing| self.list(listing))).await;
        for (listing, listed) in listings.iter().zip(lists) {
            match listed {
                Ok(listed) => taken.extend(listed),
                Err(error) if is_namespace(id) && self.is_silent(listing.resource, &error).await? => {}
                Err(error) => errors.push(error),
            }
        }
        if let Some(error) = Error::all(errors) {
            return Err(error.with_help(
                "nobody can say what else would go: have these kinds listed, or delete it by hand",
            ));
        }
        taken.sort_by(|a, b| a.id.cmp(&b.id));
        taken.dedup_by(|a, b| a.id == b.id);
        Ok(taken)
    }

    /// Says whether it is an aggregated API that does not answer. That is no reason to refuse: the server itself keeps the
    /// namespace until it answers, and a unit that brings a broken one could never be deleted.
    async fn is_silent(self, resource: &Resource, error: &Error) -> Result<bool> {
        if error.kind() != ErrorKind::Unavailable || self.kinds.is_silent(&resource.group) {
            return Ok(error.kind() == ErrorKind::Unavailable);
        }
        // It may have answered when the server was last asked for its kinds.
        let kinds = self.session.connection.discovered_after(self.cx, self.kinds).await?;
        Ok(kinds.is_silent(&resource.group))
    }

    async fn list(self, listing: &Listing<'_>) -> Result<Vec<Taken>> {
        let request = listing.request()?.query("limit", TAKEN_MAX.to_string()).accept(METADATA_LIST);
        let page: Result<Page> = self.session.connection.ask_json(self.cx, &request).await;
        match page {
            Ok(page) => {
                page.items.unwrap_or_default().into_iter().map(|item| taken(item, listing.resource)).collect()
            }
            // A kind that has gone has no objects, and one that cannot be listed is no store of any.
            Err(error) if error.kind() == ErrorKind::Undefined => Ok(Vec::new()),
            Err(error) if error.context("status") == Some("405") => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

fn taken(item: Value, resource: &Resource) -> Result<Taken> {
    let metadata = item.get("metadata").cloned().unwrap_or_else(|| Value::Map(Map::new()));
    let body = Value::from_iter([
        ("apiVersion", Value::from(resource.api_version())),
        ("kind", resource.kind.clone().into()),
        ("metadata", metadata),
    ]);
    let object = Object::new(body).map_err(|error: Error| error.with_each("kind", resource.name()))?;
    let owner: Option<Owner> = owner::of(&object);
    Ok(Taken { id: object.id().clone(), owner })
}
