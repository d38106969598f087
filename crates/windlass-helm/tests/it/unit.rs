//! A chart as the source of a unit: what it needs, what it gives.

use std::sync::Arc;

use windlass_core::{
    Artifact, Capabilities, ErrorKind, Need, Object, Phase, Provided, RenderInput, Rendered, Renderer,
    Result, Text, TreePath, Value,
};
use windlass_helm::{HelmChart, Values};
use windlass_testkit::{MemoryFiles, files};

use crate::command::context;

fn render(renderer: &HelmChart, files: &MemoryFiles, provided: &Provided) -> Result<Rendered> {
    let artifact: Artifact = files.artifact();
    let path = TreePath::new("web").unwrap();
    renderer.render(&context(), &RenderInput::new(&artifact, &path).with_provided(provided))
}

fn pinned() -> HelmChart {
    HelmChart::new("web", "shop").unwrap().with_cluster("1.34.0", Vec::<String>::new())
}

const CHART: &str = "{apiVersion: v2, name: web, version: 1.0.0}";

fn config(name: &str, more: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{more}}}\n")
}

fn ids(rendered: &Rendered) -> Vec<String> {
    rendered.items.iter().map(|item| item.id().to_string()).collect()
}

#[test]
fn what_the_cluster_serves_is_needed_where_nothing_is_set() {
    let template = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  v: '{{ .Capabilities.KubeVersion.Version }}'\n  crd: '{{ .Capabilities.APIVersions.Has \"example.com/v1/Foo\" }}'\n";
    let files = files([("web/Chart.yaml", CHART), ("web/templates/a.yaml", template)]);
    let renderer = HelmChart::new("web", "shop").unwrap();
    let error = render(&renderer, &files, &Provided::default()).unwrap_err();
    assert_eq!((error.kind(), error.needs()), (ErrorKind::Unfetched, &[Need::Capabilities][..]));

    let mut provided = Provided::default();
    provided.capabilities = Some(Capabilities::new("v1.36.1", [Text::from("example.com/v1/Foo")]));
    let rendered = render(&renderer, &files, &provided).unwrap();
    assert!(rendered.reads.contains_key(&Need::Capabilities));
    let body = rendered.items[0].object.body();
    assert_eq!(body.text_at(&["data", "v"]), Some("v1.36.1"));
    assert_eq!(body.text_at(&["data", "crd"]), Some("true"));
}

#[test]
fn hooks_run_in_their_phases_and_tests_only_on_request() {
    let hook = |name: &str, hook: &str, more: &str| {
        config(name, &format!(", annotations: {{helm.sh/hook: \"{hook}\"{more}}}"))
    };
    let text = [
        config("plain", ""),
        hook("before", "pre-install,pre-upgrade", ", helm.sh/hook-weight: \"-3\""),
        hook("after", "post-install", ", helm.sh/hook-delete-policy: hook-succeeded"),
        hook("gone", "post-delete", ""),
        hook("test", "test", ""),
        hook("back", "pre-rollback", ""),
    ]
    .join("---\n");
    let files = files([("web/Chart.yaml", CHART), ("web/templates/a.yaml", &*text)]);
    let rendered = render(&pinned(), &files, &Provided::default()).unwrap();
    let phases: Vec<_> = rendered
        .items
        .iter()
        .map(|item| (&*item.id().name, item.directives.hook.map(|hook| (hook.phase, hook.weight))))
        .collect();
    let expected = [
        ("plain", None),
        ("before", Some((Phase::Before, -3))),
        ("after", Some((Phase::After, 0))),
        ("gone", Some((Phase::AfterDelete, 0))),
    ];
    assert_eq!(phases, expected);
    assert!(
        rendered.items[2]
            .directives
            .hook
            .is_some_and(|hook| hook.deletion.on_success && !hook.deletion.before_next)
    );

    let with_tests = render(&pinned().with_tests(true), &files, &Provided::default()).unwrap();
    assert!(ids(&with_tests).contains(&"ConfigMap//test".to_owned()));
    let without = render(&pinned().with_hooks(false), &files, &Provided::default()).unwrap();
    assert_eq!(ids(&without), ["ConfigMap//plain"]);
}

