//! Lists of objects, whoever owns them, as renders ask for them.

use std::collections::BTreeMap;

use windlass_core::{Context, Error, ErrorKind, Object, ObjectId, Result, Selection, Text, Value};

use crate::list::{Listing, each_page};
use crate::resource::Resource;
use crate::session::Session;

/// Objects on one page: few, since nobody knows how large they are.
const PAGE_OBJECTS: usize = 500;
/// How often a list is begun anew because the server has forgotten where it was.
const RESTARTS_MAX: u32 = 2;

/// Lists what is selected, sorted.
pub(crate) async fn select(session: &Session, cx: &Context, selection: &Selection) -> Result<Vec<Object>> {
    let resource = resource(session, cx, selection).await?;
    if !resource.listable {
        return Err(Error::new(ErrorKind::Unsupported, "the cluster does not list this kind")
            .with("kind", resource.name()));
    }
    let selector = selector(&selection.labels)?;
    let namespace = if resource.namespaced { &*selection.namespace } else { "" };
    let listing = Listing { resource: &resource, namespace, selector: &selector };
    let mut restarts = 0;
    let items = loop {
        match pages(session, cx, &listing).await {
            Err(error) if error.context("status") == Some("410") && restarts < RESTARTS_MAX => restarts += 1,
            other => break other?,
        }
    };
    let reader = session.reader(cx);
    let mut objects = BTreeMap::new();
    for item in items {
        cx.check()?;
        let live = reader.read(&resource, item)?;
        objects.extend(live.body.map(|body| (live.id, body)));
    }
    Ok(objects.into_values().collect())
}

async fn pages(session: &Session, cx: &Context, listing: &Listing<'_>) -> Result<Vec<Value>> {
    let (mut items, max) = (Vec::new(), cx.limits().objects_max);
    each_page(&session.connection, cx, listing, PAGE_OBJECTS.min(max.saturating_add(1)), |page| {
        items.extend(page);
        if items.len() > max {
            return Err(Error::new(ErrorKind::Limit, "too many objects are asked for")
                .with("kind", listing.resource.name())
                .with("objects_max", max));
        }
        Ok(())
    })
    .await?;
    Ok(items)
}

/// Finds the kind, by the version that is asked for.
async fn resource(session: &Session, cx: &Context, selection: &Selection) -> Result<Resource> {
    let id = ObjectId::new(selection.group(), &*selection.kind, "", "");
    let kinds = session.connection.discovered(cx).await?;
    match kinds.exact(&id, &selection.api_version) {
        Err(error) if error.kind() == ErrorKind::Undefined && !kinds.fresh => {
            session.connection.discovered_again(cx).await?.exact(&id, &selection.api_version).cloned()
        }
        found => found.cloned(),
    }
}

/// Writes labels as a selector. What no label can be selects nothing that anybody meant.
fn selector(labels: &BTreeMap<Text, Text>) -> Result<String> {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    let pair = |(name, value): (&Text, &Text)| {
        if name.is_empty() || !is_plain(name) || !is_plain(value) {
            return Err(Error::new(ErrorKind::Invalid, "no object can have such a label").with("label", name));
        }
        Ok(format!("{name}={value}"))
    };
    Ok(labels.iter().map(pair).collect::<Result<Vec<_>>>()?.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_that_would_say_something_else_is_refused() {
        let selector = |name: &str, value: &str| selector(&BTreeMap::from([(name.into(), value.into())]));
        assert_eq!(selector("app.kubernetes.io/name", "web_1"), Ok("app.kubernetes.io/name=web_1".into()));
        for (name, value) in [("", "a"), ("a,b", "c"), ("a", "b,c"), ("!a", "b"), ("a", "b&limit=1")] {
            assert_eq!(selector(name, value).unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
}
