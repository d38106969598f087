//! Who owns a live object, by the labels and annotations of the field's tools.

use windlass_core::{Error, ErrorKind, Map, Object, Owner, Result, Text, UnitId, Value};

/// The label that names the unit that owns an object.
pub const UNIT_LABEL: &str = "windlass.dev/unit";
/// The label that names the installation of that unit; without it, it is the default one.
pub const INSTALLATION_LABEL: &str = "windlass.dev/installation";

/// Reads who owns the object. Our own labels count first.
pub(crate) fn of(object: &Object) -> Option<Owner> {
    let other = |owner: String| Some(Owner::Other(owner.into()));
    if let Some(unit) = object.label(UNIT_LABEL) {
        return Some(unit_of(unit, object.label(INSTALLATION_LABEL)));
    }
    let pair = |prefix: &str| {
        let name = object.label(&format!("{prefix}/name"))?;
        Some(format!("{}/{name}", object.label(&format!("{prefix}/namespace"))?))
    };
    if let Some(kustomization) = pair("kustomize.toolkit.fluxcd.io") {
        return other(format!("flux:{kustomization}"));
    }
    if let Some(release) = pair("helm.toolkit.fluxcd.io") {
        return other(format!("flux-helm:{release}"));
    }
    if let Some(release) = helm_release(object) {
        return other(format!("helm:{release}"));
    }
    if let Some(application) = argo_application(object) {
        return other(format!("argocd:{application}"));
    }
    if let Some(app) = object.label("kapp.k14s.io/app") {
        return other(format!("kapp:{app}"));
    }
    if let Some(set) = object.label("applyset.kubernetes.io/part-of") {
        return other(format!("applyset:{set}"));
    }
    object
        .annotation("config.k8s.io/owning-inventory")
        .and_then(|inventory| other(format!("inventory:{inventory}")))
}

/// A label that names no unit is somebody's all the same.
fn unit_of(unit: &str, installation: Option<&str>) -> Owner {
    let installation = installation.unwrap_or(UnitId::DEFAULT_INSTALLATION);
    UnitId::new(unit)
        .and_then(|unit| unit.of_installation(installation))
        .map_or_else(|_| Owner::Other(format!("{installation}/{unit}").into()), Owner::Unit)
}

/// Gives the unit that owns something.
pub(crate) fn unit(owner: &Owner) -> Option<&UnitId> {
    match owner {
        Owner::Unit(unit) => Some(unit),
        _ => None,
    }
}

/// Selects what a unit owns.
pub(crate) fn selector(unit: &UnitId) -> String {
    format!("{UNIT_LABEL}={},{INSTALLATION_LABEL}={}", unit.as_str(), unit.installation())
}

fn helm_release(object: &Object) -> Option<String> {
    if object.label("app.kubernetes.io/managed-by") != Some("Helm") {
        return None;
    }
    let name = object.annotation("meta.helm.sh/release-name")?;
    let namespace = object.annotation("meta.helm.sh/release-namespace").unwrap_or(&object.id().namespace);
    Some(format!("{namespace}/{name}"))
}

/// Reads `application:group/kind:namespace/name`. One that names another object was copied with the annotations, and
/// says nothing.
fn argo_application(object: &Object) -> Option<Text> {
    let (application, rest) = object.annotation("argocd.argoproj.io/tracking-id")?.split_once(':')?;
    let id = object.id();
    let (kind, name) = rest.split_once(':')?;
    let same_kind = kind == format!("{}/{}", id.group, id.kind);
    let same_name = name.rsplit_once('/').is_some_and(|(_, name)| *name == *id.name);
    (same_kind && same_name).then(|| application.into())
}

