//! A renderer chosen by what lies in the folder.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use windlass::core::{Need, RenderInput};
use windlass::render::Manifests;
use windlass::testkit::renderer::{Place, RendererHarness};
use windlass::testkit::suite::{Bench, Check};
use windlass::testkit::{LinesRenderer, MemoryFiles, TestClock, files};
use windlass::{Auto, ErrorKind, Renderer, TreePath};

/// A wrapper passes the suite of what it wraps.
mod laws {
    use super::*;

    const SECRET: &str = "canary-5e1d";

    struct Stage;

    impl Bench for Stage {}

    impl RendererHarness for Stage {
        fn renderer(&self) -> Arc<dyn Renderer> {
            Arc::new(lines_or_manifests())
        }

        fn variants(&self) -> Vec<Arc<dyn Renderer>> {
            let variants = [
                Auto::otherwise(Manifests::new().with_hidden(true))
                    .with_file(["a.lines"], LinesRenderer::new()),
                Auto::otherwise(Manifests::new()).with_file(["b.lines"], LinesRenderer::new()),
                Auto::otherwise(Manifests::new()).with_file(["a.lines", "b.lines"], LinesRenderer::new()),
                Auto::otherwise(Manifests::new())
                    .with_file(["a.lines"], LinesRenderer::new().with_namespace("shop")),
            ];
            variants.map(|renderer| Arc::new(renderer) as _).into()
        }

        fn path(&self) -> TreePath {
            TreePath::new("app").unwrap()
        }

        fn good(&self) -> MemoryFiles {
            files([
                ("app/a.lines", "# first\nConfigMap/shop/a color=red\nConfigMap/shop/b color=blue\n"),
                ("app/deep/c.lines", "Deployment.apps/shop/c image=c:1\n"),
            ])
        }

        fn wrong(&self) -> (MemoryFiles, Vec<Place>) {
            let files =
                self.good().with("app/x.lines", "nonsense\nConfigMap/shop/x\nConfigMap/shop/y color\n");
            (files, vec![Place::new("app/x.lines", 1), Place::new("app/x.lines", 3)])
        }

        fn twice(&self) -> (MemoryFiles, [Place; 2]) {
            let files = self.good().with("app/b.lines", "\nConfigMap/shop/b color=green\n");
            (files, [Place::new("app/a.lines", 3), Place::new("app/b.lines", 2)])
        }

        fn missing(&self) -> Check<(MemoryFiles, Vec<Need>)> {
            let files = self.good().with("app/z.lines", "include lib/one.lines\n");
            Ok((files, vec![Need::File(TreePath::new("lib/one.lines").unwrap())]))
        }

        fn indiscreet(&self) -> (MemoryFiles, String) {
            let files = self.good().with("app/s.lines", format!("Secret/shop/db {SECRET}\n{SECRET}\n"));
            (files, SECRET.into())
        }
    }

    windlass::testkit::renderer_suite!(|| Stage);
}

fn lines_or_manifests() -> Auto {
    Auto::otherwise(Manifests::new()).with_file(["a.lines"], LinesRenderer::new())
}

/// Renders the files of `app`, and gives the objects, or what is wrong.
fn render(renderer: &Auto, tree: &MemoryFiles, path: &str) -> String {
    let (artifact, path) = (tree.artifact(), TreePath::new(path).unwrap());
    match renderer.render(&TestClock::new().context(), &RenderInput::new(&artifact, &path)) {
        Ok(rendered) => rendered.items.iter().map(|item| item.id().to_string()).collect::<Vec<_>>().join(" "),
        Err(error) => format!("{}: {error}", error.kind().name()),
    }
}

const YAML: (&str, &str) = ("app/web.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n");
const LINES: (&str, &str) = ("app/a.lines", "ConfigMap/shop/a color=red\n");

#[track_caller]
fn check(tree: &[(&str, &str)], path: &str, expected: &str) {
    assert_eq!(render(&lines_or_manifests(), &files(tree.iter().copied()), path), expected);
}

#[test]
fn a_file_chooses_its_renderer_and_else_the_other_renders() {
    check(&[YAML], "app", "Service//web");
    check(&[LINES], "app", "ConfigMap/shop/a");
    check(&[LINES, YAML], "app", "ConfigMap/shop/a");
    check(&[YAML], "app/web.yaml", "Service//web");
    check(&[YAML], "lib", "not found: no such path (path=lib)");
}

#[test]
fn only_the_folder_itself_is_looked_at() {
    check(&[YAML, ("app/below/a.lines", "ConfigMap/shop/a color=red\n")], "app", "Service//web");
}

#[test]
fn a_folder_that_asks_for_two_renderers_is_refused() {
    let renderer = lines_or_manifests().with_file(["web.yaml"], Manifests::new());
    let told = render(&renderer, &files([LINES, YAML]), "app");
    assert_eq!(told, "invalid: the folder asks for two renderers (path=app, first=a.lines, second=web.yaml)");
}

#[test]
fn what_decided_is_among_the_reads_though_it_is_not_there() {
    let read = |tree: &MemoryFiles| {
        let (artifact, path) = (tree.artifact(), TreePath::new("app").unwrap());
        let cx = TestClock::new().context();
        let rendered = lines_or_manifests().render(&cx, &RenderInput::new(&artifact, &path)).unwrap();
        rendered.reads[&Need::File(path.join("a.lines").unwrap())]
    };
    assert_ne!(read(&files([YAML])), read(&files([YAML, LINES])));
}

#[test]
fn a_folder_for_a_renderer_that_is_not_there_is_refused() {
    for (file, text) in [
        ("app/kustomization.yaml", "resources: []\n"),
        ("app/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n"),
    ] {
        let tree = files([YAML, (file, text)]);
        let artifact = tree.artifact();
        let path = TreePath::new("app").unwrap();
        let rendered =
            windlass::auto().render(&TestClock::new().context(), &RenderInput::new(&artifact, &path));
        assert_eq!(rendered.unwrap_err().kind(), ErrorKind::Unsupported, "{file}");
    }
}
