//! Every annotation and every value.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use windlass_core::{Dialect, Directives, Object};
use windlass_kinds::dialect::{
    ArgoDialect, CliUtilsDialect, FluxDialect, HelmDialect, WindlassDialect, default_dialects,
};

/// `annotations`: one a line, `name: value`.
fn object(annotations: &str) -> Object {
    let annotations: windlass_core::Value = annotations
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, value)| (name, windlass_core::Value::from(value)))
        .collect();
    let body = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"it","namespace":"shop"}}"#;
    Object::new(serde_json::from_str(body).unwrap())
        .unwrap()
        .edit(|body| {
            let metadata = body.as_map_mut().unwrap().get_mut("metadata").unwrap();
            metadata.as_map_mut().unwrap().insert("annotations", annotations);
        })
        .unwrap()
}

/// Writes what is not as in the default: `wave=1 keep mode=Replace after=a,b limit=5m`.
fn text(directives: &Directives) -> String {
    let mut words = Vec::new();
    if directives.wave != 0 {
        words.push(format!("wave={}", directives.wave));
    }
    if directives.keep {
        words.push("keep".to_owned());
    }
    words.extend(directives.mode.map(|mode| format!("mode={mode:?}")));
    if !directives.after.is_empty() {
        let after: Vec<String> = directives.after.iter().map(ToString::to_string).collect();
        words.push(format!("after={}", after.join(",")));
    }
    words.extend(directives.time_limit.map(|limit| format!("limit={}s", limit.as_secs())));
    words.extend(directives.hook.map(|hook| {
        let deletion = hook.deletion;
        let when = [
            (deletion.before_next, " next"),
            (deletion.on_success, " success"),
            (deletion.on_failure, " failure"),
        ];
        let when: String = when.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        format!("hook={} {} deleted:{when}", hook.phase.name(), hook.weight)
    }));
    words.extend(directives.suspended.as_ref().map(|why| format!("suspended: {why}")));
    words.extend(directives.no_wait.then(|| "nowait".to_owned()));
    words.extend(directives.transient.then(|| "transient".to_owned()));
    words.join(" ")
}

fn check(dialect: &dyn Dialect, annotations: &str, expected: &str) {
    let mut directives = Directives::default();
    let found = match dialect.read(&object(annotations), &mut directives) {
        Ok(()) => text(&directives),
        Err(error) => error.to_string(),
    };
    assert_eq!(found, expected, "{annotations}");
}

fn wrong(annotation: &str, value: &str) -> String {
    format!(
        "not a value of this annotation (annotation={annotation}, value={value:?}, object=ConfigMap/shop/it)"
    )
}

#[test]
fn an_object_without_annotations_says_nothing() {
    for dialect in default_dialects() {
        check(&*dialect, "", "");
        check(&*dialect, "example.org/other: value", "");
    }
}

#[test]
fn what_argo_cd_ignores_the_health_of_is_not_waited_for() {
    check(&ArgoDialect, "argocd.argoproj.io/ignore-healthcheck: true", "nowait");
    check(&ArgoDialect, "argocd.argoproj.io/ignore-healthcheck: false", "");
}

#[test]
fn what_is_for_local_tools_is_left_alone() {
    let left = "suspended: the annotation config.kubernetes.io/local-config says that it is for tools";
    check(&CliUtilsDialect, "config.kubernetes.io/local-config: true", left);
    check(&CliUtilsDialect, "config.kubernetes.io/local-config: false", "");
}

#[test]
fn windlass_annotations_are_read() {
    let own = &WindlassDialect;
    check(own, "windlass.dev/wave: 3", "wave=3");
    check(own, "windlass.dev/wave: -2", "wave=-2");
    check(own, "windlass.dev/prune: disabled", "keep");
    check(own, "windlass.dev/prune: enabled", "");
    check(own, "windlass.dev/mode: apply", "mode=Apply");
    check(own, "windlass.dev/mode: replace", "mode=Replace");
    check(own, "windlass.dev/mode: recreate", "mode=Recreate");
    check(own, "windlass.dev/mode: create-only", "mode=CreateOnly");
    check(own, "windlass.dev/timeout: 5m", "limit=300s");
    check(own, "windlass.dev/timeout: 1h30m", "limit=5400s");
    check(own, "windlass.dev/depends-on: Deployment.apps/shop/db", "after=Deployment.apps/shop/db");
    check(
        own,
        "windlass.dev/depends-on: Namespace//x, Service/shop/db,Namespace//x",
        "after=Namespace//x,Service/shop/db",
    );
}

