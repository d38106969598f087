//! Fields that others hold when a write comes, and what becomes of them.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use script::writes::{GENTLE, GET, PATCH, apply, at, check, conflict, sent, told};
use script::{Script, context, live_map, status};
use windlass_core::{Conflict, Decision, Expect, FieldPath, Mode, Target, Write};
use windlass_kube::{ConflictRules, KubeOptions};

fn held_by(managers: &[(&str, &str)]) -> String {
    let causes: Vec<String> = managers
        .iter()
        .map(|(manager, field)| {
            format!(
                r#"{{"reason":"FieldManagerConflict","message":"conflict with \"{manager}\" using v1","field":"{field}"}}"#
            )
        })
        .collect();
    let details = format!(r#"{{"causes":[{}]}}"#, causes.join(","));
    status(409, "Conflict", "Apply failed with conflicts", &details)
}

fn planned(decision: Decision) -> Write {
    let Write::Apply { payload, mode, expect, owner, .. } = apply(Mode::Apply, Expect::Uid("u-x".into()))
    else {
        panic!("an apply")
    };
    let path = FieldPath::root().field("data").field("k");
    let conflicts = vec![Conflict { path, holder: "kubectl-edit".into(), decision }];
    Write::Apply { payload, mode, expect, owner, conflicts }
}

async fn check_contested(
    script: Script,
    rules: ConflictRules,
    write: Write,
    expected: &str,
    asked: &[String],
) {
    let script = script.on(GET, 200, &live_map("x", "0", 4));
    let target = script.target_with(KubeOptions::default().with_conflict_rules(rules));
    assert_eq!(told(&target.write(&context(), &write).await), expected);
    let log = script.log();
    let log = log.strip_prefix(&format!("GET /api\nGET /apis\n{GET} (metadata)\n")).unwrap_or(&log);
    assert_eq!(log, asked.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_field_that_somebody_took_since_the_plan_is_a_conflict() {
    let asked = [format!("{GENTLE} {}", sent(r#","uid":"u-x""#))];
    let nobody = apply(Mode::Apply, Expect::Uid("u-x".into()));
    for write in [nobody, planned(Decision::Yield)] {
        let script = Script::new().on(GENTLE, 409, &held_by(&[("kubectl-edit", ".data.k")]));
        let expected = "conflict: somebody else holds the field (field=data.k, holder=kubectl-edit, object=ConfigMap/a/x)";
        check_contested(script, ConflictRules::none(), write, expected, &asked).await;
    }
    // What the plan takes does not open the rest.
    let both = held_by(&[("kubectl-edit", ".data.k"), ("istio", ".data.other")]);
    let script = Script::new().on(GENTLE, 409, &both);
    let expected =
        "conflict: somebody else holds the field (field=data.other, holder=istio, object=ConfigMap/a/x)";
    let expected = expected.replace("data.other", r#"["data.other"]"#);
    check_contested(script, ConflictRules::none(), planned(Decision::Take), &expected, &asked).await;
}

#[tokio::test(start_paused = true)]
async fn a_field_that_the_plan_takes_is_taken() {
    let body = sent(r#","uid":"u-x""#);
    let script = Script::new().on(GENTLE, 409, &held_by(&[("kubectl-edit", ".data.k")])).on(
        PATCH,
        200,
        &live_map("x", "1", 5),
    );
    let asked = [format!("{GENTLE} {body}"), format!("{PATCH} {body}")];
    check_contested(script, ConflictRules::none(), planned(Decision::Take), "changed 5@u-x", &asked).await;
    // At the version of the plan nothing can have changed since.
    let Write::Apply { payload, mode, owner, conflicts, .. } = planned(Decision::Take) else {
        panic!("an apply")
    };
    let write = Write::Apply { payload, mode, expect: at("4@u-x"), owner, conflicts };
    let script = Script::new().on(PATCH, 200, &live_map("x", "1", 5));
    check(
        script,
        write,
        "changed 5@u-x",
        &[format!("{PATCH} {}", sent(r#","resourceVersion":"4","uid":"u-x""#))],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_field_that_somebody_took_and_that_is_left_to_him_is_not_sent() {
    let rules = ConflictRules::none().with("kubectl*", Decision::Yield);
    let script = Script::new().on(GENTLE, 409, &held_by(&[("kubectl-edit", ".data.k")])).on(
        GENTLE,
        200,
        &live_map("x", "0", 5),
    );
    let body = sent(r#","uid":"u-x""#);
    let asked = [format!("{GENTLE} {body}"), format!("{GENTLE} {}", body.replace(r#""k":"1""#, ""))];
    let write = apply(Mode::Apply, Expect::Uid("u-x".into()));
    check_contested(script, rules, write, "changed 5@u-x", &asked).await;
}

#[tokio::test(start_paused = true)]
async fn a_field_that_our_own_replace_holds_is_ours() {
    let script = Script::new().on(GENTLE, 409, &held_by(&[("windlass", ".data.k")])).on(
        PATCH,
        200,
        &live_map("x", "1", 5),
    );
    let body = sent(r#","uid":"u-x""#);
    let asked = [format!("{GENTLE} {body}"), format!("{PATCH} {body}")];
    let write = apply(Mode::Apply, Expect::Uid("u-x".into()));
    check_contested(script, ConflictRules::none(), write, "changed 5@u-x", &asked).await;
}

#[tokio::test(start_paused = true)]
async fn our_mark_is_set_also_where_its_holder_keeps_every_field() {
    let rules = ConflictRules::none().with("kubectl*", Decision::Yield);
    let causes = [("kubectl-edit", ".metadata.labels.windlass.dev/unit"), ("kubectl-edit", ".data.k")];
    let script = Script::new().on(GENTLE, 409, &held_by(&causes)).on(PATCH, 200, &live_map("x", "0", 5));
    let body = sent(r#","uid":"u-x""#);
    let asked = [format!("{GENTLE} {body}"), format!("{PATCH} {}", body.replace(r#""k":"1""#, ""))];
    let write = apply(Mode::Apply, Expect::Uid("u-x".into()));
    check_contested(script, rules, write, "changed 5@u-x", &asked).await;
}

#[tokio::test(start_paused = true)]
async fn our_mark_is_not_taken_where_the_plan_did_not_say_so() {
    let causes = [("other", ".metadata.labels.windlass.dev/unit")];
    let script = Script::new().on(GENTLE, 409, &held_by(&causes));
    let asked = [format!("{GENTLE} {}", sent(r#","uid":"u-x""#))];
    let expected = r#"conflict: somebody else holds the field (field=["metadata.labels.windlass.dev/unit"], holder=other, object=ConfigMap/a/x)"#;
    let write = apply(Mode::Apply, Expect::Uid("u-x".into()));
    check_contested(script, ConflictRules::none(), write, expected, &asked).await;
}

const SETTLE: &str = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass";

#[tokio::test(start_paused = true)]
async fn what_kubectl_applied_or_we_replaced_goes_where_it_is_not_wanted_any_more() {
    for manager in ["kubectl-client-side-apply", "windlass"] {
        let entry = format!(
            r#"{{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{{"f:data":{{"f:old":{{}}}}}},"manager":"{manager}","operation":"Update"}},"#
        );
        let both = live_map("x", "1", 5)
            .replace(r#""managedFields":["#, &format!(r#""managedFields":[{entry}"#))
            .replace(r#""k":"1""#, r#""k":"1","old":"2""#);
        let script = Script::new().on(GENTLE, 200, &both).on(GENTLE, 200, &live_map("x", "1", 7)).on(
            SETTLE,
            200,
            &live_map("x", "1", 6),
        );
        let fields = r#"{"apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"f:k":{},"f:old":{}},"f:metadata":{"f:labels":{"f:windlass.dev/installation":{},"f:windlass.dev/unit":{}}}},"manager":"windlass","operation":"Apply"}"#;
        let asked = [
            format!("{GENTLE} {}", sent(r#","resourceVersion":"4","uid":"u-x""#)),
            format!(
                r#"{SETTLE} [{{"op":"add","path":"/metadata/managedFields","value":[{fields}]}},{{"op":"replace","path":"/metadata/resourceVersion","value":"5"}}]"#
            ),
            format!("{GENTLE} {}", sent(r#","resourceVersion":"6","uid":"u-x""#)),
        ];
        check(script, apply(Mode::Apply, at("4@u-x")), "changed 7@u-x", &asked).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_our_own_says_that_something_was_written() {
    let theirs = live_map("x", "1", 5)
        .replace(
            r#""managedFields":["#,
            r#""managedFields":[{"apiVersion":"v1","fieldsV1":{"f:data":{"f:old":{}}},"manager":"windlass","operation":"Update"},"#,
        )
        .replace(r#""k":"1""#, r#""k":"1","old":"2""#);
    let denied = status(403, "Forbidden", "no", "{}");
    for (code, answer, kind) in [(409, conflict(), "conflict"), (403, denied, "denied")] {
        let script = Script::new().on(GENTLE, 200, &theirs).on(SETTLE, code, &answer);
        let written = script.target().write(&context(), &apply(Mode::Apply, at("4@u-x"))).await;
        assert!(told(&written).starts_with(&format!("{kind}, may have written")), "{}", told(&written));
    }
}
