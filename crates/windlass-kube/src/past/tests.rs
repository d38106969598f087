//! Tables: managed fields in, managed fields out.

#![allow(clippy::unwrap_used)]

use windlass_core::{Decision, Text, Value};

use super::*;
use crate::conflict::ConflictRules;

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// `manager operation version[/subresource] fields`, where fields are names in `data` with commas, or JSON.
fn entry(line: &str) -> Value {
    let mut words = line.trim().splitn(4, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (manager, operation, version, fields) = (word(), word(), word(), word());
    let (version, subresource) = version.split_once('#').unwrap_or((version, ""));
    let fields = if fields.starts_with('{') {
        read(fields)
    } else {
        let names = fields.split(',').filter(|name| !name.is_empty());
        let names: Value = names.map(|name| (format!("f:{name}"), read("{}"))).collect();
        [("f:data", names)].into_iter().collect()
    };
    let mut entry = read(r#"{"fieldsType":"FieldsV1"}"#);
    let map = entry.as_map_mut().unwrap();
    for (key, value) in [
        ("manager", manager),
        ("operation", operation),
        ("apiVersion", version),
        ("subresource", subresource),
    ] {
        if !value.is_empty() && value != "-" {
            map.insert(key, value);
        }
    }
    map.insert("fieldsV1", fields);
    entry
}

fn told(entry: &Value) -> String {
    let text = |key| entry.text_at(&[key]).unwrap_or("-").to_owned();
    let subresource = entry.text_at(&["subresource"]).map(|name| format!("#{name}")).unwrap_or_default();
    let fields = entry.get("fieldsV1").unwrap();
    let names = fields
        .as_map()
        .filter(|map| map.len() == 1)
        .and_then(|map| map.get("f:data"))
        .and_then(Value::as_map);
    let fields = match names.filter(|names| names.iter().all(|(_, below)| below.canonical() == "{}")) {
        Some(names) => names
            .iter()
            .map(|(name, _)| name.trim_start_matches("f:").to_owned())
            .collect::<Vec<_>>()
            .join(","),
        None => fields.canonical(),
    };
    format!("{} {} {}{subresource} {fields}", text("manager"), text("operation"), text("apiVersion"))
}

fn body(lines: &str, data: &str) -> Value {
    let entries: Vec<Value> = lines.lines().filter(|line| !line.trim().is_empty()).map(entry).collect();
    let mut body = read(&format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"x"}},"data":{{{data}}}}}"#
    ));
    body.as_map_mut()
        .unwrap()
        .get_mut("metadata")
        .unwrap()
        .as_map_mut()
        .unwrap()
        .insert("managedFields", entries);
    body
}

const DATA: &str = r#""a":"1","b":"1","c":"1","d":"1""#;

fn settled(lines: &str, rules: &ConflictRules, claims: &Claims) -> Settlement {
    let formers = [Text::from("old")];
    let managers = Managers { manager: "windlass", formers: &formers, rules };
    let is_served = |version: &str| version != "gone";
    Settling { managers, api_version: "v1", is_served: &is_served }.settle(&body(lines, DATA), claims)
}

fn check(before: &str, after: &str) {
    let settlement = settled(before, &ConflictRules::default(), &Claims::default());
    let lines: Vec<String> = settlement.entries.iter().map(told).collect();
    let expected: Vec<&str> = after.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, expected, "{before}");
    assert_eq!(settlement.is_needed, before.split_whitespace().ne(after.split_whitespace()), "{before}");
}

#[test]
fn what_tools_wrote_becomes_what_we_applied() {
    for former in [
        "kubectl-client-side-apply Update",
        "kubectl-create Update",
        "kubectl-edit Update",
        "kubectl-replace Update",
        "kubectl-patch Update",
        "kubectl Apply",
        "kustomize-controller Apply",
        "helm Update",
        "helm Apply",
        "argocd-controller Apply",
        "argocd-controller Update",
        "before-first-apply Update",
        "old Apply",
    ] {
        check(&format!("{former} v1 a,b"), "windlass Apply v1 a,b");
        check(&format!("istiod Update v1 c\n{former} v1 a"), "windlass Apply v1 a\nistiod Update v1 c");
    }
}

#[test]
fn what_we_replaced_and_what_kubectl_applied_becomes_what_we_applied() {
    check(
        "kubectl-client-side-apply Update v1 a,b\nkubectl-annotate Update v1 e\nwindlass Apply v1 a,c\nwindlass Update v1 d",
        "windlass Apply v1 a,b,c,d\nkubectl-annotate Update v1 e",
    );
}

