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
    pub(crate) fn request(&self) -> Result<Request> {
        let subject = Subject {
            secret: self.resource.group.is_empty() && self.resource.kind == "Secret",
            ..Subject::new("kind", self.resource.name())
        };
        let mut request = Request::get(self.resource.collection(self.namespace)?, subject);
        if !self.selector.is_empty() {
            request = request.query("labelSelector", self.selector);
        }
        Ok(request)
    }

    fn page(&self, limit: usize, token: &str) -> Result<Request> {
        let request = self.request()?.query("limit", limit.to_string());
        Ok(if token.is_empty() { request } else { request.query("continue", token) })
    }
}

/// One page of a list.
#[derive(Deserialize)]
pub(crate) struct Page<T = Value> {
    #[serde(default)]
    pub(crate) metadata: PageMetadata,
    /// A server may write none as `null`.
    #[serde(default = "Option::default")]
    pub(crate) items: Option<Vec<T>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PageMetadata {
    pub(crate) r#continue: String,
    pub(crate) resource_version: Text,
}

#[derive(Deserialize)]
struct Named {
    metadata: Name,
}

#[derive(Deserialize)]
struct Name {
    #[serde(default)]
    namespace: Text,
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
    let mut items = Vec::new();
    each_page(connection, cx, listing, PAGE_OBJECTS, |page| {
        items.extend(page);
        if items.len() > cx.limits().objects_max {
            return Err(Error::new(ErrorKind::Limit, "too many objects belong to the unit")
                .with("kind", listing.resource.name())
                .with("objects_max", cx.limits().objects_max));
        }
        Ok(())
    })
    .await?;
    Ok(items)
}

/// Lists whole objects page by page, and gives the version of the list.
pub(crate) async fn each_page(
    connection: &Connection,
    cx: &Context,
    listing: &Listing<'_>,
    limit: usize,
    mut take: impl FnMut(Vec<Value>) -> Result<()>,
) -> Result<Text> {
    let mut token = String::new();
    loop {
        let page: Page = connection.ask_json(cx, &listing.page(limit, &token)?).await?;
        take(page.items.unwrap_or_default())?;
        if page.metadata.r#continue.is_empty() {
            return Ok(page.metadata.resource_version);
        }
        token = page.metadata.r#continue;
    }
}

/// Namespaces and names of what exists.
pub(crate) type Names = BTreeSet<(Text, Text)>;

/// Lists what exists by namespace and name; `None` where there are more than so many pages of it.
pub(crate) async fn names(
    connection: &Connection,
    cx: &Context,
    listing: &Listing<'_>,
    pages_max: usize,
) -> Result<Option<Names>> {
    let (mut names, mut token) = (Names::new(), String::new());
    for _ in 0..pages_max {
        let request = listing.page(PAGE_OBJECTS, &token)?.accept(METADATA_LIST);
        let page: Page<Named> = connection.ask_json(cx, &request).await?;
        let items = page.items.unwrap_or_default().into_iter();
        let namespace = |own: Text| if own.is_empty() { listing.namespace.into() } else { own };
        names.extend(items.map(|item| (namespace(item.metadata.namespace), item.metadata.name)));
        if page.metadata.r#continue.is_empty() {
            return Ok(Some(names));
        }
        token = page.metadata.r#continue;
    }
    Ok(None)
}
