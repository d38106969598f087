//! What is deleted, and deleted to be made anew.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use script::writes::{DELETE, GET, PATCH, apply, at, check, delete, sent, told};
use script::{Script, absent, context, live_map, mark, object, status, widgets};
use windlass_core::{Cascade, ErrorKind, Expect, Mode, Target, Write};

#[tokio::test(start_paused = true)]
async fn a_recreate_deletes_waits_and_creates() {
    let dry_run = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=true&dryRun=All";
    let immutable =
        status(422, "Invalid", "x", r#"{"causes":[{"message":"field is immutable","field":"data"}]}"#);
    let script = Script::new()
        .on(GET, 200, &live_map("x", "0", 4))
        .on(GET, 200, &live_map("x", "0", 4))
        .on(GET, 404, &absent("configmaps", "x"))
        .on(dry_run, 422, &immutable)
        .on(
            DELETE,
            200,
            &live_map("x", "0", 4)
                .replace("\"name\"", "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\",\"name\""),
        )
        .on(PATCH, 201, &live_map("x", "1", 9));
    let asked = [
        GET.to_owned(),
        format!("{dry_run} {}", sent("")),
        format!(r#"{DELETE} {{"preconditions":{{"uid":"u-x"}},"propagationPolicy":"Foreground"}}"#),
        format!("{GET} (metadata)"),
        format!("{GET} (metadata)"),
        format!("{PATCH} {}", sent(r#","resourceVersion":"1""#)),
    ];
    check(script, apply(Mode::Recreate, at("4@u-x")), "created 9@u-x", &asked).await;
}

#[tokio::test(start_paused = true)]
async fn a_recreate_of_what_is_as_wanted_changes_nothing() {
    let dry_run = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=true&dryRun=All";
    let script = Script::new().on(GET, 200, &live_map("x", "1", 4)).on(dry_run, 200, &live_map("x", "1", 4));
    let asked = [GET.to_owned(), format!("{dry_run} {}", sent(""))];
    check(script, apply(Mode::Recreate, Expect::Any), "unchanged 4@u-x", &asked).await;
}

#[tokio::test(start_paused = true)]
async fn a_recreate_whose_old_object_stays_says_that_something_was_written() {
    let dry_run = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=true&dryRun=All";
    let script = Script::new()
        .on(GET, 200, &live_map("x", "0", 4))
        .on(dry_run, 200, &live_map("x", "1", 4))
        .on(DELETE, 200, &live_map("x", "0", 4));
    let error = script.target().write(&context(), &apply(Mode::Recreate, Expect::Any)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.may_have_written());
}

#[tokio::test(start_paused = true)]
async fn a_recreate_whose_old_object_a_finalizer_holds_names_it_soon_and_once() {
    let dry_run = "PATCH /api/v1/namespaces/a/configmaps/x?fieldManager=windlass&fieldValidation=Strict&force=true&dryRun=All";
    let held = live_map("x", "0", 4).replace("\"name\"", "\"finalizers\":[\"acme.example/keep\"],\"name\"");
    let script =
        Script::new().on(GET, 200, &held).on(dry_run, 200, &live_map("x", "1", 4)).on(DELETE, 200, &held);
    let error = script.target().write(&context(), &apply(Mode::Recreate, Expect::Any)).await.unwrap_err();
    let told = error.to_string();
    assert!(told.contains("waited=10s, held_by=acme.example/keep"), "{told}");
    assert!(
        matches!(error.retry(), windlass_core::Retry::Never),
        "the next pass sees that it is being deleted"
    );
}

#[tokio::test(start_paused = true)]
async fn a_delete_says_on_what_condition_and_what_happens_to_the_rest() {
    let gone = r#"{"kind":"Status","status":"Success"}"#;
    let asked = [format!(
        r#"{DELETE} {{"preconditions":{{"resourceVersion":"4","uid":"u-x"}},"propagationPolicy":"Orphan"}}"#
    )];
    check(Script::new().on(DELETE, 200, gone), delete(at("4@u-x"), Cascade::Orphan), "gone", &asked).await;
    let asked = [format!(r#"{DELETE} {{"propagationPolicy":"Background"}}"#)];
    let script = Script::new().on(DELETE, 404, &absent("configmaps", "x"));
    check(script, delete(Expect::Any, Cascade::Background), "gone", &asked).await;
    let held =
        live_map("x", "1", 6).replace("\"name\"", "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\",\"name\"");
    let script = Script::new().on(DELETE, 200, &held);
    check(script, delete(Expect::Any, Cascade::Background), "deleting 6@u-x", &asked).await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_kind_is_undefined_for_an_apply_and_gone_for_a_delete() {
    let foo = object(r#"{"apiVersion":"x.io/v1","kind":"Foo","metadata":{"name":"f","namespace":"a"}}"#);
    let id = foo.id().clone();
    let target = Script::new().target();
    let write = Write::apply(foo, Mode::Apply, Expect::Absent, mark());
    assert_eq!(target.write(&context(), &write).await.unwrap_err().kind(), ErrorKind::Undefined);
    let write = Write::Delete {
        id,
        api_version: "x.io/v1".into(),
        expect: Expect::Any,
        cascade: Cascade::Background,
    };
    assert_eq!(told(&target.write(&context(), &write).await), "gone");
}

#[tokio::test(start_paused = true)]
async fn a_mistake_does_not_lead_to_a_delete() {
    let dry_run = format!("{PATCH}&dryRun=All");
    let wrong = status(422, "Invalid", "x", r#"{"causes":[{"message":"Required value","field":"data"}]}"#);
    let script = Script::new().on(GET, 200, &live_map("x", "0", 4)).on(&dry_run, 422, &wrong);
    let error = script.target().write(&context(), &apply(Mode::Recreate, Expect::Any)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(!script.log().contains("DELETE"));
}

#[tokio::test(start_paused = true)]
async fn what_holds_many_others_is_never_recreated() {
    let body = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"n"}}"#;
    let live = body.replace(r#""name""#, r#""resourceVersion":"4","uid":"u","name""#);
    let dry_run =
        "PATCH /api/v1/namespaces/n?fieldManager=windlass&fieldValidation=Strict&force=true&dryRun=All";
    let immutable =
        status(422, "Invalid", "x", r#"{"causes":[{"message":"field is immutable","field":"spec"}]}"#);
    let script = Script::new().on("GET /api/v1/namespaces/n", 200, &live).on(dry_run, 422, &immutable);
    let write = Write::apply(object(body), Mode::Recreate, Expect::Any, mark());
    let error = script.target().write(&context(), &write).await.unwrap_err();
    assert_eq!(error.message(), "it is never deleted and created anew");
    assert!(!script.log().contains("DELETE"));
}

fn delete_widget() -> Write {
    Write::Delete {
        id: "Widget.x.io/a/w".parse().unwrap(),
        api_version: "x.io/v1beta1".into(),
        expect: Expect::Any,
        cascade: Cascade::Background,
    }
}

#[tokio::test(start_paused = true)]
async fn an_object_whose_version_is_not_served_any_more_is_deleted_by_another() {
    let (old, new) =
        ("DELETE /apis/x.io/v1beta1/namespaces/a/widgets/w", "DELETE /apis/x.io/v1/namespaces/a/widgets/w");
    let options = r#"{"propagationPolicy":"Background"}"#;
    let script = Script::default()
        .on("GET /api", 200, script::CORE)
        .on("GET /apis", 200, &widgets(&["v1beta1", "v1"]))
        .on("GET /apis", 200, &widgets(&["v1"]))
        .on(new, 200, r#"{"kind":"Status","status":"Success"}"#);
    let target = script.target();
    assert_eq!(told(&target.write(&context(), &delete_widget()).await), "gone");
    let log = script.log();
    assert!(log.contains(&format!("{old} {options}")) && log.ends_with(&format!("{new} {options}")), "{log}");
}

#[tokio::test(start_paused = true)]
async fn an_object_is_gone_with_its_kind_and_not_before() {
    let script = Script::default()
        .on("GET /api", 200, script::CORE)
        .on("GET /apis", 200, &widgets(&["v1beta1"]))
        .on("GET /apis", 200, &widgets(&["v1beta1"]))
        .on("GET /apis", 200, &widgets(&[]));
    assert_eq!(told(&script.target().write(&context(), &delete_widget()).await), "gone", "discovery is late");
    let script =
        Script::default().on("GET /api", 200, script::CORE).on("GET /apis", 200, &widgets(&["v1beta1"]));
    let error = script.target().write(&context(), &delete_widget()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "the server lists it: {error}");
}