#[test]
fn what_a_person_edits_later_is_taken_but_for_labels_and_annotations_that_were_never_ours() {
    check("windlass Apply v1 a,b\nkubectl-edit Update v1 b,c", "windlass Apply v1 a,b,c");
    let labels = |names: &str| format!(r#"{{"f:metadata":{{"f:labels":{{{names}}}}}}}"#);
    let (both, ours, theirs) = (labels(r#""f:a":{},"f:b":{}"#), labels(r#""f:a":{}"#), labels(r#""f:b":{}"#));
    check(
        &format!("windlass Apply v1 {ours}\nkubectl-patch Update v1 {both}"),
        &format!("windlass Apply v1 {ours}\nkubectl-patch Update v1 {theirs}"),
    );
}

#[test]
fn who_applies_to_an_object_of_ours_holds_a_part_of_it() {
    let both = "windlass Apply v1 a,b\nkubectl Apply v1 b";
    check(both, both);
}

#[test]
fn without_a_past_nothing_is_to_be_settled() {
    let plain = "windlass Apply v1 a\nistiod Update v1 b\nwindlass Update v1#status {\"f:status\":{}}";
    check(plain, plain);
}

#[test]
fn entries_of_versions_that_are_gone_and_of_none_speak_of_the_wanted_one() {
    check("windlass Apply gone a\nistiod Update gone b", "windlass Apply v1 a\nistiod Update v1 b");
    check("windlass Apply - a\nistiod Update - b", "windlass Apply v1 a\nistiod Update v1 b");
    check("kubectl-create Update gone a", "windlass Apply v1 a");
    check("windlass Apply v1beta1 a", "windlass Apply v1beta1 a");
    check("kubectl-create Update v1beta1 a", "windlass Apply v1beta1 a");
    let moves = Claims { moves: true, ..Claims::default() };
    let settlement = settled("windlass Apply v1beta1 a", &ConflictRules::default(), &moves);
    assert_eq!(told(&settlement.entries[0]), "windlass Apply v1 a");
}

#[test]
fn where_managed_fields_were_wiped_all_is_ours() {
    check("", "windlass Apply v1 a,b,c,d");
}

#[test]
fn where_our_entry_is_gone_from_an_object_with_our_label_what_nobody_holds_is_ours() {
    let rules = ConflictRules::default();
    let managers = Managers { manager: "windlass", formers: &[], rules: &rules };
    let settle = |labels: &str, lines: &str| {
        let mut body = body(lines, DATA);
        let metadata = body.as_map_mut().unwrap().get_mut("metadata").unwrap();
        metadata.as_map_mut().unwrap().insert("labels", read(labels));
        let settling = Settling { managers, api_version: "v1", is_served: &|_| true };
        let settlement = settling.settle(&body, &Claims::default());
        let data = settlement.ours().at(&["data".into()]).write().canonical();
        (has_past(managers, &body), data)
    };
    let ours = r#"{"windlass.dev/unit":"shop"}"#;
    let rest = r#"{"f:data":{"f:a":{},"f:b":{},"f:d":{}}}"#;
    assert_eq!(settle(ours, "istiod Update v1 c"), (true, rest.to_owned()));
    assert_eq!(settle(r#"{"app":"x"}"#, "istiod Update v1 c"), (false, "{}".to_owned()), "it never was ours");
    assert_eq!(settle(ours, "windlass Apply v1 a").1, r#"{"f:data":{"f:a":{}}}"#);
    assert_eq!(settle(ours, "istiod Update v1 c\nkubectl-edit Update v1 a").1, rest, "whoever wrote since");
    assert_eq!(
        settle(r#"{"app":"x"}"#, "istiod Update v1 c\nkubectl-edit Update v1 a").1,
        r#"{"f:data":{"f:a":{}}}"#
    );
}

#[test]
fn a_rule_that_leaves_fields_to_a_former_manager_holds() {
    let rules = ConflictRules::none().with("kubectl*", Decision::Yield);
    let settlement = settled("kubectl-client-side-apply Update v1 a", &rules, &Claims::default());
    assert!(!settlement.is_needed);
}

fn set(names: &str) -> Fields {
    fields_of(&entry(&format!("- - - {names}")))
}

#[test]
fn what_goes_is_what_is_ours_and_neither_wanted_nor_held_by_others() {
    let lines = "kubectl-create Update v1 a,b,c\nistiod Update v1 c\nwindlass Apply v1 a,d";
    let settlement = settled(lines, &ConflictRules::default(), &Claims::default());
    let (wanted, live) = (set("a"), body("", DATA));
    assert_eq!(settlement.leaving(&wanted).write().canonical(), r#"{"f:data":{"f:b":{},"f:d":{}}}"#);
    let conflicts = settlement.conflicts(&wanted, &live, &live);
    let told = conflicts.iter().map(|one| format!("{} {} {}", one.path, one.holder, one.decision.name()));
    assert_eq!(told.collect::<Vec<_>>(), ["data.b kubectl-create take"]);
    let settlement =
        settled("istiod Update v1 c\nwindlass Apply v1 a,c", &ConflictRules::default(), &Claims::default());
    let conflicts = settlement.conflicts(&wanted, &live, &live);
    let told = conflicts.iter().map(|one| format!("{} {} {}", one.path, one.holder, one.decision.name()));
    assert_eq!(told.collect::<Vec<_>>(), ["data.c istiod yield"], "it stays, and the holder is named");
}

#[test]
fn what_goes_is_named_by_what_was_there_and_what_stays_by_what_is_there_after() {
    let lines = "windlass Apply v1 a,b\nkubectl-edit Update v1 c\nistiod Update v1 b";
    let settlement = settled(lines, &ConflictRules::default(), &Claims::default());
    let after = body("", r#""a":"1","b":"1""#);
    let conflicts = settlement.conflicts(&set("a"), &body("", DATA), &after);
    let told = conflicts.iter().map(|one| format!("{} {} {}", one.path, one.holder, one.decision.name()));
    assert_eq!(told.collect::<Vec<_>>(), ["data.c kubectl-edit take", "data.b istiod yield"]);
}

#[test]
fn what_others_hold_and_is_wanted_otherwise_is_contested() {
    let rules = ConflictRules::default().with("keeper", Decision::Yield);
    let lines = "istiod Update v1 a,b\nkeeper Apply v1 c\nhelm Update v1 d\nlabeller Update v1 {\"f:metadata\":{\"f:labels\":{}}}";
    let settlement = settled(lines, &rules, &Claims::default());
    let mut wanted = body("", r#""a":"2","b":"1","c":"2","d":"2""#);
    let metadata = wanted.as_map_mut().unwrap().get_mut("metadata").unwrap().as_map_mut().unwrap();
    metadata.remove("managedFields");
    metadata.insert("labels", read(r#"{"x":"1"}"#));
    let contested = settlement.contested(&wanted, &body("", DATA), &rules);
    let told = contested.iter().map(|one| format!("{} {} {}", one.path, one.holder, one.decision.name()));
    let told: Vec<_> = told.collect();
    assert_eq!(told, ["data.a istiod take", "data.c keeper yield", "metadata.labels labeller take"]);
}

#[test]
fn what_is_claimed_is_taken_from_whoever_holds_it_and_what_is_left_is_nobodys() {
    let claims = Claims { drop: set("c,d"), leave: set("a"), moves: false };
    let settlement =
        settled("windlass Apply v1 a,b\nistiod Update v1 c,e", &ConflictRules::default(), &claims);
    let lines: Vec<String> = settlement.entries.iter().map(told).collect();
    assert_eq!(lines, ["windlass Apply v1 b,c,d", "istiod Update v1 e"]);
}

#[test]
fn what_hangs_below_an_item_that_goes_goes_with_it_unless_the_item_is_theirs_too() {
    let item =
        |name: &str, fields: &str| format!(r#"{{"f:l":{{"k:{{\"name\":\"{name}\"}}":{{{fields}}}}}}}"#);
    let ours = item("x", r#"".":{},"f:name":{}"#);
    let hanging = |theirs: &str| {
        let lines = format!("windlass Apply v1 {ours}\nimages Update v1 {theirs}");
        let settlement = settled(&lines, &ConflictRules::default(), &Claims::default());
        settlement.hanging(&Fields::default()).write().canonical()
    };
    let image = item("x", r#""f:image":{}"#);
    assert_eq!(hanging(&image), image);
    assert_eq!(hanging(&item("x", r#"".":{},"f:image":{}"#)), "{}");
    assert_eq!(hanging(&item("y", r#""f:image":{}"#)), "{}");
}

#[test]
fn what_the_server_fills_in_stays_where_managed_fields_were_wiped() {
    let service = read(
        r#"{"apiVersion":"v1","kind":"Service","metadata":{"name":"x","finalizers":["a/b"],"labels":{"app":"x","kubernetes.io/metadata.name":"x","app.kubernetes.io/name":"x"}},
        "spec":{"clusterIP":"10.0.0.1","type":"NodePort","ports":[{"port":80,"protocol":"TCP","nodePort":30000}]},"status":{}}"#,
    );
    assert_eq!(
        unknown::claimed(&service).write().canonical(),
        r#"{"f:metadata":{"f:labels":{"f:app":{},"f:app.kubernetes.io/name":{}}},"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{},"f:protocol":{}}},"f:type":{}}}"#
    );
}

#[test]
fn only_a_controller_that_fills_in_selectors_keeps_them_where_managed_fields_were_wiped() {
    let claimed = |kind: &str| {
        let body =
            format!(r#"{{"kind":"{kind}","metadata":{{"name":"x"}},"spec":{{"selector":{{"app":"x"}}}}}}"#);
        !unknown::claimed(&read(&body)).is_empty()
    };
    assert!(claimed("Service") && claimed("PodDisruptionBudget"));
    assert!(!claimed("Job") && !claimed("Deployment"));
}

#[test]
fn an_object_without_a_past_is_told_from_one_with_it() {
    let rules = ConflictRules::default();
    let managers = Managers { manager: "windlass", formers: &[], rules: &rules };
    let past = |lines: &str| has_past(managers, &body(lines, DATA));
    assert!(!past("windlass Apply v1 a\nistiod Update v1 b\nkubelet Update v2#status b"));
    for lines in ["", "windlass Apply v2 a", "windlass Update v1 a", "helm Update v1 a", "istiod Update v2 a"]
    {
        assert!(past(lines), "{lines}");
    }
}