/// Sets our labels on a body, and takes out annotations that are an empty map, as charts often leave them: an apply of those
/// would make ours what any controller writes there.
pub(crate) fn set(body: &mut Value, owner: &Owner) -> Result<()> {
    let Owner::Unit(unit) = owner else {
        return Err(
            Error::new(ErrorKind::Invalid, "only a unit can own what is written").with("owner", owner)
        );
    };
    let metadata = body
        .as_map_mut()
        .map(|map| map.entry("metadata", || Value::Map(Map::new())))
        .and_then(Value::as_map_mut);
    let labels = metadata.map(|metadata| {
        metadata.retain(|key, value| key != "annotations" || !value.as_map().is_some_and(Map::is_empty));
        metadata.entry("labels", || Value::Map(Map::new()))
    });
    let wrong = || Error::new(ErrorKind::Invalid, "must be a map").with("field", "metadata.labels");
    let labels = labels.ok_or_else(wrong)?;
    if labels.is_null() {
        *labels = Value::Map(Map::new());
    }
    let labels = labels.as_map_mut().ok_or_else(wrong)?;
    labels.insert(UNIT_LABEL, unit.as_str());
    labels.insert(INSTALLATION_LABEL, unit.installation());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(metadata: &str, expected: &str) {
        let text = format!(
            r#"{{"apiVersion":"apps/v1","kind":"Deployment","metadata":{{"name":"web","namespace":"shop",{metadata}}}}}"#
        );
        let object = Object::new(serde_json::from_str(&text).unwrap()).unwrap();
        assert_eq!(of(&object).map_or("nobody".into(), |owner| owner.to_string()), expected, "{metadata}");
    }

    #[test]
    fn owners_are_read_from_the_marks_of_each_tool() {
        check(r#""labels":{"windlass.dev/unit":"shop"}"#, "shop");
        check(
            r#""labels":{"kustomize.toolkit.fluxcd.io/name":"apps","kustomize.toolkit.fluxcd.io/namespace":"flux-system"}"#,
            "flux:flux-system/apps",
        );
        check(
            r#""labels":{"helm.toolkit.fluxcd.io/name":"web","helm.toolkit.fluxcd.io/namespace":"shop"}"#,
            "flux-helm:shop/web",
        );
        check(
            r#""labels":{"app.kubernetes.io/managed-by":"Helm"},"annotations":{"meta.helm.sh/release-name":"web","meta.helm.sh/release-namespace":"rel"}"#,
            "helm:rel/web",
        );
        check(
            r#""annotations":{"argocd.argoproj.io/tracking-id":"shop:apps/Deployment:shop/web"}"#,
            "argocd:shop",
        );
        check(r#""labels":{"kapp.k14s.io/app":"17"}"#, "kapp:17");
        check(r#""annotations":{"config.k8s.io/owning-inventory":"abc"}"#, "inventory:abc");
    }

    #[test]
    fn the_installation_is_part_of_the_owner() {
        check(
            r#""labels":{"windlass.dev/unit":"shop","windlass.dev/installation":"staging"}"#,
            "staging/shop",
        );
        check(r#""labels":{"windlass.dev/unit":"shop","windlass.dev/installation":"windlass"}"#, "shop");
        check(r#""labels":{"windlass.dev/unit":"Not_one"}"#, "windlass/Not_one");
    }

    #[test]
    fn a_label_of_helm_without_its_annotation_is_no_owner() {
        check(r#""labels":{"app.kubernetes.io/managed-by":"Helm"}"#, "nobody");
    }

    #[test]
    fn an_argo_annotation_copied_from_another_object_is_no_owner() {
        check(
            r#""annotations":{"argocd.argoproj.io/tracking-id":"shop:apps/Deployment:shop/other"}"#,
            "nobody",
        );
        check(r#""annotations":{"argocd.argoproj.io/tracking-id":"shop"}"#, "nobody");
    }

    #[test]
    fn our_mark_counts_before_any_other() {
        check(r#""labels":{"windlass.dev/unit":"shop","kapp.k14s.io/app":"17"}"#, "shop");
    }

    #[test]
    fn an_empty_map_of_annotations_is_not_sent() {
        let set = |metadata: &str| {
            let mut body: Value = serde_json::from_str(&format!(r#"{{"metadata":{metadata}}}"#)).unwrap();
            set(&mut body, &Owner::named("shop")).unwrap();
            body.at(&["metadata", "annotations"]).map_or("none".into(), Value::canonical)
        };
        assert_eq!(set(r#"{"annotations":{}}"#), "none");
        assert_eq!(set(r#"{"annotations":{"a":"b"}}"#), r#"{"a":"b"}"#);
    }

    #[test]
    fn only_a_unit_can_own_what_is_written() {
        let mut body = Value::from_iter([("metadata", Value::Map(Map::new()))]);
        assert!(set(&mut body, &Owner::named("flux:a/b")).is_err());
        set(&mut body, &Owner::named("shop")).unwrap();
        assert_eq!(
            body.canonical(),
            r#"{"metadata":{"labels":{"windlass.dev/installation":"windlass","windlass.dev/unit":"shop"}}}"#
        );
    }
}
