//! How the server says that there is no room for an object beside others, and what objects hold.

use std::collections::BTreeSet;

use windlass_core::{Error, ErrorKind, ObjectId, Value};

/// Why a write is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A port or an address is allocated to another object.
    Allocated,
    /// A quota has no room; so many objects fewer, and it has.
    Quota(usize),
    /// Admission refused, which sees other objects, and says no more of it.
    Admission,
    /// It is nothing that another object is in the way of, or nobody can tell.
    Other,
}

/// How admission says that it was it: webhooks, and policies of the server.
const ADMISSION: [&str; 2] = ["admission webhook \"", "ValidatingAdmissionPolicy '"];

/// Reads why the server refuses a write.
pub(super) fn refusal(error: &Error) -> Refusal {
    let text = error.to_string();
    if text.contains("already allocated") {
        return Refusal::Allocated;
    }
    if !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Denied | ErrorKind::Conflict) {
        return Refusal::Other;
    }
    if let Some((_, quota)) = text.split_once("exceeded quota: ") {
        return room(quota).map_or(Refusal::Other, Refusal::Quota);
    }
    let denies = text.contains("denied the request") || text.contains("denied request");
    let admission = ADMISSION.iter().any(|words| text.contains(words));
    if denies && admission { Refusal::Admission } else { Refusal::Other }
}

/// Reads `NAME, requested: services=1, used: services=2, limited: services=2`: how many objects have to go. Quantities
/// that are no counts of objects say nothing of that.
fn room(quota: &str) -> Option<usize> {
    let part = |name: &str| {
        let (_, rest) = quota.split_once(&format!("{name}: "))?;
        let end = rest.find(", ").filter(|_| name != "limited").unwrap_or(rest.len());
        let (what, count) = rest[..end].split_once('=')?;
        let digits: String = count.chars().take_while(char::is_ascii_digit).collect();
        let ends = count[digits.len()..].chars().next().is_none_or(|next| matches!(next, ' ' | '(' | '\n'));
        Some((what, digits.parse::<usize>().ok().filter(|_| ends)?))
    };
    let ((what, requested), (used, in_use), (limited, limit)) =
        (part("requested")?, part("used")?, part("limited")?);
    let same = what == used && what == limited;
    let counts = what.starts_with("count/") || COUNTED.contains(&what);
    in_use.checked_add(requested)?.checked_sub(limit).filter(|count| same && counts && *count > 0)
}

/// What quotas count by objects, beside `count/…`.
const COUNTED: [&str; 5] =
    ["services", "services.nodeports", "services.loadbalancers", "pods", "replicationcontrollers"];

/// Says whether a text names an object, as a word of its own.
pub(super) fn named(text: &str, id: &ObjectId) -> bool {
    is_word(text, &id.name)
}

/// Says whether a word of a text is this one. Words are as long as the names of objects and addresses are.
pub(super) fn is_word(text: &str, wanted: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let is_v6 = wanted.contains(':') && text.contains(wanted);
    is_v6 || text.split(|c: char| !is_part(c)).any(|word| word.trim_end_matches('.') == wanted)
}

/// The ports and addresses that a Service asks for, or holds.
pub(super) fn fixed(body: &Value) -> BTreeSet<String> {
    let is_service =
        body.text_at(&["kind"]) == Some("Service") && body.text_at(&["apiVersion"]) == Some("v1");
    let Some(spec) = body.get("spec").filter(|_| is_service) else { return BTreeSet::new() };
    let list = |field: &str| spec.get(field).and_then(Value::as_list).unwrap_or_default();
    let ports = list("ports").iter().filter_map(|port| port.get("nodePort"));
    let ports = ports.chain(spec.get("healthCheckNodePort"));
    let ports =
        ports.filter_map(Value::as_int).filter(|port| *port > 0).map(|port| format!("node port {port}"));
    let addresses = list("clusterIPs").iter().chain(spec.get("clusterIP")).filter_map(Value::as_text);
    let addresses = addresses.filter(|address| !address.is_empty() && *address != "None");
    ports.chain(addresses.map(|address| format!("cluster address {address}"))).collect()
}

