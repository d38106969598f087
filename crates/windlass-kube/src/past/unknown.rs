//! Fields of which nobody knows any more who set them.
//!
//! Where `managedFields` were wiped, and where an object was made before the server kept any, all of it may be what Git had
//! before. What the server or a controller fills in is not.

use windlass_core::{Text, Value};

use super::fields::Fields;
use super::settle::all_of;

/// What the server or a controller fills in, and does not fill in again or not with the same value.
const FILLED_IN: [&str; 19] = [
    "imagePullSecrets",
    "metadata.finalizers",
    "metadata.ownerReferences",
    "secrets",
    "spec.caBundle",
    "spec.clusterIP",
    "spec.clusterIPs",
    "spec.conversion.webhook.clientConfig.caBundle",
    "spec.finalizers",
    "spec.healthCheckNodePort",
    "spec.ipFamilies",
    "spec.ipFamilyPolicy",
    "spec.nodeName",
    "spec.ports.nodePort",
    "spec.replicas",
    "spec.selector",
    "spec.storageClassName",
    "spec.volumeName",
    "webhooks.clientConfig.caBundle",
];

/// Kinds whose `spec.selector` people write, and may change.
const SELECTING: [&str; 2] = ["Service", "PodDisruptionBudget"];

/// Domains of labels and annotations that people set.
const PEOPLES: [&str; 2] = ["app.kubernetes.io", "kubectl.kubernetes.io"];

/// Gives what may be what we or a former manager set.
pub(super) fn claimed(body: &Value) -> Fields {
    all_of(body).without(&kept(body))
}

/// Gives what is left as it is.
pub(super) fn kept(body: &Value) -> Fields {
    let all = all_of(body);
    let selects = body.text_at(&["kind"]).is_some_and(|kind| SELECTING.contains(&kind));
    let filled = FILLED_IN.iter().filter(|path| !(selects && **path == "spec.selector"));
    let filled = filled.fold(Fields::default(), |kept, path| {
        let path: Vec<Text> = path.split('.').map(Text::from).collect();
        kept.union(&all.at(&path))
    });
    ["annotations", "labels"].iter().fold(filled, |kept, part| {
        let keys = body.at(&["metadata", part]).and_then(Value::as_map);
        let keys = keys.into_iter().flat_map(windlass_core::Map::iter).map(|(key, _)| key);
        keys.filter(|key| is_of_kubernetes(key)).fold(kept, |kept, key| {
            kept.union(&Fields::one(&["f:metadata", &format!("f:{part}"), &format!("f:{key}")]))
        })
    })
}

fn is_of_kubernetes(key: &str) -> bool {
    let Some((domain, _)) = key.split_once('/') else { return false };
    let within = |of: &str| domain == of || domain.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'));
    (within("kubernetes.io") || within("k8s.io")) && !PEOPLES.contains(&domain)
}