#[test]
fn wrong_values_name_annotation_value_and_object() {
    let own = &WindlassDialect;
    for (annotation, value) in [
        ("windlass.dev/wave", "first"),
        ("windlass.dev/wave", "99999999999"),
        ("windlass.dev/wave", "1.5"),
        ("windlass.dev/prune", "false"),
        ("windlass.dev/mode", "merge"),
        ("windlass.dev/timeout", "soon"),
        ("windlass.dev/timeout", "5"),
        ("windlass.dev/timeout", "0s"),
        ("windlass.dev/timeout", "24h1s"),
        ("windlass.dev/timeout", "500000000000y"),
        ("windlass.dev/depends-on", "db"),
        ("windlass.dev/depends-on", "apps/Deployment"),
    ] {
        check(own, &format!("{annotation}: {value}"), &wrong(annotation, value));
    }
    for (dialect, annotation, value) in [
        (&ArgoDialect as &dyn Dialect, "argocd.argoproj.io/sync-wave", "x"),
        (&CliUtilsDialect, "config.kubernetes.io/depends-on", "apps/namespaces/shop/Deployment"),
        (&CliUtilsDialect, "config.kubernetes.io/depends-on", "apps/ns/shop/Deployment/db"),
        (&CliUtilsDialect, "client.lifecycle.config.k8s.io/deletion", "keep"),
        (&CliUtilsDialect, "client.lifecycle.config.k8s.io/mutation", "never"),
        (&CliUtilsDialect, "cli-utils.sigs.k8s.io/on-remove", "detach"),
        (&FluxDialect, "kustomize.toolkit.fluxcd.io/ssa", "Never"),
        (&HelmDialect, "helm.sh/resource-policy", "delete"),
    ] {
        check(dialect, &format!("{annotation}: {value}"), &wrong(annotation, value));
    }
    check(
        &FluxDialect,
        "kustomize.toolkit.fluxcd.io/prune: no",
        &wrong("kustomize.toolkit.fluxcd.io/prune", "no"),
    );
    check(
        &ArgoDialect,
        "argocd.argoproj.io/sync-options: Prune=maybe",
        &wrong("argocd.argoproj.io/sync-options", "maybe"),
    );
}

#[test]
fn what_its_author_wants_to_be_left_alone_is_suspended_and_the_annotation_is_named() {
    let flux = "kustomize.toolkit.fluxcd.io";
    check(
        &FluxDialect,
        &format!("{flux}/ssa: Ignore"),
        &format!("suspended: the annotation {flux}/ssa says Ignore"),
    );
    for value in ["disabled", "Disabled"] {
        let expected = format!("suspended: the annotation {flux}/reconcile says disabled");
        check(&FluxDialect, &format!("{flux}/reconcile: {value}"), &expected);
    }
    check(&FluxDialect, &format!("{flux}/reconcile: enabled"), "");
    let skip = "suspended: the annotation argocd.argoproj.io/hook says Skip";
    check(&ArgoDialect, "argocd.argoproj.io/hook: Skip", skip);
    check(
        &WindlassDialect,
        "windlass.dev/suspend: INC-7 is being worked on",
        "suspended: the annotation windlass.dev/suspend says: INC-7 is being worked on",
    );
    let disabled = "suspended: the annotation windlass.dev/reconcile says disabled";
    check(&WindlassDialect, "windlass.dev/reconcile: disabled", disabled);
}

