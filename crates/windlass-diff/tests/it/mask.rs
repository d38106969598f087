//! Tables of masked changes: kind, before, after, and what a plan shows.

use windlass_diff::{Facts, Mask, compare};

use super::{schemas, yaml};

fn shown(mask: &Mask, kind: &str, before: &str, after: &str) -> String {
    let schemas = schemas();
    let (name, group) = kind.split_once('.').unwrap_or((kind, ""));
    let schema = schemas.get(group, "v1", name).unwrap();
    let (before, after) = (yaml::read(before), yaml::read(after));
    let given = |value| Some(value).filter(|value: &&windlass_core::Value| !value.is_null());
    let lines: Vec<String> = compare(schema, given(&before), given(&after), &Facts::new())
        .iter()
        .map(|change| change.masked(&mask.kind(group, name)).to_string())
        .collect();
    lines.join("\n")
}

fn check(kind: &str, before: &str, after: &str, expected: &str) {
    assert_eq!(shown(&Mask::default(), kind, before, after), expected);
}

#[test]
fn data_of_a_secret_is_masked() {
    check(
        "Secret",
        "data:\n  a: b25l\n  b: dHdv",
        "data:\n  a: b3RoZXI=\n  c: dGhyZWU=\nstringData:\n  x: y",
        "data.a: <secret> -> <secret, changed>\n- data.b: <secret>\n+ data.c: <secret>\n+ stringData: <secret>",
    );
}

