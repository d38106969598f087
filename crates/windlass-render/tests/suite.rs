//! The laws of a renderer, from the conformance suite.

use std::sync::Arc;

use windlass_core::{Need, Paths, Renderer, TreePath};
use windlass_render::Manifests;
use windlass_testkit::renderer::{Place, RendererHarness};
use windlass_testkit::suite::{Bench, Check};
use windlass_testkit::{MemoryFiles, files};

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
