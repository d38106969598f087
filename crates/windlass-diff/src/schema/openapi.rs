//! Schemas from the OpenAPI that Kubernetes publishes and that custom resource definitions carry.

use windlass_core::{Text, Value};

use super::{ListKind, Patch, Scalar, Schema, Shape};

/// Schemas inside one another; below that nothing is known.
const DEPTH_MAX: usize = 64;

impl Schema {
    /// Reads an OpenAPI v2 or v3 schema, such as `openAPIV3Schema` of a custom resource definition or a definition of
    /// `/openapi/v2`. A `$ref` becomes the use of the name behind its last `/`; the references to `resource.Quantity`,
    /// `IntOrString` and `metav1.Duration` become scalars. What it does not know is [`Schema::any`].
    ///
    /// ```
    /// use windlass_diff::Schema;
    /// let open: windlass_core::Value = serde_json::from_str(r#"{"type": "object", "properties": {
    ///   "ports": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port"],
    ///             "items": {"type": "object", "properties": {"port": {"type": "integer"}}}}}}"#)?;
    /// assert_eq!(
    ///     serde_json::to_string(&Schema::from_openapi(&open))?,
    ///     r#"{"fields":{"ports":{"list":{"fields":{"port":"int"}},"by":["port"]}}}"#,
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn from_openapi(open: &Value) -> Self {
        read(open, 0)
    }
}

fn read(open: &Value, depth: usize) -> Schema {
    if depth > DEPTH_MAX {
        return Schema::any();
    }
    let key = open.text_at(&["x-kubernetes-patch-merge-key"]).map(Text::from);
    let strategy = open.text_at(&["x-kubernetes-patch-strategy"]).unwrap_or_default();
    let patch = Patch::read(strategy, key).unwrap_or_default();
    let inner = wrapped(open, depth).unwrap_or_else(|| Schema::of(shape(open, &patch, depth)));
    Schema {
        shape: inner.shape,
        atomic: inner.atomic || open.text_at(&["x-kubernetes-map-type"]) == Some("atomic"),
        default: open.get("default").filter(|value| !is_empty(value)).cloned().or(inner.default),
        patch: if patch == Patch::default() { inner.patch } else { patch },
    }
}

/// Kubernetes publishes `default: {}` for every required struct; it says nothing.
fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_map().is_some_and(windlass_core::Map::is_empty)
}

/// `$ref`, or `allOf` with the one schema that it wraps to add keys to it.
fn wrapped(open: &Value, depth: usize) -> Option<Schema> {
    if let Some(reference) = open.text_at(&["$ref"]) {
        return Some(referred(reference.rsplit('/').next().unwrap_or(reference)));
    }
    match open.get("allOf")?.as_list()? {
        [one] => Some(read(one, depth + 1)),
        _ => None,
    }
}

fn referred(name: &str) -> Schema {
    match name {
        "io.k8s.apimachinery.pkg.api.resource.Quantity" => Schema::scalar(Scalar::Quantity),
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString" => Schema::scalar(Scalar::IntOrString),
        "io.k8s.apimachinery.pkg.apis.meta.v1.Duration" => Schema::scalar(Scalar::Duration),
        name => Schema::named(name),
    }
}

fn shape(open: &Value, patch: &Patch, depth: usize) -> Shape {
    match open.text_at(&["type"]) {
        _ if open.get("x-kubernetes-int-or-string").and_then(Value::as_bool) == Some(true) => {
            Shape::Scalar(Scalar::IntOrString)
        }
        Some("array") => Shape::List {
            by: list_kind(open, patch),
            items: Box::new(open.get("items").map(|items| read(items, depth + 1)).unwrap_or_default()),
        },
        Some("object") | None => map(open, depth),
        Some("string") if open.text_at(&["format"]) == Some("int-or-string") => {
            Shape::Scalar(Scalar::IntOrString)
        }
        Some("string") => Shape::Scalar(Scalar::Text),
        Some("integer") => Shape::Scalar(Scalar::Int),
        Some("number") => Shape::Scalar(Scalar::Number),
        Some("boolean") => Shape::Scalar(Scalar::Bool),
        Some(_) => Shape::default(),
    }
}

fn map(open: &Value, depth: usize) -> Shape {
    let properties = open.get("properties").and_then(Value::as_map);
    let values = open.get("additionalProperties").filter(|values| values.as_map().is_some());
    if properties.is_none() && values.is_none() {
        return Shape::default();
    }
    let fields = properties.into_iter().flat_map(windlass_core::Map::iter);
    Shape::Map {
        fields: fields.map(|(name, field)| (name.clone(), read(field, depth + 1))).collect(),
        values: values.map(|values| Box::new(read(values, depth + 1))),
    }
}

fn list_kind(open: &Value, patch: &Patch) -> ListKind {
    let keys = || {
        let keys = open.get("x-kubernetes-list-map-keys").and_then(Value::as_list).unwrap_or_default();
        keys.iter().filter_map(Value::as_text).map(Text::from).collect::<Vec<_>>()
    };
    match open.text_at(&["x-kubernetes-list-type"]) {
        Some("map") if !keys().is_empty() => ListKind::Map(keys()),
        Some("set") => ListKind::Set,
        Some(_) => ListKind::Atomic,
        None => patch.list_kind(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(open: &str, expected: &str) {
        let open: Value = serde_json::from_str(open).unwrap();
        assert_eq!(serde_json::to_string(&Schema::from_openapi(&open)).unwrap(), expected);
    }

    #[test]
    fn references_become_names_and_known_ones_scalars() {
        check(r##"{"$ref": "#/definitions/io.k8s.api.core.v1.Pod"}"##, r#""@io.k8s.api.core.v1.Pod""#);
        check(
            r##"{"additionalProperties": {"$ref": "#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity"}}"##,
            r#"{"map":"quantity"}"#,
        );
        check(
            r##"{"allOf": [{"$ref": "#/x/S"}], "default": {}, "x-kubernetes-patch-strategy": "retainKeys"}"##,
            r#"{"of":"@S","patch":"retainKeys"}"#,
        );
    }

    #[test]
    fn lists_say_what_tells_their_items_apart() {
        check(
            r#"{"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}"#,
            r#"{"list":"text","by":"set"}"#,
        );
        check(
            r#"{"type": "array", "items": {}, "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"}"#,
            r#"{"list":"any","patch":"merge","patchKey":"name"}"#,
        );
        check(r#"{"type": "array", "items": {"type": "string"}}"#, r#"{"list":"text"}"#);
    }

    #[test]
    fn atomic_maps_and_defaults_are_kept() {
        check(
            r#"{"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"p": {"type": "string", "default": "TCP"}}}"#,
            r#"{"fields":{"p":{"of":"text","default":"TCP"}},"atomic":true}"#,
        );
        check(r#"{"x-kubernetes-int-or-string": true}"#, r#""intOrString""#);
        check(r#"{"type": "object", "x-kubernetes-preserve-unknown-fields": true}"#, r#""any""#);
    }
}
