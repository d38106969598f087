//! Rules of the server that refuse objects of other kinds, and how it names them.

use windlass_core::{ObjectId, Value};

/// Says whether an object is a rule that others have to follow.
pub(super) fn is_rule(id: &ObjectId) -> bool {
    Rule::of(id).is_some()
}

/// Says whether a refusal of a wanted object names this rule.
pub(super) fn refuses(id: &ObjectId, body: Option<&Value>, text: &str, wanted: &ObjectId) -> bool {
    let says = |words: String| text.contains(&words);
    let near = id.namespace == wanted.namespace;
    match Rule::of(id) {
        // One that is dead, and one that says no.
        Some(Rule::Webhooks) => webhooks(body).any(|name| says(format!("webhook \"{name}\""))),
        Some(Rule::Policy) => says(format!("ValidatingAdmissionPolicy '{}' ", id.name)),
        Some(Rule::Binding) => says(format!(" with binding '{}' ", id.name)),
        Some(Rule::Quota) => {
            near && ["exceeded", "failed"].iter().any(|how| {
                let (name, how) = (&id.name, format!("{how} quota: "));
                says(format!("{how}{name}:")) || says(format!("{how}{name},"))
            })
        }
        // The server does not say which one it is.
        Some(Rule::Limits) => near && LIMITS.iter().any(|words| text.contains(words)),
        None => false,
    }
}

#[derive(Debug, Clone, Copy)]
enum Rule {
    Webhooks,
    Policy,
    Binding,
    Quota,
    Limits,
}

impl Rule {
    fn of(id: &ObjectId) -> Option<Self> {
        match (id.group.as_str(), id.kind.as_str()) {
            (
                "admissionregistration.k8s.io",
                "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
            ) => Some(Self::Webhooks),
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => Some(Self::Policy),
            ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => Some(Self::Binding),
            ("", "ResourceQuota") => Some(Self::Quota),
            ("", "LimitRange") => Some(Self::Limits),
            _ => None,
        }
    }
}

/// How a limit range refuses: `maximum cpu usage per Container is 1, but limit is 2`.
const LIMITS: [&str; 4] = [
    " usage per Container is ",
    " usage per Pod is ",
    " usage per PersistentVolumeClaim is ",
    " limit to request ratio per ",
];

fn webhooks(body: Option<&Value>) -> impl Iterator<Item = &str> {
    let webhooks = body.and_then(|body| body.get("webhooks")).and_then(Value::as_list);
    webhooks.unwrap_or_default().iter().filter_map(|webhook| webhook.text_at(&["name"]))
}

#[cfg(test)]
mod tests {
    use windlass_core::Object;

    use super::*;

    fn rule(text: &str) -> Object {
        Object::new(serde_json::from_str(text).expect("it is JSON")).expect("an object")
    }

    #[test]
    fn a_rule_is_known_by_the_words_of_kubernetes_1_37() {
        let webhook = rule(
            r#"{"apiVersion":"admissionregistration.k8s.io/v1","kind":"MutatingWebhookConfiguration","metadata":{"name":"w"},
                "webhooks":[{"name":"a.acme.example"},{"name":"b.acme.example"}]}"#,
        );
        let named = |kind: &str, group: &str, name: &str| {
            rule(&format!(
                r#"{{"apiVersion":"{group}v1","kind":"{kind}","metadata":{{"name":"{name}","namespace":"shop"}}}}"#
            ))
        };
        let policy = named("ValidatingAdmissionPolicy", "admissionregistration.k8s.io/", "p");
        let binding = named("ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io/", "b");
        let (quota, limits) = (named("ResourceQuota", "", "q"), named("LimitRange", "", "l"));
        let dead = "Internal error occurred: failed calling webhook \"b.acme.example\": failed to call webhook: Post";
        let denied = "admission webhook \"a.acme.example\" denied the request: no";
        let by_policy = "forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no";
        let full =
            "pods \"x\" is forbidden: exceeded quota: q, requested: cpu=2, used: cpu=0, limited: cpu=1";
        let unsaid = "pods \"x\" is forbidden: failed quota: q: must specify limits.cpu for: c";
        let large = "pods \"x\" is forbidden: maximum cpu usage per Container is 1, but limit is 2";
        let rules = [webhook, policy, binding, quota, limits];
        let table: [(&str, &[&str]); 7] = [
            (dead, &["w"]),
            (denied, &["w"]),
            (by_policy, &["p", "b"]),
            (full, &["q"]),
            (unsaid, &["q"]),
            (large, &["l"]),
            ("Invalid value: \"p\": field is immutable", &[]),
        ];
        let wanted = ObjectId::new("", "Pod", "shop", "x");
        for (text, expected) in table {
            let found: Vec<&str> = rules
                .iter()
                .filter(|rule| refuses(rule.id(), Some(rule.body()), text, &wanted))
                .map(|rule| rule.id().name.as_str())
                .collect();
            assert_eq!(found, expected, "{text}");
        }
        let elsewhere = ObjectId::new("", "Pod", "bank", "x");
        let near = rules.iter().any(|rule| refuses(rule.id(), Some(rule.body()), full, &elsewhere));
        assert!(!near, "a quota is for its namespace");
    }
}