#[test]
fn a_hook_may_run_in_an_install_and_in_the_deletion() {
    let text = config("account", ", annotations: {helm.sh/hook: \"pre-delete,pre-install,post-delete\"}");
    let files = files([("web/Chart.yaml", CHART), ("web/templates/a.yaml", &*text)]);
    let rendered = render(&pinned(), &files, &Provided::default()).unwrap();
    let directives = &rendered.items[0].directives;
    assert_eq!(directives.hook.map(|hook| hook.phase), Some(Phase::Before));
    assert_eq!(directives.hook_at_deletion().map(|hook| hook.phase), Some(Phase::BeforeDelete));
    let told = &rendered.warnings[0].message;
    assert!(told.ends_with("runs in the first alone: before deletion, after deletion"), "{told}");
}

#[test]
fn an_item_names_its_template_also_in_a_chart_inside() {
    let files = files([
        ("web/Chart.yaml", CHART),
        ("web/crds/c.yaml", "apiVersion: v1\nkind: CustomResourceDefinition\nmetadata: {name: c}\n"),
        ("web/templates/a.yaml", &*format!("{}---\n{}", config("a", ""), config("b", ""))),
        ("web/charts/folder/Chart.yaml", "{apiVersion: v2, name: db, version: 1.0.0}"),
        ("web/charts/folder/templates/deep/d.yaml", &*config("d", "")),
    ]);
    let rendered = render(&pinned(), &files, &Provided::default()).unwrap();
    let origins: Vec<String> =
        rendered.items.iter().map(|item| format!("{} {}", item.id().name, item.origin)).collect();
    assert_eq!(
        origins,
        [
            "c web/crds/c.yaml:1",
            "d web/charts/folder/templates/deep/d.yaml:1",
            "a web/templates/a.yaml:1",
            "b web/templates/a.yaml:5",
        ]
    );
    assert_eq!(ids(&render(&pinned().with_crds(false), &files, &Provided::default()).unwrap()).len(), 3);
}

