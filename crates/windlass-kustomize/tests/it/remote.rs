//! Resources, bases and components that are elsewhere.

use std::sync::Arc;

use windlass_core::{
    Artifact, Context, ErrorKind, Need, Provided, RenderInput, Rendered, Renderer, Result, Revision, TreePath,
};
use windlass_kustomize::{Kustomize, Options, Restrict};
use windlass_testkit::{MemoryFiles, TestClock, files};
use windlass_yaml::go;

const WEB: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n";

fn artifact(files: MemoryFiles) -> Artifact {
    Artifact::new(Revision::new("test:1"), files.digest(), Arc::new(files))
}

/// Renders the root of some files, with what is at some addresses.
fn render(options: Options, own: &[(&str, &str)], bases: &[(&str, &[(&str, &str)])]) -> Result<Rendered> {
    let mut provided = Provided::default();
    for (address, base) in bases {
        provided.bases.insert((*address).into(), artifact(files(base.iter().copied())));
    }
    let (artifact, root) = (artifact(files(own.iter().copied())), TreePath::root());
    let input = RenderInput::new(&artifact, &root).with_provided(&provided);
    Kustomize::new(options).render(&Context::new(TestClock::new()), &input)
}

fn remote() -> Options {
    Options::default().with_remote()
}

fn text(rendered: &Rendered) -> String {
    let texts: Vec<String> = rendered.items.iter().map(|item| go::to_yaml(item.object.body())).collect();
    texts.join("---\n")
}

fn needs(result: Result<Rendered>) -> Vec<String> {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unfetched, "{error}");
    let address = |need: &Need| match need {
        Need::Base(address) => address.expose().to_owned(),
        other => panic!("{other:?}"),
    };
    error.needs().iter().map(address).collect()
}

fn refused(own: &[(&str, &str)], bases: &[(&str, &[(&str, &str)])]) -> String {
    render(remote().with_restrict(Restrict::None), own, bases).unwrap_err().to_string()
}

const BASE: &[(&str, &str)] = &[
    ("kustomization.yaml", "resources: [root.yaml]\n"),
    ("root.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: root}\n"),
    (
        "deploy/kustomization.yaml",
        "resources: [web.yaml, sub]\nnamePrefix: p-\nconfigMapGenerator:\n- name: gen\n  files: [a.txt]\n",
    ),
    ("deploy/a.txt", "hello\n"),
    ("deploy/web.yaml", WEB),
    ("deploy/sub/kustomization.yaml", "resources: [s.yaml]\n"),
    ("deploy/sub/s.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: s}\n"),
    (
        "comp/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nlabels: [{pairs: {team: web}}]\n",
    ),
];

/// As kustomize 5.8.2 renders it, with `BASE` in a repository at /srv/base with the branch main and the tag v1.
#[test]
fn remote_bases_and_components_give_the_bytes_of_kustomize() {
    let own = [(
        "kustomization.yaml",
        "resources:\n- file:///srv/base//deploy?ref=v1\n- file:///srv/base\ncomponents:\n\
         - file:///srv/base//comp?version=main\nbuildMetadata: [originAnnotations, transformerAnnotations]\n\
         nameSuffix: -z\n",
    )];
    let [deploy, root, comp] =
        ["git::file:///srv/base?ref=v1", "git::file:///srv/base", "git::file:///srv/base?ref=main"];
    assert_eq!(needs(render(remote(), &own, &[])), [deploy, root, comp], "all are needed at once");
    let rendered = render(remote(), &own, &[(deploy, BASE), (root, BASE), (comp, BASE)]).unwrap();
    assert_eq!(text(&rendered), include_str!("../remote/expected.yaml"));
    let origins: Vec<String> = rendered.items.iter().map(|item| item.origin.to_string()).collect();
    assert_eq!(
        origins,
        [
            "git::file:///srv/base?ref=v1//deploy/kustomization.yaml:1",
            "git::file:///srv/base?ref=v1//deploy/sub/s.yaml:1",
            "git::file:///srv/base?ref=v1//deploy/web.yaml:1",
            "git::file:///srv/base//root.yaml:1",
        ]
    );
    let reads: Vec<&Need> = rendered.reads.keys().collect();
    let base = |address: &str| Need::Base(address.into());
    let file = Need::File(TreePath::new("kustomization.yaml").unwrap());
    assert_eq!(reads, [&file, &base(root), &base(comp), &base(deploy)]);
}