#[test]
fn hooks_of_argo_have_their_phase_and_their_deletion() {
    let hook = "argocd.argoproj.io/hook";
    for (value, phase) in [
        ("PreSync", "before"),
        ("Sync", "main"),
        ("PostSync", "after"),
        ("SyncFail", "on failure"),
        ("PreDelete", "before deletion"),
        ("PostDelete", "after deletion"),
    ] {
        check(&ArgoDialect, &format!("{hook}: {value}"), &format!("hook={phase} 0 deleted: next"));
    }
    check(
        &ArgoDialect,
        &format!(
            "{hook}: PreSync\n{hook}-delete-policy: HookSucceeded,HookFailed\nargocd.argoproj.io/sync-wave: -1"
        ),
        "wave=-1 hook=before 0 deleted: success failure",
    );
    check(&ArgoDialect, &format!("{hook}: crd-install"), "");
    for two in ["PreSync,PostSync", "PreDelete,PostDelete", "Sync,SyncFail,PreDelete"] {
        let two = ArgoDialect.read(&object(&format!("{hook}: {two}")), &mut Directives::default());
        assert!(two.unwrap_err().help().unwrap().contains("at one moment only"));
    }
}

#[test]
fn an_object_may_be_a_hook_of_an_apply_and_one_of_the_deletion() {
    let cases: [(&dyn Dialect, &str, &str, &str); 4] = [
        (&ArgoDialect, "argocd.argoproj.io/hook: PreSync,PreDelete", "before", "before deletion"),
        (&HelmDialect, "helm.sh/hook: post-delete,pre-install", "before", "after deletion"),
        (&HelmDialect, "helm.sh/hook: pre-delete,post-delete", "before deletion", "before deletion"),
        (&HelmDialect, "helm.sh/hook: post-install,pre-upgrade", "before", ""),
    ];
    for (dialect, annotation, ordinary, at_deletion) in cases {
        let mut directives = Directives::default();
        dialect.read(&object(annotation), &mut directives).unwrap();
        let name = |hook: Option<windlass_core::Hook>| hook.map_or("", |hook| hook.phase.name());
        assert_eq!(
            (name(directives.hook), name(directives.hook_at_deletion())),
            (ordinary, at_deletion),
            "{annotation}"
        );
    }
}

#[test]
fn hooks_of_helm_have_their_phase_their_weight_and_their_deletion() {
    let hook = "helm.sh/hook";
    check(&HelmDialect, &format!("{hook}: pre-install,pre-upgrade"), "hook=before 0 deleted: next");
    check(
        &HelmDialect,
        &format!(
            "{hook}: post-upgrade\n{hook}-weight: -5\n{hook}-delete-policy: before-hook-creation, hook-succeeded"
        ),
        "hook=after -5 deleted: next success",
    );
    check(&HelmDialect, &format!("{hook}: pre-delete"), "hook=before deletion 0 deleted: next");
    check(&HelmDialect, &format!("{hook}: test"), "suspended: the annotation helm.sh/hook says test");
    check(&HelmDialect, &format!("{hook}: crd-install"), "");
    let later = HelmDialect.read(
        &object(&format!("{hook}: pre-install\n{hook}-delete-policy: later")),
        &mut Directives::default(),
    );
    assert!(later.is_err());
}

#[test]
fn hooks_and_waits_of_our_own_are_read() {
    let hook = "windlass.dev/hook";
    check(
        &WindlassDialect,
        &format!("{hook}: before\n{hook}-weight: 3\n{hook}-delete: on-success"),
        "hook=before 3 deleted: success",
    );
    check(&WindlassDialect, "windlass.dev/wait: false", "nowait");
    let later = WindlassDialect.read(&object(&format!("{hook}: later")), &mut Directives::default());
    assert!(later.is_err());
}

#[test]
fn options_of_argo_that_change_a_write_are_refused_by_name() {
    for option in ["Validate=false", "ServerSideApply=false"] {
        let text = format!("argocd.argoproj.io/sync-options: PruneLast=true,{option}");
        let error = ArgoDialect.read(&object(&text), &mut Directives::default()).unwrap_err();
        assert_eq!(error.kind(), windlass_core::ErrorKind::Unsupported);
        assert!(error.to_string().contains(option), "{error}");
    }
    check(&ArgoDialect, "argocd.argoproj.io/sync-options: Force=true", "mode=Recreate");
    check(&FluxDialect, "kustomize.toolkit.fluxcd.io/force: Enabled", "mode=Recreate");
}

