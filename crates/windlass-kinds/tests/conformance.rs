//! Conformance with recorded answers of kstatus and Argo CD, where the data is at hand.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests, and the score is for reading"
)]

mod goldens;

use goldens::{Row, agree, score};
use windlass_core::{Health, HealthStatus, Timestamp, Value};
use windlass_kinds::{argo, defaults, kstatus};

#[test]
fn conformance_kstatus() {
    score("health/kstatus", 1.0, |row| {
        let now: Timestamp = row.text("clock").parse().map_err(|_| "the clock cannot be read")?;
        let computed = kstatus::compute(row.value("input"), now);
        expect("status", row.text("status"), computed.status.name())?;
        expect("recorded message", row.inner("recorded", "message"), &computed.message)?;
        expect("recorded status", row.inner("recorded", "status"), computed.status.name())?;
        let recorded = row.value("recorded").get("conditions").and_then(Value::as_list).unwrap_or_default();
        expect("number of conditions", recorded.len(), computed.conditions.len())?;
        for wanted in row.list("expected_conditions").iter().chain(recorded) {
            condition(wanted, &computed)?;
        }
        for absent in row.list("absent_condition_types") {
            let there = computed.conditions.iter().any(|have| Some(have.name) == absent.as_text());
            expect("absence of a condition", false, there)?;
        }
        Ok(())
    });
}

fn condition(wanted: &Value, computed: &kstatus::Computed) -> Result<(), String> {
    let text = |field: &str| wanted.text_at(&[field]).unwrap_or_default();
    let have = computed.conditions.iter().find(|have| have.name == text("type"));
    let have = have.ok_or_else(|| format!("no condition {}", text("type")))?;
    expect("condition status", text("status"), kstatus::Condition::STATUS)?;
    expect("condition reason", text("reason"), have.reason.as_str())?;
    match wanted.text_at(&["message"]) {
        Some(message) => expect("condition message", message, have.message.as_str()),
        None => Ok(()),
    }
}

/// The inputs of Argo CD's scripts come with what kstatus says of them.
#[test]
fn conformance_kstatus_of_custom_kinds() {
    agree("health/argo", |row| {
        let computed = kstatus::compute(row.value("input"), Timestamp::default());
        match row.value("kstatus").text_at(&["status"]) {
            Some(status) => {
                expect("status", status, computed.status.name())?;
                expect("message", row.inner("kstatus", "message"), &computed.message)
            }
            None => expect("status of an error", "Unknown", computed.status.name()),
        }
    });
}

#[test]
fn conformance_argo_built_in() {
    score("health/builtin", 1.0, |row| {
        let found = argo::built_in(row.value("input"));
        match (row.value("status").as_text(), found) {
            (None, None) => Ok(()),
            (None, Some(found)) => Err(format!("a rule where Argo CD has none: {found}")),
            (Some(status), found) => assessed(row, status, found),
        }
    });
}

#[test]
fn conformance_argo_scripts() {
    score("health/argo", 0.95, |row| {
        let found = argo::by_rule(row.value("input")).ok_or("no rule")?;
        expect("status", row.text("status"), found.status.name())?;
        expect("message", row.text("message"), found.message.as_str())
    });
}

#[test]
fn conformance_defaulting() {
    score("diff/defaulting", 0.75, |row| {
        let (input, output) = (row.value("input"), row.value("output"));
        let found = defaults::created_among(input, "defaulting", &surroundings(output));
        stored("", &found, output)
    });
}

/// What the recorded cluster held besides, which no row tells but by what came of it: a class of priority, and from some
/// row on a limit range.
fn surroundings(output: &Value) -> Vec<Value> {
    let class = r#"{"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "def-priorityclass"},
        "value": 10}"#;
    let range = r#"{"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "def-limitrange"},
        "spec": {"limits": [{"type": "Container", "default": {"cpu": "500m"}}]}}"#;
    let is_limited = output.at(&["metadata", "annotations", "kubernetes.io/limit-ranger"]).is_some();
    let held = std::iter::once(class).chain(is_limited.then_some(range));
    held.map(|text| serde_json::from_str(text).unwrap()).collect()
}

