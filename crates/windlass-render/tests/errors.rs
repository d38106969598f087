//! The exact words about wrong input, in `data/errors.txt`: reviewed like code. `UPDATE_GOLDEN=1 cargo test` writes it.

mod memory;

use std::fmt::Write;

use memory::{LINK, Memory, UNFETCHED, context, render_with};
use windlass_core::Limits;
use windlass_render::Manifests;

const OK: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ok\n";

type Case = (&'static str, Vec<(&'static str, Vec<u8>)>);

/// Each case: a name, and the files with what is wrong with them.
#[rustfmt::skip]
fn cases() -> Vec<Case> {
    let one = |name, text: &str| (name, vec![("web.yaml", text.as_bytes().to_vec())]);
    let many = |name, files: &[(&'static str, &str)]| (name, files.iter().map(|(path, text)| (*path, text.as_bytes().to_vec())).collect());
    vec![
        one("a tab indents", "apiVersion: v1\nkind: Pod\nmetadata:\n\tname: web\n"),
        one("apiVersion is missing", "kind: Pod\nmetadata:\n  name: web\n"),
        one("everything is missing but the name", "metadata:\n  name: web\nspec: {}\n"),
        one("the name is missing", "\napiVersion: v1\nkind: Pod\n"),
        one("the name is a number", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: 123\n"),
        one("the namespace is a boolean", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: on\n"),
        one("the kind is null", "apiVersion: v1\nkind:\nmetadata:\n  name: web\n"),
        one("the kind is empty", "apiVersion: v1\nkind: ''\nmetadata:\n  name: web\n"),
        one("the name is generated", "apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: job-\n"),
        one("a key appears twice", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  labels:\n    a: x\n    b: y\n    a: z\n"),
        one("one of two documents is broken", &format!("{OK}---\napiVersion: v1\nkind: [Pod\n")),
        one("both documents are broken", "apiVersion: v1\nkind: Pod\n  metadata: x\n---\nkind: Pod\n"),
        one("the indentation fits nothing", "apiVersion: v1\nkind: Pod\nmetadata:\n    name: web\n  labels: {}\n"),
        one("a quote is not closed", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: \"web\nspec: {}\n"),
        one("a bracket is not closed", "apiVersion: v1\nkind: Pod\nmetadata: {name: web\n"),
        one("a colon in a text", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web: x\n"),
        one("an unknown anchor", "apiVersion: v1\nkind: Pod\nmetadata: *common\n"),
        one("a text begins with a percent sign", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: %name%\n"),
        one("a list where an object is expected", "- apiVersion: v1\n  kind: Pod\n"),
        one("a text where an object is expected", "just words\n"),
        one("a Helm template with a value", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n"),
        one("a Helm template with a block", "{{- if .Values.on }}\napiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n{{- end }}\n"),
        one("items is a map", "apiVersion: v1\nkind: List\nitems:\n  a: b\n"),
        one("items of a list are wrong", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: 5\n- kind: Pod\n  apiVersion: v1\n- text\n- a: b\n"),
        one("too deep", &format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: web}}\nspec: {}{}", "[".repeat(101), "]".repeat(101))),
        one("an object is too large", &format!("{OK}data:\n  a: {}\n", "x".repeat(2000))),
        one("an alias bomb", &format!("a: &a {0}\nb: &b {1}\nc: &c {2}\nd: &d {3}\ne: &e {4}\nf: {5}\n", "[x,x,x,x,x,x,x,x,x,x]", "[*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]",
            "[*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]", "[*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]", "[*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]", "[*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]")),
        many("a comma too many in JSON", &[("web.json", "{\"apiVersion\": \"v1\",\n \"kind\": \"Pod\",\n}")]),
        many("YAML in a JSON file", &[("web.json", "apiVersion: v1\nkind: Pod\n")]),
        many("one object in two files", &[("a.yaml", OK), ("b/b.yaml", &format!("# again\n---\n{OK}"))]),
        many("one object twice in one file", &[("a.yaml", &format!("{OK}---\n{OK}---\n{OK}"))]),
        many("several files are wrong", &[("c.yaml", "a: ["), ("a.yaml", "kind: Pod\n"), ("b.yaml", OK), ("a/a.yaml", "x: 'y")]),
        many("a kustomization", &[("app/kustomization.yaml", "resources: [web.yaml]\n"), ("app/web.yaml", "a: ["), ("b.yaml", "a: [")]),
        many("a kustomization with a version", &[("kustomization.yml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n")]),
        many("a chart", &[("chart/Chart.yaml", "apiVersion: v2\nname: web\n"), ("chart/templates/web.yaml", "{{ .x }}")]),
        many("values of a chart", &[("values.yaml", "replicas: 3\nimage:\n  tag: v1\n")]),
        many("a link that leaves the repository", &[("web.yaml", LINK)]),
        many("files that were not fetched", &[("a.yaml", "a: ["), ("b.yaml", UNFETCHED), ("c.yaml", UNFETCHED)]),
        ("bytes that are not UTF-8", vec![("web.yaml", b"apiVersion: v1\nkind: P\xf6d\n".to_vec())]),
        ("a binary file", vec![("web.yaml", b"\x7fELF\x02\x01\x01\0\0".to_vec())]),
        ("UTF-16", vec![("web.yaml", b"\xff\xfea\0:\0".to_vec())]),
    ]
}

fn said(files: &[(&str, Vec<u8>)]) -> String {
    let mut limits = Limits::default();
    limits.object_bytes_max = 1000;
    let cx = context().with_limits(limits);
    let error = render_with(&cx, &Manifests::new(), Memory::new(files), "").expect_err("it must be refused");
    format!("[{}]\n{}", error.kind().name(), error.explain())
}

#[test]
fn every_mistake_is_explained_in_the_recorded_words() {
    let mut all = String::new();
    for (name, files) in cases() {
        let _ = writeln!(all, "# {name}\n{}\n", said(&files));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/errors.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &all).unwrap();
    }
    let recorded = std::fs::read_to_string(path).unwrap();
    for (got, expected) in all.split("\n\n").zip(recorded.split("\n\n")) {
        assert_eq!(got, expected);
    }
    assert_eq!(all.len(), recorded.len(), "as many cases as recorded");
}