#[test]
fn remote_resources_are_refused_with_file_line_and_entry_unless_allowed() {
    let own = [
        (
            "kustomization.yaml",
            "resources:\n- web.yaml\n- app\n- https://ada:secret@example.org/org/repo?ref=v1\n",
        ),
        ("app/kustomization.yaml", "components:\n- github.com/org/repo//comp\n"),
        ("web.yaml", WEB),
    ];
    let error = render(Options::default(), &own, &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert_eq!(
        error.to_string(),
        "2 problems\n\
         - remote resources are not allowed (resource=github.com/org/repo//comp, option=remote, line=2, field=components, \
         kustomization=app/kustomization.yaml)\n\
         - remote resources are not allowed (resource=https://example.org/org/repo?ref=v1, option=remote, line=4, \
         field=resources, kustomization=kustomization.yaml)"
    );
    assert!(!format!("{error:?}").contains("secret"));
}

#[test]
fn what_a_remote_base_needs_is_needed_once_that_is_there() {
    let own = [("kustomization.yaml", "resources: [git@example.org:team/one.git//a]\n")];
    let one = "git::git@example.org:team/one.git";
    let base: &[(&str, &str)] = &[
        ("a/kustomization.yaml", "resources:\n- ../b\n- https://example.org/two.yaml\n"),
        ("b/kustomization.yaml", "resources:\n- https://example.org/team/three.git\n"),
    ];
    let error = render(remote(), &own, &[(one, base)]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "2 problems\n\
         - a remote resource was not brought (resource=https://example.org/team/three.git, line=2, field=resources, \
         kustomization=git::git@example.org:team/one.git//b/kustomization.yaml)\n\
         - a remote resource was not brought (resource=https://example.org/two.yaml, line=3, field=resources, \
         kustomization=git::git@example.org:team/one.git//a/kustomization.yaml)"
    );
    assert_eq!(
        needs(Err(error)),
        ["git::https://example.org/team/three.git", "https://example.org/two.yaml"]
    );
}

#[test]
fn a_remote_file_is_a_resource_a_patch_and_a_value() {
    let own = [(
        "kustomization.yaml",
        "resources: [https://example.org/web.yaml]\npatches: [{path: https://example.org/patch.yaml}]\n\
             configMapGenerator: [{name: gen, files: [a.txt=https://example.org/a.txt]}]\n\
             generatorOptions: {disableNameSuffixHash: true}\n",
    )];
    let bases: &[(&str, &[(&str, &str)])] = &[
        ("https://example.org/web.yaml", &[("download", WEB)]),
        (
            "https://example.org/patch.yaml",
            &[("patch", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: b}\n")],
        ),
        ("https://example.org/a.txt", &[("a.txt", "hello")]),
    ];
    let rendered = render(remote(), &own, bases).unwrap();
    assert_eq!(
        text(&rendered),
        "apiVersion: v1\ndata:\n  a.txt: hello\nkind: ConfigMap\nmetadata:\n  name: gen\n---\n\
         apiVersion: v1\ndata:\n  a: b\nkind: ConfigMap\nmetadata:\n  name: web\n"
    );
    let two: &[(&str, &str)] = &[("a", WEB), ("b", WEB)];
    let error = refused(&own, &[("https://example.org/web.yaml", two)]);
    assert!(
        error.contains("what is at the address is not one file (resource=https://example.org/web.yaml"),
        "{error}"
    );
}

#[test]
fn nothing_in_a_repository_reads_outside_of_it() {
    let own = [
        ("over/kustomization.yaml", "resources: [../secret.yaml]\n"),
        ("kustomization.yaml", "resources: [https://example.org/org/repo//a]\n"),
        ("secret.yaml", WEB),
    ];
    let with = |kustomization: &str| {
        let base = [("a/kustomization.yaml", kustomization), ("b.yaml", WEB)];
        refused(&own, &[("git::https://example.org/org/repo", &base)])
    };
    let error = with("resources: [../../secret.yaml]\n");
    assert!(error.contains("the path leaves its root"), "{error}");
    assert!(error.contains("git::https://example.org/org/repo//a/kustomization.yaml"), "{error}");
    let error = with("resources: [../../over]\n");
    assert!(error.contains("the path leaves its root"), "{error}");
    for inside in ["resources: [../b.yaml]\n", "configMapGenerator: [{name: a, files: [../b.yaml]}]\n"] {
        let error = with(inside);
        assert!(error.contains("not in or below the folder of the kustomization"), "{error}");
    }
    assert!(with("resources: [/secret.yaml]\n").contains("the path is absolute"));
}

#[test]
fn a_repository_that_leads_to_itself_is_a_cycle() {
    let entry = "https://example.org/org/repo//a?ref=v1";
    let kustomization = format!("resources: [\"{entry}\"]\n");
    let own = [("kustomization.yaml", kustomization.as_str())];
    let base =
        [("a/kustomization.yaml", "resources: [b]\n"), ("a/b/kustomization.yaml", kustomization.as_str())];
    let error = refused(&own, &[("git::https://example.org/org/repo?ref=v1", &base)]);
    assert!(error.contains("cycle detected: a repository contains what refers to it"), "{error}");
    assert!(error.contains(&format!("base={entry}")), "{error}");
}

#[test]
fn a_folder_of_a_repository_that_is_not_there_is_named() {
    let own = [(
        "kustomization.yaml",
        "resources:\n- https://example.org/org/repo//a.yaml\n- github.com/org/repo//b\n",
    )];
    let own = [own[0], ("web.yaml", WEB)];
    let base = [("x.yaml", WEB)];
    let bases: &[(&str, &[(&str, &str)])] =
        &[("https://example.org/org/repo//a.yaml", &base), ("git::https://github.com/org/repo", &base)];
    let error = refused(&own, bases);
    assert!(error.contains("path=b, base=git::https://github.com/org/repo"), "{error}");
}

#[test]
fn a_file_of_that_name_goes_before_a_repository() {
    let own = [("kustomization.yaml", "resources: [github.com/org/repo]\n"), ("github.com/org/repo", WEB)];
    assert_eq!(render(Options::default(), &own, &[]).unwrap().items.len(), 1);
}

#[test]
fn no_secret_of_an_address_is_in_an_object_or_an_error() {
    let entry = "https://ada:secret@example.org/org/repo//a?ref=v1";
    let kustomization = format!("resources: [\"{entry}\"]\nbuildMetadata: [originAnnotations]\n");
    let own = [("kustomization.yaml", kustomization.as_str())];
    let missing = render(remote(), &own, &[]).unwrap_err();
    assert!(!format!("{missing:?} {}", missing.explain()).contains("secret"), "{missing:?}");
    let base = [("a/kustomization.yaml", "resources: [web.yaml]\n"), ("a/web.yaml", WEB)];
    let address = "git::https://ada:secret@example.org/org/repo?ref=v1";
    let rendered = render(remote(), &own, &[(address, &base)]).unwrap();
    assert!(text(&rendered).contains("repo: https://example.org/org/repo\n"), "{}", text(&rendered));
    assert!(!format!("{:?} {}", rendered, text(&rendered)).contains("secret"));
}