#[test]
fn a_job_with_a_time_to_live_goes_by_itself() {
    use windlass_kinds::dialect::TransientDialect;
    let read = |kind: &str, spec: &str| {
        let text = format!(
            r#"{{"apiVersion":"batch/v1","kind":"{kind}","metadata":{{"name":"it"}},"spec":{spec}}}"#
        );
        let mut directives = Directives::default();
        TransientDialect
            .read(&Object::new(serde_json::from_str(&text).unwrap()).unwrap(), &mut directives)
            .unwrap();
        directives.transient
    };
    assert!(read("Job", r#"{"ttlSecondsAfterFinished":0}"#));
    assert!(!read("Job", "{}"));
    assert!(!read("CronJob", r#"{"ttlSecondsAfterFinished":0}"#));
}

#[test]
fn of_a_label_and_an_annotation_of_flux_the_one_that_does_less_counts() {
    let read = |label: &str, annotation: &str| {
        let text = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"it","namespace":"shop","labels":{{"kustomize.toolkit.fluxcd.io/ssa":"{label}"}},"annotations":{{"kustomize.toolkit.fluxcd.io/ssa":"{annotation}"}}}}}}"#
        );
        let object = Object::new(serde_json::from_str(&text).unwrap()).unwrap();
        let mut directives = Directives::default();
        FluxDialect
            .read(&object, &mut directives)
            .map(|()| self::text(&directives))
            .map_err(|error| error.kind())
    };
    assert_eq!(read("IfNotPresent", "Override").unwrap(), "mode=CreateOnly");
    assert_eq!(read("Merge", "IfNotPresent").unwrap(), "mode=CreateOnly");
    assert_eq!(read("Merge", "Override").unwrap(), "mode=Apply");
    assert!(read("Ignore", "Override").unwrap().contains("suspended: the label"), "it is left alone");
}

#[test]
fn a_label_of_flux_says_the_same_as_its_annotation() {
    let read = |name: &str, value: &str| {
        let text = format!(
            r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"it","namespace":"shop","labels":{{"kustomize.toolkit.fluxcd.io/{name}":"{value}"}}}}}}"#
        );
        let object = Object::new(serde_json::from_str(&text).unwrap()).unwrap();
        let mut directives = Directives::default();
        FluxDialect.read(&object, &mut directives).map(|()| self::text(&directives))
    };
    assert_eq!(read("prune", "disabled").unwrap(), "keep");
    assert_eq!(read("ssa", "IfNotPresent").unwrap(), "mode=CreateOnly");
    let label = "suspended: the label kustomize.toolkit.fluxcd.io/reconcile says disabled";
    assert_eq!(read("reconcile", "disabled").unwrap(), label);
}

#[test]
fn a_time_has_an_end_that_its_error_names() {
    check(&WindlassDialect, "windlass.dev/timeout: 24h", "limit=86400s");
    let error = WindlassDialect.read(&object("windlass.dev/timeout: 25h"), &mut Directives::default());
    assert_eq!(error.unwrap_err().help(), Some("write a time of at most 24h"));
}

#[test]
fn every_wrong_value_is_reported_at_once() {
    let mut directives = Directives::default();
    let object = object("windlass.dev/wave: x\nwindlass.dev/mode: y\nwindlass.dev/depends-on: a, b");
    let error = WindlassDialect.read(&object, &mut directives).unwrap_err();
    assert_eq!(error.problems().len(), 4, "{error}");
}

#[test]
fn an_annotation_that_is_no_text_is_an_error() {
    let object = object("").edit(|body| {
        let metadata = body.as_map_mut().unwrap().get_mut("metadata").unwrap().as_map_mut().unwrap();
        let annotations: windlass_core::Value =
            [("windlass.dev/wave", windlass_core::Value::Int(3))].into_iter().collect();
        metadata.insert("annotations", annotations);
    });
    let error = WindlassDialect.read(&object.unwrap(), &mut Directives::default()).unwrap_err();
    assert_eq!(error.to_string(), wrong("windlass.dev/wave", "integer"));
    assert_eq!(error.help(), Some("it must be a text, in quotes"));
}

