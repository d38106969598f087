//! What is sent to set an object, and what comes of the answers.

#![allow(clippy::unwrap_used, clippy::panic)]

mod script;

use std::sync::Arc;
use std::time::Duration;

use script::writes::{GENTLE, GET, PATCH, PUT, apply, at, check, conflict, delete, sent, told};
use script::{Script, absent, config_map, context, live_map, mark, object, status};
use windlass_core::{
    Cascade, Error, ErrorKind, Expect, Fence, Limits, Mode, Now, Owner, Result, Retry, Target, Write,
};

#[tokio::test(start_paused = true)]
async fn a_create_is_one_request_that_cannot_change_what_exists() {
    let condition = r#","resourceVersion":"1""#;
    let asked = [format!("{PATCH} {}", sent(condition))];
    check(
        Script::new().on(PATCH, 201, &live_map("x", "1", 5)),
        apply(Mode::Apply, Expect::Absent),
        "created 5@u-x",
        &asked,
    )
    .await;
    check(
        Script::new().on(PATCH, 409, &conflict()),
        apply(Mode::Apply, Expect::Absent),
        "conflict: it exists already (object=ConfigMap/a/x)",
        &asked,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_apply_at_a_version_is_one_request_that_cannot_create() {
    let asked = [format!("{GENTLE} {}", sent(r#","resourceVersion":"4","uid":"u-x""#))];
    for (version, expected) in [(5, "changed 5@u-x"), (4, "unchanged 4@u-x")] {
        let script = Script::new().on(GENTLE, 200, &live_map("x", "1", version));
        check(script, apply(Mode::Apply, at("4@u-x")), expected, &asked).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_apply_without_a_version_reads_the_metadata_first() {
    let asked = [format!("{GET} (metadata)"), format!("{GENTLE} {}", sent(""))];
    for (version, expected) in [(5, "changed 5@u-x"), (4, "unchanged 4@u-x")] {
        let script =
            Script::new().on(GET, 200, &live_map("x", "1", 4)).on(GENTLE, 200, &live_map("x", "1", version));
        check(script, apply(Mode::Apply, Expect::Any), expected, &asked).await;
    }
    let script =
        Script::new().on(GET, 404, &absent("configmaps", "x")).on(GENTLE, 201, &live_map("x", "1", 5));
    check(script, apply(Mode::Apply, Expect::Any), "created 5@u-x", &asked).await;
}

#[tokio::test(start_paused = true)]
async fn an_apply_after_a_look_needs_no_second_look() {
    let list = "GET /api/v1/configmaps?labelSelector=windlass.dev/unit%3Dshop%2Cwindlass.dev/installation%3Dwindlass&limit=2500";
    let script = Script::new().on(list, 200, &script::list(&[live_map("x", "0", 4)], "")).on(
        GENTLE,
        200,
        &live_map("x", "1", 5),
    );
    let target = script.target();
    target.observe(&context(), &script::interest(&["ConfigMap/a/x"])).await.unwrap();
    script.log();
    let written = target.write(&context(), &apply(Mode::Apply, Expect::Uid("u-x".into()))).await;
    assert_eq!(told(&written), "changed 5@u-x");
    assert_eq!(script.log(), format!("{GENTLE} {}", sent(r#","uid":"u-x""#)));
}

#[tokio::test(start_paused = true)]
async fn another_object_of_the_same_name_is_a_conflict() {
    let cause = r#"{"name":"x","kind":"ConfigMap","causes":[{"reason":"FieldValueInvalid","message":"Invalid value: field is immutable","field":"metadata.uid"}]}"#;
    let script = Script::new().on(GET, 200, &live_map("x", "1", 4)).on(
        GENTLE,
        422,
        &status(422, "Invalid", "invalid", cause),
    );
    let written = script.target().write(&context(), &apply(Mode::Apply, Expect::Uid("u-0".into()))).await;
    assert_eq!(written.unwrap_err().kind(), ErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn a_replace_is_a_put_at_the_version() {
    let asked = [format!("{PUT} {}", sent(r#","resourceVersion":"4","uid":"u-x""#))];
    let script = Script::new().on(PUT, 200, &live_map("x", "1", 5));
    check(script, apply(Mode::Replace, at("4@u-x")), "changed 5@u-x", &asked).await;
    let script = Script::new().on(PUT, 404, &absent("configmaps", "x"));
    check(script, apply(Mode::Replace, at("4@u-x")), "conflict: it is gone (object=ConfigMap/a/x)", &asked)
        .await;
    let post = "POST /api/v1/namespaces/a/configmaps?fieldManager=windlass&fieldValidation=Strict";
    let script = Script::new().on(GET, 404, &absent("configmaps", "x")).on(post, 201, &live_map("x", "1", 5));
    let asked = [format!("{GET} (metadata)"), format!("{post} {}", sent(""))];
    check(script, apply(Mode::Replace, Expect::Any), "created 5@u-x", &asked).await;
}

#[tokio::test(start_paused = true)]
async fn create_only_leaves_what_exists_alone() {
    let create = format!("{PATCH} {}", sent(r#","resourceVersion":"1""#));
    let script = Script::new().on(PATCH, 409, &conflict()).on(GET, 200, &live_map("x", "0", 4));
    let asked = [create.clone(), GET.to_owned()];
    check(script, apply(Mode::CreateOnly, Expect::Any), "unchanged 4@u-x", &asked).await;
    let script = Script::new().on(PATCH, 201, &live_map("x", "1", 5));
    check(script, apply(Mode::CreateOnly, Expect::Any), "created 5@u-x", &[create]).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_server_asks_to_repeat_is_repeated_and_not_for_ever() {
    let busy = status(429, "TooManyRequests", "too many requests", "{}");
    let script =
        Script::new().on(PATCH, 429, &busy).on(PATCH, 503, &busy).on(PATCH, 201, &live_map("x", "1", 5));
    let target = script.target();
    let cx = context();
    let before = cx.now().mono;
    assert_eq!(told(&target.write(&cx, &apply(Mode::Apply, Expect::Absent)).await), "created 5@u-x");
    assert_eq!(cx.now().mono - before, Duration::from_secs(4), "it waits as long as the server says");

    let script = Script::new().on(PATCH, 429, &busy);
    let error = script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::After(Duration::from_secs(2))));
    assert!(!error.may_have_written());
    assert_eq!(script.log().matches(PATCH).count(), 11, "for twenty seconds, as the server names its wait");
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_counted_at_the_same_time_is_no_conflict() {
    let quota = status(
        409,
        "Conflict",
        "Operation cannot be fulfilled on resourcequotas",
        r#"{"name":"q","kind":"resourcequotas"}"#,
    );
    let script = Script::new().on(PATCH, 409, &quota).on(PATCH, 201, &live_map("x", "1", 5));
    assert_eq!(
        told(&script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await),
        "created 5@u-x"
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_without_an_answer_may_have_happened() {
    let script = Script::new().on(PATCH, 0, "");
    let cx = context().with_limits({
        let mut limits = Limits::default();
        limits.request_timeout = Duration::from_secs(7);
        limits
    });
    let before = cx.now().mono;
    let error = script.target().write(&cx, &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.may_have_written());
    assert_eq!(cx.now().mono - before, Duration::from_secs(7));
    assert_eq!(error.context("object"), Some("ConfigMap/a/x"));
}

#[derive(Debug)]
struct Lost;

impl Fence for Lost {
    fn check(&self, _now: Now) -> Result<Option<Duration>> {
        Err(Error::new(ErrorKind::Conflict, "the lease is lost"))
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_fence_stops_every_write_before_it_is_sent() {
    for write in [
        apply(Mode::Apply, Expect::Absent),
        apply(Mode::CreateOnly, Expect::Absent),
        apply(Mode::Replace, at("4@u-x")),
        delete(Expect::Any, Cascade::Background),
    ] {
        let script = Script::new();
        let error = script.target().write(&context().with_fence(Arc::new(Lost)), &write).await.unwrap_err();
        assert_eq!(error.message(), "the lease is lost");
        assert_eq!(script.log(), "GET /api\nGET /apis", "{write:?}");
    }
}

/// Holds for one check.
#[derive(Debug, Default)]
struct Once(std::sync::atomic::AtomicBool);

impl Fence for Once {
    fn check(&self, now: Now) -> Result<Option<Duration>> {
        let checked = self.0.swap(true, std::sync::atomic::Ordering::Relaxed);
        if checked { Lost.check(now) } else { Ok(None) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fence_that_is_lost_after_a_lost_answer_does_not_hide_what_may_have_been_written() {
    let busy = status(503, "ServiceUnavailable", "busy", "{}");
    for (answer, expected) in [("upstream connect error", true), (busy.as_str(), false)] {
        let script = Script::new().on(PATCH, 503, answer);
        let cx = context().with_fence(Arc::new(Once::default()));
        let error = script.target().write(&cx, &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
        assert_eq!((error.message(), error.may_have_written()), ("the lease is lost", expected), "{answer}");
        assert_eq!(script.log().matches(PATCH).count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn every_wrong_field_is_named_and_an_immutable_one_with_its_way_out() {
    let causes = r#"{"causes":[{"message":"Required value","field":"spec.a"},{"message":"Invalid value: 7","field":"spec.b"}]}"#;
    let script = Script::new().on(PATCH, 422, &status(422, "Invalid", "two", causes));
    check(
        script,
        apply(Mode::Apply, Expect::Absent),
        "invalid: 2 problems\n- Required value (field=spec.a, object=ConfigMap/a/x, status=422)\n- Invalid value: 7 \
         (field=spec.b, object=ConfigMap/a/x, status=422)",
        &[format!("{PATCH} {}", sent(r#","resourceVersion":"1""#))],
    )
    .await;
    let causes = r#"{"causes":[{"message":"field is immutable","field":"data"}]}"#;
    let script = Script::new().on(PATCH, 422, &status(422, "Invalid", "one", causes));
    let error = script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
    assert!(error.help().unwrap().contains("mode recreate"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_to_delete_a_definition_with_what_it_holds() {
    let patch = "PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/x?fieldManager=windlass&fieldValidation=Strict&force=true";
    let causes = r#"{"causes":[{"message":"field is immutable","field":"spec.scope"}]}"#;
    let script = Script::new().on(patch, 422, &status(422, "Invalid", "one", causes));
    let payload = object(
        r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"x"},"spec":{}}"#,
    );
    let write = Write::apply(payload, Mode::Apply, Expect::Absent, mark());
    let error = script.target().write(&context(), &write).await.unwrap_err();
    assert!(error.help().unwrap().contains("make another one beside it"), "{}", error.explain());
}

#[tokio::test(start_paused = true)]
async fn a_rule_of_the_cluster_is_not_taken_for_missing_rights() {
    let cannot = r#"configmaps is forbidden: User "u" cannot patch resource"#;
    for (message, expected) in [
        (
            "exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1",
            "a rule of the cluster",
        ),
        (r#"admission webhook "w" denied the request: no"#, "a rule of the cluster"),
        (cannot, "have the right granted"),
    ] {
        let script = Script::new().on(PATCH, 403, &status(403, "Forbidden", message, "{}"));
        let error = script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
        assert!(error.help().unwrap().starts_with(expected), "{}", error.explain());
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_a_secret_name_fields_and_no_contents() {
    let patch =
        "PATCH /api/v1/namespaces/a/secrets/s?fieldManager=windlass&fieldValidation=Strict&force=true";
    let payload = object(
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"a"},"data":{"k":"sesame"}}"#,
    );
    let causes = r#"{"causes":[{"message":"Invalid value: \"sesame\"","field":"data[k]"}]}"#;
    for (code, details) in [(422, causes), (422, "{}"), (400, "{}"), (500, "{}")] {
        let message = "failed to convert new object: sesame is not base64";
        let script = Script::new().on(patch, code, &status(code, "Invalid", message, details));
        let write = Write::apply(payload.clone(), Mode::Apply, Expect::Absent, mark());
        let error = script.target().write(&context(), &write).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{code}: {error}");
        assert!(!format!("{error:?} {}", error.explain()).contains("sesame"), "{code}: {error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn statuses_become_kinds_that_a_caller_can_decide_by() {
    let cases = [
        (400, "{}", ErrorKind::Invalid, false),
        (401, "{}", ErrorKind::Denied, false),
        (403, "{}", ErrorKind::Denied, false),
        (404, r#"{"name":"a","kind":"namespaces"}"#, ErrorKind::NotFound, false),
        (413, "{}", ErrorKind::Limit, false),
        (500, "{}", ErrorKind::Unavailable, true),
        (504, "{}", ErrorKind::Timeout, true),
    ];
    for (code, details, kind, written) in cases {
        let script = Script::new().on(PATCH, code, &status(code, "x", "the words of the server", details));
        let error = script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
        assert_eq!((error.kind(), error.may_have_written()), (kind, written), "{code} {details}");
        assert_eq!(error.message(), "the words of the server");
    }
}

#[tokio::test(start_paused = true)]
async fn a_kind_defined_a_moment_ago_is_waited_for() {
    let crd = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"foos.x.io"},"spec":{"group":"x.io","scope":"Namespaced","names":{"plural":"foos","kind":"Foo"},"versions":[{"name":"v1","served":true}]}}"#;
    let live = crd.replace(r#""name":"foos.x.io""#, r#""name":"foos.x.io","resourceVersion":"2""#);
    let foo = r#"{"apiVersion":"x.io/v1","kind":"Foo","metadata":{"name":"f","namespace":"a"}}"#;
    let patch =
        "PATCH /apis/x.io/v1/namespaces/a/foos/f?fieldManager=windlass&fieldValidation=Strict&force=true";
    let script = Script::new()
        .on(
            "PATCH /apis/apiextensions.k8s.io/v1/customresourcedefinitions/foos.x.io?fieldManager=windlass&fieldValidation=Strict&force=true",
            201,
            &live,
        )
        .on(patch, 404, "404 page not found")
        .on(patch, 201, &foo.replace(r#""name""#, r#""resourceVersion":"3","name""#));
    let target = script.target();
    let write = |json: &str| Write::apply(object(json), Mode::Apply, Expect::Absent, mark());
    assert_eq!(told(&target.write(&context(), &write(crd)).await), "created 2");
    script.log();
    assert_eq!(told(&target.write(&context(), &write(foo)).await), "created 3");
    assert_eq!(script.log().lines().count(), 2, "no discovery in between");
}

#[tokio::test(start_paused = true)]
async fn names_cannot_lead_elsewhere() {
    for name in ["..", ".", "a/b", "a%2fb"] {
        let json = config_map("x", "1").replace(r#""name":"x""#, &format!(r#""name":"{name}""#));
        let write = Write::apply(object(&json), Mode::Apply, Expect::Absent, mark());
        let script = Script::new();
        let error = script.target().write(&context(), &write).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
        assert_eq!(script.log(), "GET /api\nGET /apis");
    }
}

#[tokio::test(start_paused = true)]
async fn a_foreign_mark_and_an_object_too_large_are_refused_before_anything_is_sent() {
    let write =
        Write::apply(object(&config_map("x", "1")), Mode::Apply, Expect::Absent, Owner::named("flux:a/b"));
    assert_eq!(
        Script::new().target().write(&context(), &write).await.unwrap_err().kind(),
        ErrorKind::Invalid
    );
    let cx = context().with_limits({
        let mut limits = Limits::default();
        limits.object_bytes_max = 10;
        limits
    });
    let error = Script::new().target().write(&cx, &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
    assert_eq!((error.kind(), error.context("object_bytes_max")), (ErrorKind::Limit, Some("10")));
}

/// What a real server says of a Job whose template changed.
const TEMPLATE: &str = r#"Invalid value: core.PodTemplateSpec{ObjectMeta:v1.ObjectMeta{Name:\"\"}, Spec:core.PodSpec{Containers:[]core.Container{core.Container{Name:\"m\", Env:[]core.EnvVar{core.EnvVar{Name:\"DB_PASSWORD\", Value:\"hunter2\", ValueFrom:(*core.EnvVarSource)(nil)}}}}}}: field is immutable"#;

#[tokio::test(start_paused = true)]
async fn an_object_that_the_server_prints_does_not_reach_errors() {
    let details = format!(
        r#"{{"causes":[{{"reason":"FieldValueInvalid","message":"{TEMPLATE}","field":"spec.template"}}]}}"#
    );
    let message = format!("Job.batch \"m\" is invalid: spec.template: {}", TEMPLATE.replace("\\\"", "\""));
    for (details, said) in [
        (details.as_str(), "Invalid value: field is immutable (field=spec.template"),
        ("{}", "Job.batch \"m\" is invalid: spec.template: Invalid value (object="),
    ] {
        for code in [422, 400, 403, 409, 500, 503] {
            let script = Script::new().on(PATCH, code, &status(code, "Invalid", &message, details));
            let error =
                script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
            let told = format!("{error:?} {}", error.explain());
            assert!(!told.contains("hunter2") && !told.contains("DB_PASSWORD"), "{code}: {told}");
            assert!(code != 422 || told.contains(said), "{told}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_replace_is_tried_again_where_somebody_else_was_faster() {
    let script = Script::new()
        .on(GET, 200, &live_map("x", "0", 4))
        .on(GET, 200, &live_map("x", "0", 5))
        .on(PUT, 409, &conflict())
        .on(PUT, 200, &live_map("x", "1", 6));
    let asked = [
        format!("{GET} (metadata)"),
        format!("{PUT} {}", sent(r#","resourceVersion":"4","uid":"u-x""#)),
        format!("{GET} (metadata)"),
        format!("{PUT} {}", sent(r#","resourceVersion":"5","uid":"u-x""#)),
    ];
    check(script, apply(Mode::Replace, Expect::Any), "changed 6@u-x", &asked).await;
    let script = Script::new().on(PUT, 409, &conflict());
    let written = script.target().write(&context(), &apply(Mode::Replace, at("4@u-x"))).await;
    assert_eq!(
        written.unwrap_err().kind(),
        ErrorKind::Conflict,
        "a version that was named is not another one"
    );
}

#[tokio::test(start_paused = true)]
async fn a_create_after_a_lost_answer_may_have_happened_and_is_no_conflict() {
    let script = Script::new().on(PATCH, 503, "upstream connect error").on(PATCH, 409, &conflict());
    let error = script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_written()), (ErrorKind::Unavailable, true), "{error}");
    let script = Script::new().on(PATCH, 503, "upstream connect error");
    let error = script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
    assert!(error.may_have_written(), "{error}");
    // What the API server itself puts off was not begun.
    let busy = status(503, "ServiceUnavailable", "busy", "{}");
    let script = Script::new().on(PATCH, 503, &busy).on(PATCH, 409, &conflict());
    let error = script.target().write(&context(), &apply(Mode::Apply, Expect::Absent)).await.unwrap_err();
    assert_eq!((error.kind(), error.may_have_written()), (ErrorKind::Conflict, false), "{error}");
}
