//! Tables of comparisons: before, after, and what is known; out come the fields with their causes.

use windlass_core::{Cause, FieldPath, Text, Value};
use windlass_diff::{Facts, compare};

use super::{schemas, yaml};

/// One line for each change: sign, path, cause where it is not `Wanted`, holder.
fn check_all(
    kind: &str,
    before: &str,
    after: &str,
    applied: &str,
    wanted: &str,
    held: &[(&str, &str)],
    expected: &str,
) {
    let schemas = schemas();
    let (name, group) = kind.split_once('.').unwrap_or((kind, ""));
    let schema = schemas.get(group, "v1", name).unwrap();
    let values = [before, after, applied, wanted].map(yaml::read);
    let given = |at: usize| Some(&values[at]).filter(|value| !value.is_null());
    let holders = |path: &FieldPath| {
        held.iter().find(|(at, _)| path.to_string() == *at).map(|(_, holder)| Text::from(*holder))
    };
    let mut facts = Facts::new().with_holders(&holders);
    facts.applied_before = given(2);
    facts.wanted = given(3);
    let lines: Vec<String> = compare(schema, given(0), given(1), &facts)
        .iter()
        .map(|change| {
            let sign = match (&change.before, &change.after) {
                (None, _) => "+ ",
                (_, None) => "- ",
                _ if change.order => "# ",
                _ => "",
            };
            let cause =
                if change.cause == Cause::Wanted { String::new() } else { format!(" {:?}", change.cause) };
            let holder = change.holder.as_ref().map(|holder| format!(" by {holder}")).unwrap_or_default();
            format!("{sign}{}{cause}{holder}", change.path)
        })
        .collect();
    assert_eq!(lines.join("\n"), expected);
}

fn check(kind: &str, before: &str, after: &str, expected: &str) {
    check_all(kind, before, after, "", "", &[], expected);
}

/// Nothing but live, applied and wanted: `after` is what is wanted.
fn check_cause(live: &str, applied: &str, wanted: &str, expected: &str) {
    check_all("Thing.x", live, wanted, applied, wanted, &[], expected);
}

#[test]
fn equal_values_have_no_changes() {
    check("ConfigMap", "data:\n  a: b", "data:\n  a: b", "");
    check("ConfigMap", "", "", "");
}

#[test]
fn fields_come_go_and_change() {
    check("ConfigMap", "data:\n  a: x\n  b: y", "data:\n  b: z\n  c: w", "- data.a\ndata.b\n+ data.c");
    check("ConfigMap", "data:\n  a: x", "{}", "- data");
    check("ConfigMap", "", "data:\n  a: x", "+ .");
}

#[test]
fn odd_field_names_are_quoted_in_paths() {
    check(
        "ConfigMap",
        "metadata:\n  annotations:\n    example.org/a: x",
        "metadata:\n  annotations:\n    example.org/a: y",
        "metadata.annotations[\"example.org/a\"]",
    );
}

#[test]
fn items_are_named_by_their_keys() {
    check(
        "Deployment.apps",
        "spec:\n  template:\n    spec:\n      containers:\n      - name: web\n        image: a\n      - name: old",
        "spec:\n  template:\n    spec:\n      containers:\n      - name: new\n      - name: web\n        image: b",
        "- spec.template.spec.containers[name=old]\n+ spec.template.spec.containers[name=new]\nspec.template.spec.containers[name=web].image",
    );
}

#[test]
fn defaults_of_keys_are_filled_in() {
    check(
        "Service",
        "spec:\n  ports:\n  - port: 80\n    protocol: TCP\n    nodePort: 1",
        "spec:\n  ports:\n  - port: 80\n    nodePort: 2",
        "spec.ports[port=80,protocol=TCP].nodePort\n- spec.ports[port=80,protocol=TCP].protocol",
    );
}

#[test]
fn the_order_of_items_is_a_change_of_its_own() {
    let containers = |names: [&str; 2]| {
        format!(
            "spec:\n  template:\n    spec:\n      initContainers: [{{\"name\": \"{}\"}}, {{\"name\": \"{}\"}}]",
            names[0], names[1]
        )
    };
    check(
        "Deployment.apps",
        &containers(["a", "b"]),
        &containers(["b", "a"]),
        "# spec.template.spec.initContainers",
    );
}

#[test]
fn the_order_of_a_set_is_a_spelling() {
    check(
        "ConfigMap",
        "metadata:\n  finalizers: [\"a\", \"b\", \"c\"]",
        "metadata:\n  finalizers: [\"c\", \"b\"]",
        "- metadata.finalizers[=a]\n# metadata.finalizers Spelling",
    );
}

#[test]
fn an_atomic_list_is_one_change() {
    check(
        "Service",
        "spec:\n  externalIPs: [\"1\", \"2\"]",
        "spec:\n  externalIPs: [\"1\", \"3\"]",
        "spec.externalIPs",
    );
}

#[test]
fn maps_of_an_unknown_list_are_compared_by_place() {
    check("Thing.x", "rules: [{\"h\": 1}, {\"h\": 2}]", "rules: [{\"h\": 1}, {\"h\": 3}]", "rules[1].h");
    check("Thing.x", "rules: [{\"h\": 1}]", "rules: [{\"h\": 1}, {\"h\": 3}]", "rules");
}

#[test]
fn atomic_maps_are_compared_field_by_field() {
    check(
        "Deployment.apps",
        "spec:\n  selector:\n    matchLabels:\n      a: x",
        "spec:\n  selector:\n    matchLabels:\n      a: y",
        "spec.selector.matchLabels.a",
    );
}