#[test]
fn values_come_from_files_and_then_from_the_unit() {
    let template = config("{{ .Values.name }}", "")
        + "data: {a: '{{ .Values.a }}', b: '{{ .Values.b }}', c: '{{ .Values.c }}'}\n";
    let files = files([
        ("web/Chart.yaml", CHART),
        ("web/values.yaml", "{name: x, a: chart, b: chart, c: chart}"),
        ("web/templates/a.yaml", &*template),
        ("env/one.yaml", "{b: one, c: one}"),
        ("env/two.yaml", "{c: two}"),
    ]);
    let path = |path: &str| TreePath::new(path).unwrap();
    let renderer = pinned()
        .with_value_files([path("env/one.yaml"), path("env/two.yaml")])
        .with_values(Values::new().with_set("name=unit").unwrap());
    let rendered = render(&renderer, &files, &Provided::default()).unwrap();
    let body = rendered.items[0].object.body();
    assert_eq!(body.get("data").unwrap().canonical(), r#"{"a":"chart","b":"one","c":"two"}"#);
    assert_eq!(ids(&rendered), ["ConfigMap//unit"]);
    assert!(rendered.reads.contains_key(&Need::File(path("env/two.yaml"))));
}

#[test]
fn dependencies_that_are_not_there_are_needed_and_then_used() {
    let chart = "{apiVersion: v2, name: web, version: 1.0.0, dependencies: [\
                 {name: db, version: 1.x, repository: 'oci://example.com/charts'}, \
                 {name: mq, version: 2.0.0, repository: 'https://example.com/charts/'}, \
                 {name: near, version: 1.0.0, repository: 'file://../near'}]}";
    let files = files([
        ("web/Chart.yaml", chart),
        ("near/Chart.yaml", "{apiVersion: v2, name: near, version: 1.0.0}"),
        ("near/templates/n.yaml", &*config("near", "")),
    ]);
    let error = render(&pinned(), &files, &Provided::default()).unwrap_err();
    let base = |address: &str| Need::Base(address.into());
    let needs = [base("oci://example.com/charts/db:1.x"), base("https://example.com/charts#mq@2.0.0")];
    assert_eq!((error.kind(), error.needs()), (ErrorKind::Unfetched, &needs[..]));

    let brought = |name: &str, version: &str| {
        let chart = format!("{{apiVersion: v2, name: {name}, version: {version}}}");
        windlass_testkit::files([("Chart.yaml", &*chart), ("templates/x.yaml", &*config(name, ""))])
            .artifact()
    };
    let mut provided = Provided::default();
    // In a registry a chart is an archive with one folder.
    let db = "{apiVersion: v2, name: db, version: 1.4.0}";
    let db = windlass_testkit::files([("db/Chart.yaml", db), ("db/templates/x.yaml", &*config("db", ""))]);
    provided.bases.insert("oci://example.com/charts/db:1.x".into(), db.artifact());
    provided.bases.insert("https://example.com/charts#mq@2.0.0".into(), brought("mq", "2.0.0"));
    let rendered = render(&pinned(), &files, &provided).unwrap();
    assert_eq!(ids(&rendered), ["ConfigMap//db", "ConfigMap//mq", "ConfigMap//near"]);
    assert!(needs.iter().all(|need| rendered.reads.contains_key(need)));

    provided.bases.insert("oci://example.com/charts/other:1.x".into(), brought("other", "1.0.0"));
    let reads = render(&pinned(), &files, &provided).unwrap().reads;
    assert_eq!(reads, rendered.reads, "what nobody needs is not read");
}

#[test]
fn lookups_ask_for_objects_first_and_find_them_then() {
    let template = config("a", "")
        + "data:\n  one: '{{ (lookup \"v1\" \"Secret\" \"shop\" \"s\").data.x }}'\n  many: '{{ len (lookup \"v1\" \"Node\" \"\" \"\").items }}'\n";
    let files = files([("web/Chart.yaml", CHART), ("web/templates/a.yaml", &*template)]);
    let renderer = pinned().with_lookup(true);
    let error = render(&renderer, &files, &Provided::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unfetched);
    let mut provided = Provided::default();
    let object = |text: &str| {
        let body: Value = serde_json::from_str(text).unwrap();
        Object::new(body).unwrap()
    };
    for _ in 0..2 {
        let error = match render(&renderer, &files, &provided) {
            Ok(_) => break,
            Err(error) => error,
        };
        for need in error.needs() {
            match need {
                Need::Objects(_) => {
                    provided.lists.insert(
                        need.clone(),
                        vec![object(r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n"}}"#)],
                    );
                }
                need => {
                    let secret = r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","namespace":"shop"},"data":{"x":"y"}}"#;
                    provided.objects.insert(need.clone(), Some(object(secret)));
                }
            }
        }
    }
    let rendered = render(&renderer, &files, &provided).unwrap();
    assert_eq!(rendered.items[0].object.body().get("data").unwrap().canonical(), r#"{"many":"1","one":"y"}"#);
    assert_eq!(rendered.reads.keys().filter(|need| !matches!(need, Need::File(_))).count(), 2);
}

#[test]
fn a_renderer_can_be_shared_between_threads() {
    let files = files([("web/Chart.yaml", CHART), ("web/templates/a.yaml", &*config("a", ""))]);
    let renderer = Arc::new(pinned());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                assert_eq!(ids(&render(&renderer, &files, &Provided::default()).unwrap()), ["ConfigMap//a"])
            });
        }
    });
}