#[test]
fn data_of_another_secret_or_of_a_config_map_is_not() {
    check("ConfigMap", "data:\n  a: x", "data:\n  a: y", r#"data.a: "x" -> "y""#);
    check("Secret.example.org", "data:\n  a: x", "data:\n  a: y", r#"data.a: "x" -> "y""#);
}

#[test]
fn a_whole_secret_shows_its_shape_and_nothing_else() {
    check(
        "Secret",
        "",
        "kind: Secret\nmetadata:\n  name: db\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: x\ndata:\n  a: b25l",
        r#"+ .: {"data":"<secret>","kind":"Secret","metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"<secret>"},"name":"db"}}"#,
    );
}

#[test]
fn the_last_applied_annotation_is_masked_on_every_kind() {
    check(
        "Deployment.apps",
        "metadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: a",
        "metadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: b",
        "metadata.annotations[\"kubectl.kubernetes.io/last-applied-configuration\"]: <secret> -> <secret, changed>",
    );
}

#[test]
fn fields_that_are_named_like_a_password_are_masked() {
    check(
        "Thing.x",
        "spec:\n  adminPassword: a\n  api_key: k\n  pin-token: 7\n  db.passwords: [\"a\", \"b\"]",
        "spec:\n  adminPassword: b\n  api_key: l\n  pin-token: 8\n  db.passwords: [\"a\", \"c\"]",
        "spec.adminPassword: <secret> -> <secret, changed>\nspec.api_key: <secret> -> <secret, changed>\nspec[\"db.passwords\"]: <secret> -> <secret, changed>\nspec.pin-token: <secret> -> <secret, changed>",
    );
}

#[test]
fn references_and_switches_that_only_sound_secret_stay_readable() {
    check(
        "Thing.x",
        "automountServiceAccountToken: true\npasswordSecretRef:\n  name: a\ntokenExpirationSeconds: 1",
        "automountServiceAccountToken: false\npasswordSecretRef:\n  name: b\ntokenExpirationSeconds: 2",
        "automountServiceAccountToken: true -> false\npasswordSecretRef.name: \"a\" -> \"b\"\ntokenExpirationSeconds: 1 -> 2",
    );
}

#[test]
fn variables_are_masked_by_their_name_with_and_without_a_schema() {
    let env = |password: &str, user: &str| {
        format!(
            "spec:\n  template:\n    spec:\n      containers: [{{\"name\": \"w\", \"env\": [{{\"name\": \"DB_SECRET\", \"value\": \"{password}\"}}, {{\"name\": \"USER\", \"value\": \"{user}\"}}]}}]"
        )
    };
    let path = "spec.template.spec.containers";
    check(
        "Deployment.apps",
        &env("hunter2", "u1"),
        &env("hunter3", "u2"),
        &format!(
            "{path}[name=w].env[name=DB_SECRET].value: <secret> -> <secret, changed>\n{path}[name=w].env[name=USER].value: \"u1\" -> \"u2\""
        ),
    );
    check(
        "Thing.x",
        &env("hunter2", "u1"),
        &env("hunter3", "u2"),
        &format!(
            "{path}[0].env[0].value: <secret> -> <secret, changed>\n{path}[0].env[1].value: \"u1\" -> \"u2\""
        ),
    );
}

#[test]
fn a_variable_inside_an_added_container_is_masked() {
    check(
        "Deployment.apps",
        "spec:\n  template:\n    spec:\n      containers: []",
        "spec:\n  template:\n    spec:\n      containers: [{\"name\": \"w\", \"env\": [{\"name\": \"API_TOKEN\", \"value\": \"hunter2\"}], \"args\": [\"--token=hunter2\", \"-v\"]}]",
        r#"+ spec.template.spec.containers[name=w]: {"args":["--token=<secret>","-v"],"env":[{"name":"API_TOKEN","value":"<secret>"}],"name":"w"}"#,
    );
}

#[test]
fn all_below_the_value_of_a_variable_is_masked() {
    let params = |list: &str, pass: &str, zone: &str| {
        format!(
            r#"spec: {{"{list}": [{{"name": "db-credentials", "value": {{"user": "u", "login": {{"pass": "{pass}"}}, "zones": ["{zone}"]}}}}]}}"#
        )
    };
    check(
        "Thing.x",
        &params("params", "hunter2", "a"),
        &params("params", "hunter3", "b"),
        "spec.params[0].value.login.pass: <secret> -> <secret, changed>\nspec.params[0].value.zones: <secret> -> <secret, changed>",
    );
    check(
        "Database.example.org",
        r#"spec: {"users": [{"login": "a", "name": "db-credentials", "value": {"zones": ["hunter2"]}}]}"#,
        r#"spec: {"users": [{"login": "a", "name": "db-credentials", "value": {"zones": ["hunter3"]}}]}"#,
        "spec.users[login=a].value.zones: <secret> -> <secret, changed>",
    );
}

#[test]
fn lines_under_a_name_in_a_configuration_file_are_masked() {
    check(
        "ConfigMap",
        r#"data: {"app.yaml": "user: a\npassword: |\n  hunter2\nport: 1\n"}"#,
        r#"data: {"app.yaml": "user: a\npassword: |\n  hunter3\nport: 1\n"}"#,
        r#"data["app.yaml"]: "user: a\npassword: <secret>\nport: 1\n…" -> "user: a\npassword: <secret, changed>\nport: 1\n…""#,
    );
}

#[test]
fn lines_of_a_configuration_file_are_masked_by_their_name() {
    check(
        "ConfigMap",
        r#"data: {"app.conf": "user=a\npassword=hunter2\nport=1\n"}"#,
        r#"data: {"app.conf": "user=a\npassword=swordfish\nport=2\n"}"#,
        r#"data["app.conf"]: "user=a\npassword=<secret>\nport=1\n" -> "user=a\npassword=<secret, changed>\nport=2\n""#,
    );
}

#[test]
fn private_keys_and_passwords_in_urls_are_masked_by_content() {
    check(
        "ConfigMap",
        r#"data: {"a": "-----BEGIN RSA PRIVATE KEY-----\nx", "b": "x", "c": "https://example.org"}"#,
        r#"data: {"a": "none", "b": "postgres://u:hunter2@db/x", "c": "https://user@example.org"}"#,
        "data.a: <secret> -> <secret, changed>\ndata.b: <secret> -> <secret, changed>\ndata.c: \"https://example.org\" -> \"https://user@example.org\"",
    );
}

#[test]
fn an_unchanged_secret_inside_a_change_is_not_marked_as_changed() {
    check(
        "Service",
        "spec:\n  externalIPs: [{\"password\": \"a\", \"n\": 1}, 7]",
        "spec:\n  externalIPs: [{\"password\": \"a\", \"n\": 2}, 7]",
        r#"spec.externalIPs: [{"n":1,"password":"<secret>"},7] -> [{"n":2,"password":"<secret>"},7]"#,
    );
}

#[test]
fn paths_show_no_secrets() {
    let mask = Mask::default().with_path("Database.example.org spec.zones".parse().unwrap());
    assert_eq!(
        shown(&mask, "Database.example.org", "spec:\n  zones: [\"a\"]", "spec:\n  zones: [\"b\"]"),
        "- spec.zones[=\"<secret>\"]: <secret>\n+ spec.zones[=\"<secret>\"]: <secret>"
    );
}

#[test]
fn items_and_keys_in_a_path_are_masked_as_values_are() {
    let mask = Mask::default().with_path("Database.example.org spec.users[*].login".parse().unwrap());
    let database = |before: &str, after: &str| shown(&mask, "Database.example.org", before, after);
    assert_eq!(
        database(r#"spec: {"zones": ["--token=hunter2"]}"#, r#"spec: {"zones": ["--token=hunter3"]}"#),
        "- spec.zones[=\"--token=<secret>\"]: \"--token=<secret>\"\n+ spec.zones[=\"--token=<secret>\"]: \"--token=<secret>\""
    );
    assert_eq!(
        database(
            r#"spec: {"users": [{"login": "hunter2", "n": 1}]}"#,
            r#"spec: {"users": [{"login": "hunter2", "n": 2}]}"#
        ),
        "spec.users[login=\"<secret>\"].n: 1 -> 2"
    );
    assert_eq!(
        database(
            r#"spec: {"users": [{"login": "hunter2"}, {"login": "hunter3"}]}"#,
            r#"spec: {"users": [{"login": "hunter3"}, {"login": "hunter2"}]}"#
        ),
        "spec.users: <secret> -> <secret, changed>"
    );
}

#[test]
fn more_paths_and_names_can_be_masked() {
    let mask = Mask::default()
        .with_path("Database.example.org spec.users[*].note".parse().unwrap())
        .with_name("Seed");
    assert_eq!(
        shown(
            &mask,
            "Database.example.org",
            "spec:\n  users: [{\"login\": \"a\", \"note\": {\"x\": [1]}}]\n  rngSeed: 1",
            "spec:\n  users: [{\"login\": \"a\", \"note\": {\"x\": [2]}}]\n  rngSeed: 2",
        ),
        "spec.rngSeed: <secret> -> <secret, changed>\nspec.users[login=a].note.x: <secret> -> <secret, changed>"
    );
}

#[test]
fn a_mask_of_nothing_shows_all() {
    assert_eq!(
        shown(&Mask::nothing(), "Secret", "data:\n  password: a", "data:\n  password: b"),
        r#"data.password: "a" -> "b""#
    );
}

#[test]
fn long_values_are_cut() {
    let line = shown(&Mask::default(), "ConfigMap", "", &format!("data:\n  a: {}", "x".repeat(5000)));
    assert!(line.chars().count() < 250, "{line}");
    assert!(line.contains("… ("), "{line}");
}
