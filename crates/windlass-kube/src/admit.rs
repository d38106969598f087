//! Completing the identity of items, and saying which kinds do not exist yet.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use windlass_core::{
    Admitted, Context, Error, ErrorKind, Item, Map, Node, Object, ObjectId, Result, Text, Value,
};

use crate::discovery::{Discovered, Known, other_version, silent};
use crate::live::metadata;
use crate::resource::{Resource, defined_by, is_definition};
use crate::session::Session;
use crate::stamp;
use crate::unknown::unknown;

pub(crate) async fn admit(session: &Session, cx: &Context, items: Vec<Item>) -> Result<Vec<Admitted>> {
    let defined = definitions(&items);
    let mut kinds = session.connection.discovered(cx).await?;
    let lacks = |kinds: &Discovered| {
        items.iter().any(|item| {
            let unknown = !matches!(kinds.find(item.id(), item.object.api_version()), Known::Served(_));
            unknown && among(&defined, item).is_none()
        })
    };
    if !kinds.fresh && lacks(&kinds) {
        kinds = session.connection.discovered_again(cx).await?;
    }
    let namespace = session.default_namespace();
    Ok(items.into_iter().map(|item| one(&kinds, &defined, &namespace, item)).collect())
}

/// What the definitions among the items will serve, and which item defines it.
type Defined = BTreeMap<(Text, Text), (ObjectId, Vec<Resource>)>;

fn definitions(items: &[Item]) -> Defined {
    let mut defined = Defined::new();
    for item in items.iter().filter(|item| is_definition(item.id())) {
        let resources = defined_by(item.object.body());
        if let Some(first) = resources.first() {
            let kind = (first.group.clone(), first.kind.clone());
            defined.insert(kind, (item.id().clone(), resources));
        }
    }
    defined
}

fn among<'a>(defined: &'a Defined, item: &Item) -> Option<(&'a ObjectId, &'a Resource)> {
    let id = item.id();
    let (definition, resources) = defined.get(&(id.group.clone(), id.kind.clone()))?;
    let resource = resources.iter().find(|resource| resource.api_version() == **item.object.api_version())?;
    Some((definition, resource))
}

fn one(kinds: &Discovered, defined: &Defined, namespace: &Text, item: Item) -> Admitted {
    let id = item.id().clone();
    let api_version = item.object.api_version().to_owned();
    let (resource, until) = match (kinds.find(&id, &api_version), among(defined, &item)) {
        (Known::Served(resource), _) => (resource, None),
        (_, Some((definition, resource))) => (resource, Some(Node::Object(definition.clone()))),
        (Known::Silent, None) => return Admitted::Refused(item, silent(&id)),
        (Known::Otherwise(others), None) => {
            return Admitted::Refused(item, other_version(&id, &api_version, others));
        }
        (Known::Unknown, None) => return Admitted::Refused(item, unknown(kinds, &id, &api_version)),
    };
    match complete(&item.object, resource, namespace) {
        Ok(object) => {
            let item = Item { object, ..item };
            until.map_or_else(
                || Admitted::Item(item.clone()),
                |until| Admitted::Later { item: item.clone(), until },
            )
        }
        Err(error) => Admitted::Refused(item, error.with_each("object", id)),
    }
}

/// Gives the object with its identity complete, without what only the server sets, and a Secret in the one spelling
/// in which the server keeps it.
fn complete(object: &Object, resource: &Resource, namespace: &Text) -> Result<Object> {
    let mut body = object.body().as_ref().clone();
    stamp::strip(&mut body);
    if let Some(metadata) = metadata(&mut body) {
        if !resource.namespaced {
            metadata.remove("namespace");
        } else if object.id().namespace.is_empty() {
            metadata.insert("namespace", namespace.clone());
        }
    }
    if resource.group.is_empty() && resource.kind == "Secret" {
        encode_string_data(&mut body)?;
    }
    leave_rules_to_aggregation(&mut body, resource);
    Object::new(body)
}

/// Takes the rules out of a ClusterRole that is aggregated: its controller fills them in, whatever was written, so that
/// to want them as well would be a fight without end.
fn leave_rules_to_aggregation(body: &mut Value, resource: &Resource) {
    let is_role = resource.group == "rbac.authorization.k8s.io" && resource.kind == "ClusterRole";
    if is_role && body.get("aggregationRule").is_some_and(|rule| !rule.is_null()) {
        body.as_map_mut().map(|map| map.remove("rules"));
    }
}

/// Moves `stringData` into `data`. The server does the same on every write, but keeps no owner for what came that way:
/// a key taken out of `stringData` would stay in the cluster for ever.
fn encode_string_data(body: &mut Value) -> Result<()> {
    let Some(strings) =
        body.as_map_mut().and_then(|map| map.remove("stringData")).filter(|value| !value.is_null())
    else {
        return Ok(());
    };
    let wrong = |field: String| Error::new(ErrorKind::Invalid, "must be a text").with("field", field);
    let strings = strings
        .as_map()
        .ok_or_else(|| Error::new(ErrorKind::Invalid, "must be a map").with("field", "stringData"))?;
    let mut encoded = Map::new();
    for (key, value) in strings.iter() {
        // A key without a value is an empty text, as the server reads it.
        let text = if value.is_null() { Some("") } else { value.as_text() };
        let text = text.ok_or_else(|| wrong(format!("stringData.{key}")))?;
        encoded.insert(key.clone(), STANDARD.encode(text));
    }
    let data = body.as_map_mut().map(|map| map.entry("data", || Value::Map(Map::new())));
    if let Some(data) = data {
        if data.is_null() {
            *data = Value::Map(Map::new());
        }
        let data = data
            .as_map_mut()
            .ok_or_else(|| Error::new(ErrorKind::Invalid, "must be a map").with("field", "data"))?;
        encoded.into_iter().for_each(|(key, value)| {
            data.insert(key, value);
        });
    }
    Ok(())
}