/// Compares with what a server stored. What it handed out itself is a placeholder there, such as `<uid>`, and may be missing.
fn stored(path: &str, found: &Value, wanted: &Value) -> Result<(), String> {
    match (found, wanted) {
        (Value::Map(found), Value::Map(wanted)) => {
            if let Some((name, _)) = found.iter().find(|(name, _)| !wanted.contains(name)) {
                return Err(format!("{path}.{name}: is not there"));
            }
            wanted.iter().filter(|(_, wanted)| !is_handed_out(wanted)).try_for_each(|(name, wanted)| {
                let found = found.get(name).ok_or_else(|| format!("{path}.{name}: missing"))?;
                stored(&format!("{path}.{name}"), found, wanted)
            })
        }
        (Value::List(found), Value::List(wanted)) if found.len() == wanted.len() => found
            .iter()
            .zip(wanted)
            .try_for_each(|(found, wanted)| stored(&format!("{path}[]"), found, wanted)),
        _ if found == wanted || is_handed_out(wanted) => Ok(()),
        _ => Err(format!("{path}: {} is not {}", found.canonical(), wanted.canonical())),
    }
}

fn is_handed_out(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.starts_with('<') && text.ends_with('>'),
        Value::List(items) => !items.is_empty() && items.iter().all(is_handed_out),
        Value::Map(map) => !map.is_empty() && map.iter().all(|(_, value)| is_handed_out(value)),
        _ => false,
    }
}

/// Answers of kube-apiserver 1.37.2 to dry runs (`kubectl create --dry-run=server`), for kinds and fields whose defaults are
/// those of 1.34. What differs is named: lists that are written as null and not stored, labels that a job takes over from its
/// template, and generations that 1.37 counts and 1.34 does not.
#[test]
fn a_recorded_object_is_filled_in_as_a_server_fills_it_in() {
    const DIFFER: [&str; 4] = [
        "Pod6: .spec.ephemeralContainers: is not there",
        "Job14: .metadata.labels.batch.kubernetes.io/job-name: missing",
        "HorizontalPodAutoscaler35: .metadata.generation: missing",
        "HorizontalPodAutoscaler36: .metadata.generation: missing",
    ];
    let mut wrong = Vec::new();
    for line in include_str!("recorded/defaults.jsonl").lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let found = defaults::created(row.get("input").unwrap(), "defaulting");
        if let Err(why) = stored("", &found, row.get("output").unwrap()) {
            wrong.push(format!("{}: {why}", row.text_at(&["id"]).unwrap()));
        }
    }
    assert_eq!(wrong, DIFFER);
}

#[test]
fn what_a_server_stored_for_another_object_is_missed() {
    let input = r#"{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"clusterIP": "None"}}"#;
    let found = defaults::created(&serde_json::from_str(input).unwrap(), "n");
    assert_eq!(stored("", &found, &found), Ok(()));
    for other in ["ExternalName", "NodePort"] {
        let other: Value = serde_json::from_str(&found.canonical().replace("ClusterIP", other)).unwrap();
        assert!(stored("", &found, &other).is_err());
    }
}

fn assessed(row: &Row, status: &str, found: Option<Health>) -> Result<(), String> {
    let found = found.ok_or("no rule")?;
    expect("status", status, argo_name(found.status))?;
    expect("message", row.text("message"), found.message.as_str())
}

fn argo_name(status: HealthStatus) -> &'static str {
    match status {
        HealthStatus::Healthy => "Healthy",
        HealthStatus::Suspended => "Suspended",
        HealthStatus::Progressing => "Progressing",
        HealthStatus::Degraded => "Degraded",
        _ => "Unknown",
    }
}

fn expect<T: PartialEq + std::fmt::Debug>(what: &str, wanted: T, found: T) -> Result<(), String> {
    if wanted == found { Ok(()) } else { Err(format!("{what}: wanted {wanted:?}, found {found:?}")) }
}
