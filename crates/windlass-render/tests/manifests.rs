//! What plain manifests are rendered to.

mod memory;

use memory::{Circle, LINK, Memory, UNFETCHED, context, render_with};
use std::sync::Arc;

use windlass_core::{
    Artifact, Cancel, Digest, ErrorKind, Limits, Need, RenderInput, Rendered, Renderer, Revision, TreePath,
};
use windlass_render::Manifests;

fn config(name: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n")
}

fn show(rendered: &Rendered) -> String {
    let lines =
        rendered.items.iter().map(|item| format!("{} {} {}", item.origin, item.origin.document, item.id()));
    lines.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(renderer: &Manifests, files: &[(&str, &str)], path: &str, expected: &str) {
    let rendered = render_with(&context(), renderer, Memory::new(files), path).expect("it renders");
    assert_eq!(show(&rendered), expected);
}

#[test]
fn files_come_in_the_byte_order_of_their_paths() {
    let (a, b, c, d) = (config("a"), config("b"), config("c"), config("d"));
    check(
        &Manifests::new(),
        &[
            ("b/z.yaml", &a),
            ("b-c.yml", &b),
            ("b.json", r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"}}"#),
            ("a.txt", "x: ["),
            ("B.yaml", &c),
            ("é.yaml", &d),
        ],
        "",
        "B.yaml:1 1 ConfigMap//c\nb-c.yml:1 1 ConfigMap//b\nb.json:1 1 Pod//p\nb/z.yaml:1 1 ConfigMap//a\né.yaml:1 1 ConfigMap//d",
    );
}

#[test]
fn lists_stand_for_their_items_with_their_lines() {
    let text = "# all\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n- apiVersion: v1\n  kind: ConfigMapList\n  items:\n  - metadata: {name: b, namespace: ns}\n  - kind: Secret\n    apiVersion: v1\n    metadata: {name: c}\n---\napiVersion: v1\nkind: List\n";
    check(
        &Manifests::new(),
        &[("a.yaml", text)],
        "",
        "a.yaml:5 1 Pod//a\na.yaml:8 1 ConfigMap/ns/b\na.yaml:8 1 Secret//c",
    );
}

#[test]
fn lists_of_lists_lose_no_object() {
    let text = "apiVersion: v1\nkind: ListList\nitems:\n- items:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: a}\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: b}\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: c}\n";
    check(
        &Manifests::new(),
        &[("a.yaml", text)],
        "",
        "a.yaml:4 1 Pod//a\na.yaml:4 1 Pod//b\na.yaml:11 1 Pod//c",
    );
    let text = "apiVersion: x.io/v1\nkind: PodListList\nitems:\n- items:\n  - metadata: {name: a}\n  - metadata: {name: b}\n";
    check(&Manifests::new(), &[("a.yaml", text)], "", "a.yaml:4 1 Pod.x.io//a\na.yaml:4 1 Pod.x.io//b");
}

#[test]
fn a_kind_that_ends_in_list_and_has_no_items_is_an_object() {
    let text = "apiVersion: x.io/v1\nkind: AllowList\nmetadata: {name: a}\n";
    check(&Manifests::new(), &[("a.yaml", text)], "", "a.yaml:1 1 AllowList.x.io//a");
}

#[test]
fn ignore_files_leave_files_out_and_the_deeper_one_decides() {
    let (a, b, c) = (config("a"), config("b"), config("c"));
    let files = [
        (".sourceignore", "*.yaml\n!/deploy\n/deploy/notes.yaml\n"),
        ("deploy/a.yaml", a.as_str()),
        ("deploy/notes.yaml", "x: ["),
        ("deploy/sub/.windlassignore", "/b.yaml\n"),
        ("deploy/sub/b.yaml", "x: ["),
        ("deploy/sub/c.yaml", c.as_str()),
        ("other.yaml", b.as_str()),
    ];
    let expected = "deploy/a.yaml:1 1 ConfigMap//a\ndeploy/sub/c.yaml:1 1 ConfigMap//c";
    check(&Manifests::new(), &files, "", expected);
    check(&Manifests::new(), &files, "deploy", expected);
}

#[test]
fn options_choose_the_files() {
    let (a, b, c) = (config("a"), config("b"), config("c"));
    let files = [
        ("d/a.yaml", a.as_str()),
        ("d/sub/b.yaml", &b),
        ("d/c.txt", &c),
        ("d/.hidden/x.yaml", "x: ["),
        ("d/.x.yaml", "x: ["),
    ];
    check(&Manifests::new().with_recursion(false), &files, "d", "d/a.yaml:1 1 ConfigMap//a");
    check(&Manifests::new().with_include(["/sub"]), &files, "d", "d/sub/b.yaml:1 1 ConfigMap//b");
    check(&Manifests::new().with_exclude(["sub/"]), &files, "d", "d/a.yaml:1 1 ConfigMap//a");
    check(&Manifests::new().with_extensions(["txt"]), &files, "d", "d/c.txt:1 1 ConfigMap//c");
    assert!(render_with(&context(), &Manifests::new().with_hidden(true), Memory::new(&files), "d").is_err());
}

#[test]
fn one_file_can_be_rendered() {
    check(
        &Manifests::new(),
        &[("d/a.yaml", &config("a")), ("d/b.yaml", "x: [")],
        "d/a.yaml",
        "d/a.yaml:1 1 ConfigMap//a",
    );
}

#[test]
fn a_kustomization_of_flux_is_an_object() {
    let text = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\n";
    check(
        &Manifests::new(),
        &[("kustomization.yaml", text)],
        "",
        "kustomization.yaml:1 1 Kustomization.kustomize.toolkit.fluxcd.io/flux-system/apps",
    );
}

#[test]
fn a_chart_that_is_ignored_stops_nothing() {
    let files = [
        (".windlassignore", "/chart"),
        ("chart/Chart.yaml", "x"),
        ("chart/templates/a.yaml", "{{ x }}"),
        ("a.yaml", &config("a")),
    ];
    check(&Manifests::new(), &files, "", "a.yaml:1 1 ConfigMap//a");
}

#[test]
fn nothing_renders_to_nothing_and_says_so() {
    let files = [("a.yaml", "# only a comment\n"), ("b.yaml", "")];
    let rendered = render_with(&context(), &Manifests::new(), Memory::new(&files), "").unwrap();
    assert!(rendered.items.is_empty());
    let said: Vec<_> = rendered.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(said, ["a.yaml holds no object", "b.yaml holds no object"]);
}

#[test]
fn files_of_build_services_are_no_manifests_unless_an_ignore_file_brings_them_back() {
    let web = config("web");
    let files =
        [("cloudbuild.yaml", "steps: []\n"), ("ci/appveyor.yml", "x: 1\n"), ("web.yaml", web.as_str())];
    check(&Manifests::new(), &files, "", "web.yaml:1 1 ConfigMap//web");
    let back = config("back");
    let files = [(".sourceignore", "!cloudbuild.yaml\n"), ("cloudbuild.yaml", back.as_str())];
    check(&Manifests::new(), &files, "", "cloudbuild.yaml:1 1 ConfigMap//back");
}

#[test]
fn what_cannot_be_read_is_left_out_with_a_warning_unless_it_is_named_like_a_manifest() {
    let web = config("web");
    let files = [("web.yaml", web.as_str()), ("vendor/theme", LINK)];
    let render = |files: &[(&str, &str)]| render_with(&context(), &Manifests::new(), Memory::new(files), "");
    let rendered = render(&files).unwrap();
    assert_eq!(show(&rendered), "web.yaml:1 1 ConfigMap//web");
    let said: Vec<_> = rendered.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(said, ["vendor/theme is left out: a link leads out of the tree"]);
    let ignored = [files[0], files[1], (".windlassignore", "/vendor\n")];
    assert!(render(&ignored).unwrap().warnings.is_empty(), "what is left out on purpose is no warning");
    let error = render(&[files[0], ("gone.yaml", LINK)]).unwrap_err();
    assert_eq!(error.to_string(), "neither a file nor a folder here (path=gone.yaml)");
}

#[test]
fn endings_are_compared_without_case_and_what_is_near_them_is_told() {
    let (a, b) = (config("a"), r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"}}"#);
    let files = [
        (".windlassignore", "ignored*\n"),
        ("a.YAML", a.as_str()),
        ("b.Json", b),
        ("c.yaml.j2", "x: ["),
        ("d/e.yml~", "x: ["),
        ("ignored.yaml.j2", "x: ["),
        ("readme.md", "x: ["),
        ("yaml", "x: ["),
    ];
    let rendered = render_with(&context(), &Manifests::new(), Memory::new(&files), "").unwrap();
    assert_eq!(show(&rendered), "a.YAML:1 1 ConfigMap//a\nb.Json:1 1 Pod//b");
    let said: Vec<_> = rendered.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(
        said,
        [
            "c.yaml.j2 is not rendered: its name does not end in .json, .yaml, .yml; rename it, or leave it out with .windlassignore",
            "d/e.yml~ is not rendered: its name does not end in .json, .yaml, .yml; rename it, or leave it out with .windlassignore",
        ]
    );
    let mut limits = Limits::default();
    limits.problems_max = 1;
    let cx = context().with_limits(limits);
    let rendered = render_with(&cx, &Manifests::new(), Memory::new(&files), "").unwrap();
    assert_eq!(rendered.warnings[1].message, "1 more files are not rendered for their names");
}

#[test]
fn a_kustomization_that_was_not_fetched_is_asked_for() {
    for name in ["kustomization.yaml", "Kustomization"] {
        let path = format!("app/{name}");
        let files = [(path.as_str(), UNFETCHED), ("app/b.yaml", "x: [")];
        let error = render_with(&context(), &Manifests::new(), Memory::new(&files), "").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unfetched, "{error}");
        assert_eq!(error.needs(), [Need::File(TreePath::new(&path).unwrap())]);
    }
}

#[test]
fn ignore_files_have_limits_with_names() {
    let say = |text: &str| {
        let files = [(".sourceignore", text), ("a.yaml", "x: 1")];
        render_with(&context(), &Manifests::new(), Memory::new(&files), "").unwrap_err()
    };
    let error = say(&"a\n".repeat(5000));
    assert!(error.to_string().contains("limit=ignore_patterns_max, max=4096"), "{error}");
    let error = say(&"#".repeat(2 << 20));
    assert!(error.to_string().contains("limit=ignore_bytes_max, max=1048576"), "{error}");
    assert_eq!((error.kind(), error.context("path")), (ErrorKind::Limit, Some(".sourceignore")));
}

#[test]
fn a_path_that_is_not_there_is_not_found() {
    let error =
        render_with(&context(), &Manifests::new(), Memory::new(&[("a.yaml", "")]), "gone").unwrap_err();
    assert_eq!((error.kind(), error.context("path")), (ErrorKind::NotFound, Some("gone")));
}

#[test]
fn everything_read_is_told_with_its_digest() {
    let a = config("a");
    let files = [("d/a.yaml", a.as_str()), ("d/.sourceignore", "x"), ("d/sub/readme.md", "hello")];
    let rendered = render_with(&context(), &Manifests::new(), Memory::new(&files), "d").unwrap();
    let file = |path: &str| rendered.reads.get(&Need::File(TreePath::new(path).unwrap())).copied();
    assert_eq!(file("d/a.yaml"), Some(Digest::of(a.as_bytes())));
    assert_eq!(file("d/.sourceignore"), Some(Digest::of(b"x")));
    assert_eq!(file(".windlassignore"), Some(Digest::of_parts([])), "what is not there is told as nothing");
    assert!(file("d").is_some() && file("d/sub").is_some(), "folders are told");
    assert_eq!(file("d/sub/readme.md"), None, "what is no manifest is not read");
}

#[test]
fn the_digest_of_a_folder_changes_with_its_names() {
    let digest = |files: &[(&str, &str)]| {
        render_with(&context(), &Manifests::new(), Memory::new(files), "").unwrap().reads
            [&Need::File(TreePath::root())]
    };
    assert_ne!(digest(&[("a.txt", "")]), digest(&[("a.txt", ""), ("b.txt", "")]));
    assert_eq!(digest(&[("a.txt", "")]), digest(&[("a.txt", "other")]));
}

#[test]
fn the_fingerprint_changes_with_every_option() {
    let all = [
        Manifests::new(),
        Manifests::new().with_include(["a"]),
        Manifests::new().with_exclude(["a"]),
        Manifests::new().with_exclude(["a", "b"]),
        Manifests::new().with_extensions(["yaml"]),
        Manifests::new().with_ignore_files([".x"]),
        Manifests::new().with_recursion(false),
        Manifests::new().with_hidden(true),
    ];
    let prints: std::collections::BTreeSet<Digest> = all.iter().map(Renderer::fingerprint).collect();
    assert_eq!(prints.len(), all.len());
    assert_eq!(Manifests::new().fingerprint(), Manifests::new().fingerprint());
}

#[test]
fn a_cancelled_render_ends_as_cancelled() {
    let cancel = Cancel::new();
    cancel.cancel();
    let cx = context().with_cancel(cancel);
    let error = render_with(&cx, &Manifests::new(), Memory::new(&[("a.yaml", "a: [")]), "").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn every_limit_is_named() {
    let files = [("a/b/a.yaml", config("a")), ("a/b/b.yaml", config("b"))];
    let say = |change: &dyn Fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        let cx = context().with_limits(limits);
        let error = render_with(&cx, &Manifests::new(), Memory::new(&files), "").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        error.to_string()
    };
    for (said, name) in [
        (say(&|limits| limits.file_bytes_max = 9), "limit=file_bytes_max, max=9"),
        (say(&|limits| limits.artifact_bytes_max = 60), "limit=artifact_bytes_max, max=60"),
        (say(&|limits| limits.files_max = 1), "limit=files_max, max=1"),
        (say(&|limits| limits.folder_depth_max = 2), "limit=folder_depth_max, max=2"),
        (say(&|limits| limits.objects_max = 1), "limit=objects_max, max=1"),
        (say(&|limits| limits.object_bytes_max = 20), "limit=object_bytes_max, max=20"),
        (say(&|limits| limits.value_depth_max = 1), "limit=value_depth_max, max=1"),
    ] {
        assert!(said.contains(name), "{said} must name {name}");
    }
}

#[test]
fn links_in_a_circle_end_at_a_limit_that_says_so() {
    let render = |ignore: String| {
        let artifact = Artifact::new(Revision::new("sha1:1"), Digest::of(b""), Arc::new(Circle::new(ignore)));
        let root = TreePath::root();
        Manifests::new().render(&context(), &RenderInput::new(&artifact, &root)).unwrap_err()
    };
    let patterns = (0..2000).map(|i| format!("*x{i}*y\n")).collect();
    let error = render(patterns);
    assert!(error.to_string().contains("limit=ignore_patterns_max"), "{error}");
    let error = render("x".into());
    assert!(error.to_string().contains("limit=folder_depth_max"), "{error}");
    assert!(error.help().unwrap().contains("a link to a folder around it"), "{error:?}");
}

#[test]
fn problems_beyond_the_limit_are_counted() {
    let mut limits = Limits::default();
    limits.problems_max = 2;
    let cx = context().with_limits(limits);
    let files = [("a.yaml", "a: ["), ("b.yaml", "a: ["), ("c.yaml", "a: ["), ("d.yaml", "a: [")];
    let error = render_with(&cx, &Manifests::new(), Memory::new(&files), "").unwrap_err();
    let said: Vec<_> =
        error.problems().iter().map(|problem| problem.context("path").unwrap_or(problem.message())).collect();
    assert_eq!(said, ["a.yaml", "b.yaml", "2 more problems"]);
}

#[test]
fn no_value_reaches_an_error_or_debug() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: hunter2}\n";
    let rendered =
        render_with(&context(), &Manifests::new(), Memory::new(&[("a.yaml", secret)]), "").unwrap();
    assert!(!format!("{rendered:?}").contains("hunter2"));
    let twice = [("a.yaml", secret), ("b.yaml", secret), ("c.yaml", "kind: hunter2\nmetadata: hunter2")];
    let error = render_with(&context(), &Manifests::new(), Memory::new(&twice), "").unwrap_err();
    assert!(!error.explain().contains("hunter2"), "{}", error.explain());
}
