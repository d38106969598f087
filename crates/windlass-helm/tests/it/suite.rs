//! The laws of a renderer, from the conformance suite.

use std::sync::Arc;

use windlass_core::{Need, Paths, Renderer, TreePath};
use windlass_helm::template::HelmVersion;
use windlass_helm::{HelmChart, Values};
use windlass_testkit::renderer::{Place, RendererHarness};
use windlass_testkit::suite::{Bench, Check};
use windlass_testkit::{MemoryFiles, files};

const SECRET: &str = "canary-31f0";
const CHART: &str = "{apiVersion: v2, name: web, version: 1.0.0}\n";
const A: &str =
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: {{ .Release.Namespace }}\n";
const B: &str =
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Secret\n  metadata: {name: b}\n";

struct Stage;

impl Bench for Stage {}

fn chart() -> HelmChart {
    HelmChart::new("web", "shop").unwrap().with_cluster("1.34.0", ["example.com/v1"])
}

impl RendererHarness for Stage {
    fn renderer(&self) -> Arc<dyn Renderer> {
        Arc::new(chart())
    }

    fn variants(&self) -> Vec<Arc<dyn Renderer>> {
        let variants = [
            HelmChart::new("other", "shop").unwrap().with_cluster("1.34.0", ["example.com/v1"]),
            HelmChart::new("web", "other").unwrap().with_cluster("1.34.0", ["example.com/v1"]),
            HelmChart::new("web", "shop").unwrap().with_cluster("1.35.0", ["example.com/v1"]),
            HelmChart::new("web", "shop").unwrap().with_cluster("1.34.0", ["example.com/v2"]),
            HelmChart::new("web", "shop").unwrap(),
            chart().with_version(HelmVersion::V3),
            chart().with_value_files([TreePath::new("values.yaml").unwrap()]),
            chart().with_values(Values::new().with_set("a=1").unwrap()),
            chart().with_values(Values::new().with_set("a=2").unwrap()),
            chart().with_crds(false),
            chart().with_hooks(false),
            chart().with_tests(true),
            chart().with_lookup(true),
            chart().with_schema_check(false),
        ];
        variants.map(|renderer| Arc::new(renderer) as _).into()
    }

    fn path(&self) -> TreePath {
        TreePath::new("app").expect("a path")
    }

    fn good(&self) -> MemoryFiles {
        files([
            ("app/Chart.yaml", CHART),
            ("app/templates/a.yaml", A),
            ("app/templates/b.yaml", B),
            ("app/templates/_c.tpl", "{{ define \"c\" }}{{ end }}"),
        ])
    }

    fn wrong(&self) -> (MemoryFiles, Vec<Place>) {
        let broken = format!("a: [\n---\n{A}\n---\nkind: Pod\nmetadata: {{name: x}}\n");
        let files = self
            .good()
            .with("app/templates/x.yaml", broken)
            .with("app/templates/y.yaml", "\n{{ fail \"no\" }}")
            .with("app/templates/z.yaml", "\n\n{{ .Values.a.b }}");
        let places = [("x", 1), ("x", 3), ("x", 10), ("y", 2), ("z", 3)];
        (files, places.map(|(file, line)| Place::new(&format!("app/templates/{file}.yaml"), line)).into())
    }

    fn twice(&self) -> (MemoryFiles, [Place; 2]) {
        let files = self.good().with("app/templates/c.yaml", format!("\n{A}"));
        (files, [Place::new("app/templates/a.yaml", 1), Place::new("app/templates/c.yaml", 2)])
    }

    fn missing(&self) -> Check<(MemoryFiles, Vec<Need>)> {
        let path = |path| TreePath::new(path).expect("a path");
        let files = self.good().fetched(&Paths::Under(vec![path("app/Chart.yaml")]));
        Ok((files, vec![Need::File(path("app"))]))
    }

    fn indiscreet(&self) -> (MemoryFiles, String) {
        let wrong = format!(
            "apiVersion: v1\nkind: Secret\nstringData:\n  a: !!int {SECRET}\n  b: {SECRET}: {SECRET}\n  c: '{SECRET}\nd: 1\n"
        );
        (self.good().with("app/templates/s.yaml", wrong), SECRET.into())
    }
}

mod chart_as_a_source {
    windlass_testkit::renderer_suite!(|| super::Stage);
}
