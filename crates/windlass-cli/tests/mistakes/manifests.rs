//! Mistakes in manifests.

use crate::Mistake;
use crate::support::{World, config_map};

fn manifest(world: &mut World, text: &str) {
    world.write("deploy/web.yaml", text);
    world.run("plan -f unit.yaml");
}

fn annotated(name: &str, annotation: &str) -> String {
    config_map(name, "1")
        .replace("  namespace: shop\n", &format!("  namespace: shop\n  annotations:\n    {annotation}\n"))
}

pub(crate) const ALL: &[Mistake] = &[
    ("a tab in a manifest", |world| {
        world.edit("deploy/web.yaml", "  greeting: hello", "\tgreeting: hello");
        world.run("plan -f unit.yaml");
    }),
    ("a key twice in a manifest", |world| {
        world.edit("deploy/web.yaml", "  greeting: hello", "  greeting: hello\n  greeting: hi");
        world.run("plan -f unit.yaml");
    }),
    ("a manifest without apiVersion and name", |world| {
        manifest(world, "kind: ConfigMap\nmetadata:\n  namespace: shop\n")
    }),
    ("a manifest that makes its name up", |world| {
        manifest(world, "apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: job-\n");
    }),
    ("a List with a broken item", |world| {
        manifest(
            world,
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: a}\n- kind: Secret\n",
        );
    }),
    ("an object in two files", |world| {
        world.put("deploy/again.yaml", &config_map("web", "1"));
        world.run("plan -f unit.yaml");
    }),
    ("a file that is no manifest", |world| manifest(world, "replicas: 3\nimage: web\n")),
    ("a chart without a version", |world| {
        world.write("deploy/Chart.yaml", "apiVersion: v2\nname: web\n");
        world.run("plan -f unit.yaml");
    }),
    ("a kustomization that names a file that is not there", |world| {
        world.write("deploy/kustomization.yaml", "resources:\n- wbe.yaml\n");
        world.run("plan -f unit.yaml");
    }),
    ("a remote base that the unit does not allow", |world| {
        world.write("deploy/kustomization.yaml", "resources:\n- https://github.com/org/repo//web?ref=v1\n");
        world.run("plan -f unit.yaml");
    }),
    ("a remote base from elsewhere than the unit allows", |world| {
        world.write("deploy/kustomization.yaml", "resources:\n- https://github.com/org/repo//web?ref=v1\n");
        world.run("plan -f unit.yaml --bases=https://github.com/organisation/");
    }),
    ("a remote base that nothing can bring yet", |world| {
        world.write("deploy/kustomization.yaml", "resources:\n- https://example.org/team/all.yaml\n");
        world.run("plan -f unit.yaml --bases=https://example.org/");
    }),
    ("a template", |world| {
        manifest(world, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n")
    }),
    ("a wave that is no number", |world| {
        manifest(world, &annotated("web", "argocd.argoproj.io/sync-wave: first"));
    }),
    ("a dependency on an object that is not there", |world| {
        manifest(world, &annotated("web", "windlass.dev/depends-on: ConfigMap/shop/databse"));
    }),
    ("a dependency that is spelled wrongly", |world| {
        manifest(world, &annotated("web", "windlass.dev/depends-on: database"));
    }),
    ("objects that wait for one another", |world| {
        let a = annotated("a", "windlass.dev/depends-on: ConfigMap/shop/b");
        let b = annotated("b", "windlass.dev/depends-on: ConfigMap/shop/a");
        manifest(world, &format!("{a}---\n{b}"));
    }),
    ("a mistake that needs no target to be seen", |world| {
        world.write("deploy/web.yaml", &annotated("web", "windlass.dev/depends-on: ConfigMap/shop/databse"));
        world.run("validate -f unit.yaml");
    }),
];