#[test]
fn cli_utils_annotations_are_read() {
    let cli = &CliUtilsDialect;
    let depends = "config.kubernetes.io/depends-on";
    check(cli, &format!("{depends}: apps/namespaces/shop/Deployment/db"), "after=Deployment.apps/shop/db");
    check(cli, &format!("{depends}: /namespaces/shop/Service/db"), "after=Service/shop/db");
    check(
        cli,
        &format!("{depends}: /Namespace/x, rbac.authorization.k8s.io/ClusterRole/y"),
        "after=Namespace//x,ClusterRole.rbac.authorization.k8s.io//y",
    );
    check(cli, "client.lifecycle.config.k8s.io/deletion: detach", "keep");
    check(cli, "cli-utils.sigs.k8s.io/on-remove: keep", "keep");
    check(cli, "client.lifecycle.config.k8s.io/mutation: ignore", "mode=CreateOnly");
}

#[test]
fn flux_helm_and_argo_annotations_are_read() {
    check(&FluxDialect, "kustomize.toolkit.fluxcd.io/prune: disabled", "keep");
    check(&FluxDialect, "kustomize.toolkit.fluxcd.io/prune: Disabled", "keep");
    check(&FluxDialect, "kustomize.toolkit.fluxcd.io/prune: enabled", "");
    check(&FluxDialect, "kustomize.toolkit.fluxcd.io/ssa: IfNotPresent", "mode=CreateOnly");
    check(&FluxDialect, "kustomize.toolkit.fluxcd.io/ssa: Merge", "mode=Apply");
    check(&FluxDialect, "kustomize.toolkit.fluxcd.io/ssa: Override", "mode=Apply");
    check(&HelmDialect, "helm.sh/resource-policy: keep", "keep");
    check(&HelmDialect, "helm.sh/resource-policy: Keep", "keep");
    check(&ArgoDialect, "argocd.argoproj.io/sync-wave: -5", "wave=-5");
    let options = "argocd.argoproj.io/sync-options";
    check(&ArgoDialect, &format!("{options}: Prune=false"), "keep");
    check(&ArgoDialect, &format!("{options}: Delete=false"), "keep");
    check(&ArgoDialect, &format!("{options}: Prune=confirm"), "keep");
    check(&ArgoDialect, &format!("{options}: Prune=true"), "");
    check(&ArgoDialect, &format!("{options}: Replace=true"), "mode=Replace");
    check(&ArgoDialect, &format!("{options}: Force=true, Replace=true"), "mode=Recreate");
    check(&ArgoDialect, &format!("{options}: ServerSideApply=true,PruneLast=true"), "");
}

#[test]
fn windlass_has_the_last_word() {
    let object = object(
        "windlass.dev/prune: enabled\nwindlass.dev/wave: 1\nargocd.argoproj.io/sync-wave: 7\nhelm.sh/resource-policy: keep",
    );
    let mut directives = Directives::default();
    for dialect in default_dialects() {
        dialect.read(&object, &mut directives).unwrap();
    }
    assert_eq!(text(&directives), "wave=1");
}

#[test]
fn dependencies_of_two_tools_add_up() {
    let object = object(
        "windlass.dev/depends-on: Service/shop/db\nconfig.kubernetes.io/depends-on: /namespaces/shop/Service/db,/Namespace/x",
    );
    let mut directives = Directives::default();
    for dialect in default_dialects() {
        dialect.read(&object, &mut directives).unwrap();
    }
    assert_eq!(text(&directives), "after=Service/shop/db,Namespace//x");
}

#[test]
fn too_many_dependencies_are_a_limit() {
    let many = vec!["Namespace//x"; 1001].join(",");
    check(
        &WindlassDialect,
        &format!("windlass.dev/depends-on: {many}"),
        "too many dependencies (dependencies_max=1000, annotation=windlass.dev/depends-on, object=ConfigMap/shop/it)",
    );
}