#[test]
fn repeated_keys_pair_up_in_their_order() {
    let ports = |last: &str| {
        format!(
            "spec:\n  ports: [{{\"port\": 1, \"x\": 1}}, {{\"port\": 1, \"x\": 2}}, {{\"port\": 1, \"x\": {last}}}]"
        )
    };
    check("Service", &ports("3"), &ports("4"), "spec.ports[port=1,protocol=TCP].x");
}

#[test]
fn whole_numbers_are_a_spelling_everywhere() {
    check("Thing.x", "a: 1", "a: 1.0", "a Spelling");
    check("Thing.x", "a: 1", "a: 2.0", "a");
    check("Thing.x", "a: 1", "a: \"1\"", "a");
    check("Thing.x", "a: null", "{}", "- a Spelling");
}

#[test]
fn quantities_are_a_spelling_only_where_the_schema_says_so() {
    let cpu = |value: &str| {
        format!(
            "spec:\n  template:\n    spec:\n      containers: [{{\"name\": \"w\", \"resources\": {{\"limits\": {{\"cpu\": {value}}}}}}}]"
        )
    };
    let path = "spec.template.spec.containers[name=w].resources.limits.cpu";
    check("Deployment.apps", &cpu("\"500m\""), &cpu("\"0.5\""), &format!("{path} Spelling"));
    check("Deployment.apps", &cpu("1"), &cpu("\"1000m\""), &format!("{path} Spelling"));
    check("Deployment.apps", &cpu("0.5"), &cpu("\"500m\""), &format!("{path} Spelling"));
    check("Deployment.apps", &cpu("\"500m\""), &cpu("\"0.6\""), path);
    check("Database.example.org", "spec:\n  size: 1000M", "spec:\n  size: 1G", "spec.size Spelling");
    check("Database.example.org", "spec:\n  timeout: 60s", "spec:\n  timeout: 1m0s", "spec.timeout Spelling");
    check("ConfigMap", "data:\n  a: 1000M", "data:\n  a: 1G", "data.a");
}

#[test]
fn a_number_and_a_text_are_two_values_where_either_is_allowed() {
    check(
        "Service",
        "spec:\n  ports: [{\"port\": 1, \"targetPort\": 80}]",
        "spec:\n  ports: [{\"port\": 1, \"targetPort\": \"80\"}]",
        "spec.ports[port=1,protocol=TCP].targetPort",
    );
}

#[test]
fn a_change_of_what_is_wanted_is_wanted() {
    check_cause("a: 1", "a: 1", "a: 2", "a");
    check_cause("{}", "{}", "a: 2", "+ a");
    check_cause("a: 1", "a: 1", "{}", "- a");
    check_cause("a: 9", "a: 1", "a: 2", "a");
}

#[test]
fn what_moved_away_from_the_same_wish_has_drifted() {
    check_cause("a: 9", "a: 2", "a: 2", "a Drifted");
    check_cause("{}", "a: 2", "a: 2", "+ a Drifted");
    check_cause("m:\n  l: x", "m:\n  l: x\n  k: y", "m:\n  l: x\n  k: y", "+ m.k Drifted");
    check_cause("a: 1", "a: null", "a: null", "a Drifted");
}

#[test]
fn a_wish_in_another_spelling_has_not_changed() {
    check_all(
        "Database.example.org",
        "spec:\n  size: 5G",
        "spec:\n  size: 1G",
        "spec:\n  size: 1000M",
        "spec:\n  size: 1G",
        &[],
        "spec.size Drifted",
    );
}

#[test]
fn what_the_target_fills_in_is_defaulted() {
    check_all("Thing.x", "a: 1", "a: 2\nb: 3", "a: 1", "a: 2", &[], "a\n+ b Defaulted");
}

#[test]
fn a_wanted_map_with_defaults_in_it_is_wanted() {
    check_all("Thing.x", "a: 1", "a: 1\nm: {\"x\": 1, \"y\": 2}", "a: 1", "a: 1\nm: {\"x\": 1}", &[], "+ m");
}

#[test]
fn what_the_target_makes_of_a_wish_is_not_wanted() {
    check_all("Thing.x", "a: 1", "a: 7", "a: 2", "a: 2", &[], "a Defaulted");
    check_all("Thing.x", "a: 1", "a: 7", "a: 2", "a: 2", &[("a", "webhook")], "a Foreign by webhook");
}

#[test]
fn what_somebody_holds_is_theirs() {
    check_all("Thing.x", "{}", "b: 3", "{}", "{}", &[("b", "hpa")], "+ b Foreign by hpa");
    check_all(
        "Thing.x",
        "a: 9",
        "a: 2",
        "a: 2",
        "a: 2",
        &[("a", "kubectl-edit")],
        "a Drifted by kubectl-edit",
    );
}

#[test]
fn causes_are_found_through_the_keys_of_lists() {
    let list = |items: &str| format!("spec:\n  users: [{items}]");
    check_all(
        "Database.example.org",
        &list(r#"{"login": "x"}, {"login": "a", "r": 9}, {"login": "gone"}"#),
        &list(r#"{"login": "new"}, {"login": "a", "r": 1}, {"login": "x"}"#),
        &list(r#"{"login": "a", "r": 1}, {"login": "gone"}"#),
        &list(r#"{"login": "new"}, {"login": "a", "r": 1}"#),
        &[],
        "- spec.users[login=gone]\n+ spec.users[login=new]\nspec.users[login=a].r Drifted\n# spec.users",
    );
}

#[test]
fn values_never_show_in_debug() {
    let (before, after) = (Value::from("hunter2"), Value::from("swordfish"));
    let changes = compare(windlass_diff::SchemaRef::any(), Some(&before), Some(&after), &Facts::new());
    let debug = format!("{changes:?}");
    assert!(!debug.contains("hunter2") && !debug.contains("swordfish"), "{debug}");
}
