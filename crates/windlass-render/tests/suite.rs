//! The laws of a renderer and of a transform, from the conformance suite.

use std::sync::Arc;

use windlass_core::{
    Context, Need, Object, ObjectId, Paths, Provided, RenderInput, Renderer, Transform, TreePath, Value,
};
use windlass_render::{Manifests, Substitute, VariablesFrom, VariablesKind};
use windlass_testkit::renderer::{Place, RendererHarness};
use windlass_testkit::suite::{Bench, Check};
use windlass_testkit::transform::{Given, TransformHarness};
use windlass_testkit::{MemoryFiles, TestClock, files};

const SECRET: &str = "canary-31f0";
const A: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: shop\n";
const B: &str = "# two\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: b}\n";

struct Stage;

impl Bench for Stage {}

impl RendererHarness for Stage {
    fn renderer(&self) -> Arc<dyn Renderer> {
        Arc::new(Manifests::new())
    }

    fn variants(&self) -> Vec<Arc<dyn Renderer>> {
        let variants = [
            Manifests::new().with_include(["/deep"]),
            Manifests::new().with_exclude(["/deep"]),
            Manifests::new().with_extensions(["txt"]),
            Manifests::new().with_ignore_files([".leave"]),
            Manifests::new().with_recursion(false),
            Manifests::new().with_hidden(true),
        ];
        variants.map(|renderer| Arc::new(renderer) as _).into()
    }

    fn path(&self) -> TreePath {
        TreePath::new("app").expect("a path")
    }

    fn good(&self) -> MemoryFiles {
        files([("app/a.yaml", A), ("app/deep/b.yaml", B), ("app/notes.txt", "x: [")])
    }

    fn wrong(&self) -> (MemoryFiles, Vec<Place>) {
        let broken = format!("a: [\n---\n{A}\n---\nkind: Pod\nmetadata: {{name: x}}\n");
        let files = self.good().with("app/x.yaml", broken).with("app/y.json", "{\n\"a\": 1,\n}");
        let places = [("app/x.yaml", 1), ("app/x.yaml", 3), ("app/x.yaml", 10), ("app/y.json", 2)];
        (files, places.map(|(file, line)| Place::new(file, line)).into())
    }

    fn twice(&self) -> (MemoryFiles, [Place; 2]) {
        let files = self.good().with("app/c.yaml", format!("\n{A}"));
        (files, [Place::new("app/a.yaml", 1), Place::new("app/c.yaml", 2)])
    }

    fn missing(&self) -> Check<(MemoryFiles, Vec<Need>)> {
        let path = |path| TreePath::new(path).expect("a path");
        let files = self.good().fetched(&Paths::Under(vec![path("app/a.yaml")]));
        Ok((files, vec![Need::File(path("app"))]))
    }

    fn indiscreet(&self) -> (MemoryFiles, String) {
        let wrong = format!(
            "apiVersion: v1\nkind: Secret\nstringData:\n  a: !!int {SECRET}\n  b: {SECRET}: {SECRET}\n  c: '{SECRET}\nd: 1\n"
        );
        (self.good().with("app/s.yaml", wrong), SECRET.into())
    }
}

mod manifests {
    windlass_testkit::renderer_suite!(|| super::Stage);
}

/// Variables of its own, and of a Secret of the target.
struct Variables;

impl Bench for Variables {}

fn substitute() -> Substitute {
    Substitute::new([("color", "red")])
}

fn from() -> VariablesFrom {
    VariablesFrom::new(VariablesKind::Secret, "shop", "vars")
}

fn need() -> Need {
    Need::Object { id: ObjectId::new("", "Secret", "shop", "vars"), api_version: "v1".into() }
}

fn map(name: &str, value: &str) -> String {
    format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{value: \"{value}\"}}\n")
}

/// Renders files, and brings the Secret with its one variable.
fn given(files: MemoryFiles, size: &str) -> Given {
    let (artifact, root) = (files.artifact(), TreePath::root());
    let cx = Context::new(TestClock::new());
    let rendered = Manifests::new().render(&cx, &RenderInput::new(&artifact, &root)).expect("good manifests");
    let text = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: vars, namespace: shop}}\ndata: {{size: {size}}}\n"
    );
    let read =
        windlass_yaml::read(text.as_bytes(), &windlass_yaml::Options::default()).expect("YAML").remove(0);
    let mut provided = Provided::default();
    provided.objects.insert(need(), Some(Object::new(read.value).expect("an object")));
    Given::new(files, rendered).with_provided(provided)
}

const BIG: &str = "YmlnCg==";

impl TransformHarness for Variables {
    fn transform(&self) -> Arc<dyn Transform> {
        Arc::new(substitute().with_source(from()))
    }

    fn variants(&self) -> Vec<Arc<dyn Transform>> {
        let variants = [
            substitute(),
            substitute().with_source(from().with_optional(true)),
            substitute().with_source(VariablesFrom::new(VariablesKind::ConfigMap, "shop", "vars")),
            substitute().with_source(from()).with_strict(true),
            substitute().with_source(from()).with_always(true),
            substitute().with_source(from()).with_checks(true),
            Substitute::new([("color", "blue")]).with_source(from()),
        ];
        variants.map(|transform| Arc::new(transform) as _).into()
    }

    fn name(&self) -> String {
        "substitute".into()
    }

    fn good(&self) -> Given {
        let files = [
            ("a.yaml", map("a", "${color}")),
            ("b.yaml", map("b", "plain")),
            ("c.yaml", map("c", "${size}")),
        ];
        given(files.into_iter().fold(MemoryFiles::new(), |files, (path, text)| files.with(path, text)), BIG)
    }

    fn wrong(&self) -> (Given, Vec<Place>) {
        let files = MemoryFiles::new()
            .with("a.yaml", map("a", "${color"))
            .with("b.yaml", map("b", "${color}"))
            .with("c.yaml", format!("# two\n---\n{}", map("c", "${color/")));
        (given(files, BIG), vec![Place::new("a.yaml", 1), Place::new("c.yaml", 3)])
    }

    fn twice(&self) -> Check<(Given, [Place; 2])> {
        let files =
            MemoryFiles::new().with("a.yaml", map("red", "x")).with("b.yaml", map("\"${color}\"", "y"));
        Ok((given(files, BIG), [Place::new("a.yaml", 1), Place::new("b.yaml", 1)]))
    }

    fn missing(&self) -> Check<(Given, Vec<Need>)> {
        let mut given = self.good();
        given.provided = Provided::default();
        Ok((given, vec![need()]))
    }

    fn indiscreet(&self) -> (Given, String) {
        let files = MemoryFiles::new().with("a.yaml", map("a", &format!("{SECRET} ${{color")));
        (given(files, BIG), SECRET.into())
    }
}

mod substitution {
    windlass_testkit::transform_suite!(|| super::Variables);
}

#[test]
fn no_variable_is_shown_in_an_error() {
    // `canary-31f0: [` is no YAML any more once it is put in.
    let secret = Value::from("Y2FuYXJ5LTMxZjA6IFsK");
    let given = given(
        MemoryFiles::new()
            .with("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: \"${size}\"}\n"),
        secret.as_text().expect("text"),
    );
    let (artifact, root) = (given.files.artifact(), TreePath::root());
    let input = RenderInput::new(&artifact, &root).with_provided(&given.provided);
    let cx = Context::new(TestClock::new());
    let error = Variables.transform().transform(&cx, &input, given.rendered).expect_err("no YAML");
    assert!(!format!("{error:?} {}", error.explain()).contains(SECRET), "{error:?}");
}