/// Takes out of a Service what `fixed` finds, so that the server chooses.
pub(super) fn release(body: &mut Value) {
    let Some(spec) = body.as_map_mut().and_then(|body| body.get_mut("spec")?.as_map_mut()) else { return };
    if spec.get("clusterIP").and_then(Value::as_text) != Some("None") {
        spec.remove("clusterIP");
        spec.remove("clusterIPs");
    }
    spec.remove("healthCheckNodePort");
    if let Some(Value::List(ports)) = spec.get_mut("ports") {
        for port in ports.iter_mut().filter_map(Value::as_map_mut) {
            port.remove("nodePort");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: ErrorKind, text: &str) -> Refusal {
        refusal(&Error::new(kind, text).with("object", "Service/a/b"))
    }

    #[test]
    fn why_a_write_is_refused_is_read_from_the_words_of_kubernetes_1_37() {
        let invalid = |text| read(ErrorKind::Invalid, text);
        let denied = |text| read(ErrorKind::Denied, text);
        let table = [
            (invalid("Invalid value: 30080: provided port is already allocated"), Refusal::Allocated),
            (invalid("failed to allocate IP 10.0.0.9: provided IP is already allocated"), Refusal::Allocated),
            (
                denied(
                    "services \"b\" is forbidden: exceeded quota: q, requested: count/services=1, used: count/services=3, limited: count/services=2",
                ),
                Refusal::Quota(2),
            ),
            (
                denied(
                    "pods \"b\" is forbidden: exceeded quota: q, requested: limits.memory=2, used: limits.memory=1, limited: limits.memory=2",
                ),
                Refusal::Other,
            ),
            (
                denied(
                    "ingresses.networking.k8s.io \"b\" is forbidden: ValidatingAdmissionPolicy 'one' with binding 'one' denied request: the host is taken",
                ),
                Refusal::Admission,
            ),
            (
                invalid(
                    "admission webhook \"validate.nginx.ingress.kubernetes.io\" denied the request: host \"a\" and path \"/\" is already defined in ingress shop/front",
                ),
                Refusal::Admission,
            ),
            (
                denied("services is forbidden: User \"ann\" cannot create resource \"services\""),
                Refusal::Other,
            ),
            (invalid("Invalid value: \"B\": a lowercase RFC 1123 label must consist of"), Refusal::Other),
            (
                read(ErrorKind::Unavailable, "admission webhook \"x\" denied the request: late"),
                Refusal::Other,
            ),
            (
                read(
                    ErrorKind::Unavailable,
                    "failed to allocate requested HealthCheck NodePort 31000: provided port is already allocated",
                ),
                Refusal::Allocated,
            ),
        ];
        for (at, (read, expected)) in table.iter().enumerate() {
            assert_eq!(read, expected, "row {at}");
        }
    }

    #[test]
    fn an_object_is_named_by_a_word_of_its_own() {
        let front = ObjectId::new("", "Service", "shop", "front");
        assert!(named("already defined in ingress shop/front", &front));
        assert!(named("held by \"front\".", &front) && named("see front.", &front));
        assert!(!named("already defined in ingress shop/front-2", &front));
    }

    #[test]
    fn a_service_holds_its_ports_and_addresses() {
        let service: Value = serde_json::from_str(
            r#"{"apiVersion":"v1","kind":"Service","spec":{"clusterIP":"10.0.0.9","clusterIPs":["10.0.0.9","fd00::1"],
                "healthCheckNodePort":31000,"ports":[{"port":80,"nodePort":30080},{"port":81},{"port":82,"nodePort":0}]}}"#,
        )
        .expect("it is JSON");
        let held: Vec<String> = fixed(&service).into_iter().collect();
        assert_eq!(
            held,
            ["cluster address 10.0.0.9", "cluster address fd00::1", "node port 30080", "node port 31000"]
        );
        let mut released = service.clone();
        release(&mut released);
        assert!(fixed(&released).is_empty(), "{released:?}");
        let headless = r#"{"apiVersion":"v1","kind":"Service","spec":{"clusterIP":"None"}}"#;
        assert!(fixed(&serde_json::from_str(headless).expect("it is JSON")).is_empty());
    }
}
