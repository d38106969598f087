//! Lists, page by page.

use std::collections::BTreeSet;

use serde::Deserialize;
use windlass_core::{Context, Error, ErrorKind, Result, Text, Value};

use crate::connection::Connection;
use crate::request::{METADATA_LIST, Request, Subject};
use crate::resource::Resource;

/// Objects on one page.
const PAGE_OBJECTS: usize = 2500;
/// How often a list is begun anew because the server has forgotten where it was.
const RESTARTS_MAX: u32 = 2;

/// What to list.
pub(crate) struct Listing<'a> {
    pub(crate) resource: &'a Resource,
    /// All namespaces where empty.
    pub(crate) namespace: &'a str,
    pub(crate) selector: &'a str,
}

impl Listing<'_> {
    fn request(&self, token: &str) -> Result<Request> {
        let subject = Subject {
            secret: self.resource.group.is_empty() && self.resource.kind == "Secret",
            ..Subject::new("kind", self.resource.name())
        };
        let mut request = Request::get(self.resource.collection(self.namespace)?, subject);
        if !self.selector.is_empty() {
            request = request.query("labelSelector", self.selector);
        }
        request = request.query("limit", PAGE_OBJECTS.to_string());
        Ok(if token.is_empty() { request } else { request.query("continue", token) })
    }
}

#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: PageMetadata,
    #[serde(default = "Option::default")]
    items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct PageMetadata {
    r#continue: String,
}

#[derive(Deserialize)]
struct Named {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    name: Text,
}

/// Lists whole objects.
pub(crate) async fn list(connection: &Connection, cx: &Context, listing: &Listing<'_>) -> Result<Vec<Value>> {
    let mut restarts = 0;
    loop {
        match list_once(connection, cx, listing).await {
            Err(error) if error.context("status") == Some("410") && restarts < RESTARTS_MAX => restarts += 1,
            other => return other,
        }
    }
}

async fn list_once(connection: &Connection, cx: &Context, listing: &Listing<'_>) -> Result<Vec<Value>> {
    let (mut items, mut token) = (Vec::new(), String::new());
    loop {
        let page: Page<Value> = connection.ask_json(cx, &listing.request(&token)?).await?;
        items.extend(page.items.unwrap_or_default());
        if items.len() > cx.limits().objects_max {
            return Err(Error::new(ErrorKind::Limit, "too many objects carry the mark")
                .with("kind", listing.resource.name())
                .with("objects_max", cx.limits().objects_max));
        }
        if page.metadata.r#continue.is_empty() {
            return Ok(items);
        }
        token = page.metadata.r#continue;
    }
}

/// Lists the names of what exists, as long as that costs less than looking for `wanted` objects one by one: `None`
/// where there is too much else.
pub(crate) async fn names(
    connection: &Connection,
    cx: &Context,
    listing: &Listing<'_>,
    wanted: usize,
) -> Result<Option<BTreeSet<Text>>> {
    let pages_max = 1 + wanted / 64;
    let (mut names, mut token) = (BTreeSet::new(), String::new());
    for _ in 0..pages_max {
        let request = listing.request(&token)?.accept(METADATA_LIST);
        let page: Page<Named> = connection.ask_json(cx, &request).await?;
        names.extend(page.items.unwrap_or_default().into_iter().map(|item| item.metadata.name));
        if page.metadata.r#continue.is_empty() {
            return Ok(Some(names));
        }
        token = page.metadata.r#continue;
    }
    Ok(None)
}
