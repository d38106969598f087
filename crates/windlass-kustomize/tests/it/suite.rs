//! The laws of a renderer, from the conformance suite.

use std::sync::Arc;

use windlass_core::{Need, Paths, Renderer, TreePath};
use windlass_kustomize::{Kustomize, Options, Restrict};
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
        Arc::new(Kustomize::default())
    }

    fn variants(&self) -> Vec<Arc<dyn Renderer>> {
        let variants =
            [Options::default().with_restrict(Restrict::None), Options::default().with_managed_by_label()];
        variants.map(|options| Arc::new(Kustomize::new(options)) as _).into()
    }

    fn path(&self) -> TreePath {
        TreePath::new("app").expect("a path")
    }

    fn good(&self) -> MemoryFiles {
        let kustomization = "resources: [a.yaml, deep/b.yaml]\n";
        files([("app/kustomization.yaml", kustomization), ("app/a.yaml", A), ("app/deep/b.yaml", B)])
    }

    fn wrong(&self) -> (MemoryFiles, Vec<Place>) {
        let broken =
            format!("a: [\n---\n{A}---\n---\nkind: Pod\nmetadata: {{name: x}}\n---\nmetadata: {{name: y}}\n");
        let kustomization = "resources: [a.yaml, x.yaml, y.yaml, z.yaml]\n";
        let files = self.good().with("app/kustomization.yaml", kustomization).with("app/x.yaml", broken);
        let files =
            files.with("app/y.yaml", format!("{A}---\nkind: Pod\n")).with("app/z.yaml", "\n\nkind: Pod\n");
        let places = [("app/x.yaml", 1), ("app/y.yaml", 7), ("app/z.yaml", 3)];
        (files, places.map(|(file, line)| Place::new(file, line)).into())
    }

    fn twice(&self) -> (MemoryFiles, [Place; 2]) {
        let files = self.good().with("app/kustomization.yaml", "resources: [a.yaml, c.yaml]\n");
        let files = files.with("app/c.yaml", format!("\n{A}"));
        (files, [Place::new("app/a.yaml", 1), Place::new("app/c.yaml", 2)])
    }

    fn missing(&self) -> Check<(MemoryFiles, Vec<Need>)> {
        let path = |path| TreePath::new(path).expect("a path");
        let files =
            self.good().fetched(&Paths::Under(vec![path("app/kustomization.yaml"), path("app/a.yaml")]));
        Ok((files, vec![Need::File(path("app/deep/b.yaml"))]))
    }

    fn indiscreet(&self) -> (MemoryFiles, String) {
        let wrong = format!(
            "apiVersion: v1\nkind: Secret\nstringData:\n  a: !!int {SECRET}\n  b: {SECRET}: {SECRET}\n  c: '{SECRET}\nd: 1\n"
        );
        let kustomization = "resources: [a.yaml, s.yaml]\n";
        let files = self.good().with("app/kustomization.yaml", kustomization);
        (files.with("app/s.yaml", wrong), SECRET.into())
    }
}

mod kustomize {
    windlass_testkit::renderer_suite!(|| super::Stage);
}
