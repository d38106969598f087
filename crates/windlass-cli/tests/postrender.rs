//! Post-renderers of a chart, held against what the real tools give.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod support;

use support::{World, unit};

const CHART: [(&str, &str); 7] = [
    ("Chart.yaml", include_str!("data/chart/Chart.yaml")),
    ("values.yaml", include_str!("data/chart/values.yaml")),
    ("templates/NOTES.txt", include_str!("data/chart/templates/NOTES.txt")),
    ("templates/deployment.yaml", include_str!("data/chart/templates/deployment.yaml")),
    ("templates/hook.yaml", include_str!("data/chart/templates/hook.yaml")),
    ("templates/old.yaml", include_str!("data/chart/templates/old.yaml")),
    ("templates/service.yaml", include_str!("data/chart/templates/service.yaml")),
];

const POST: &str = "    postRenderers:
    - kustomize:
        images: [{name: registry.example/web, newName: mirror.example/web, newTag: \"2\"}]
        patches:
        - patch: |
            - {op: add, path: /metadata/labels, value: {team: a}}
          target: {kind: ConfigMap}
        - patch: |
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web}
            spec: {template: {spec: {containers: [{name: web, resources: {limits: {memory: 1Gi}}}]}}}
";

fn world(helm: &str) -> World {
    let world = World::new();
    world.remove("deploy/web.yaml");
    CHART.iter().for_each(|(name, text)| world.put(&format!("deploy/{name}"), text));
    let spec = format!("  source: {{dir: ./deploy}}\n  target: {{dir: ./live}}\n  helm:\n{helm}");
    world.put("unit.yaml", &unit("web", &spec));
    world
}

/// The documents without the comments, in the order of their texts.
fn documents(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let text = lines.join("\n");
    let mut documents: Vec<String> = text
        .split("---\n")
        .filter(|document| !document.trim().is_empty())
        .map(|document| document.trim().to_owned())
        .collect();
    documents.sort();
    documents
}

fn check(helm: &str, expected: &str) {
    let rendered = world(helm).good("render -f unit.yaml").stdout;
    assert_eq!(documents(&rendered), documents(expected), "{helm}");
}

#[test]
fn objects_and_hooks_have_the_bytes_of_helm_4_and_kustomize() {
    check(POST, include_str!("data/postrendered-combined.yaml"));
}

#[test]
fn hooks_for_themselves_are_another_stream_that_each_patch_must_fit() {
    let strategy = "    postRenderStrategy: separate\n";
    let said = world(&format!("{POST}{strategy}")).run("render -f unit.yaml");
    assert!(said.stderr.contains("no object has this id (id=Deployment"), "{}", said.stderr);
    let targeted = "    postRenderers:
    - kustomize: {patches: [{patch: '- {op: add, path: /data/b, value: \"3\"}', target: {kind: ConfigMap}}]}
";
    let said = world(&format!("{targeted}{strategy}")).good("render -f unit.yaml").stdout;
    assert_eq!(said.matches("  b: \"3\"").count(), 3, "two ordinary ones and the hook: {said}");
}

#[test]
fn without_hooks_objects_have_the_bytes_of_helm_3_with_a_post_renderer() {
    // The hook is printed as the chart writes it; `render` prints every object in one form.
    let as_written = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web-hook\n  annotations: {helm.sh/hook: \
                      \"pre-install,pre-upgrade\", helm.sh/hook-weight: \"3\"}\ndata: {a: \"1\"}\n";
    let in_form = "apiVersion: v1\ndata:\n  a: \"1\"\nkind: ConfigMap\nmetadata:\n  annotations:\n    helm.sh/hook: \
                   pre-install,pre-upgrade\n    helm.sh/hook-weight: \"3\"\n  name: web-hook\n";
    let recorded = include_str!("data/postrendered-nohooks.yaml");
    assert!(recorded.contains(as_written));
    let expected = recorded.replace(as_written, in_form);
    check(&format!("{POST}    version: \"3\"\n"), &expected);
    check(&format!("{POST}    postRenderStrategy: nohooks\n"), &expected);
}

#[test]
fn each_post_renderer_sees_what_the_one_before_it_gave() {
    let chained = "    postRenderers:
    - kustomize: {patches: [{patch: '- {op: add, path: /data/a, value: \"2\"}', target: {name: web-old}}]}
    - kustomize:
        patches:
        - target: {name: web-old}
          patch: |
            - {op: test, path: /data/a, value: \"2\"}
            - {op: add, path: /data/b, value: \"3\"}
";
    let said = world(chained).good("render -f unit.yaml").stdout;
    assert!(said.contains("  a: \"2\"\n  b: \"3\"\n"), "{said}");
}

#[test]
fn a_hook_that_loses_its_annotation_is_an_ordinary_object() {
    let lost = "    postRenderers:
    - kustomize: {patches: [{patch: '- {op: remove, path: /metadata/annotations}', target: {name: web-hook}}]}
";
    let said = world(lost).good("plan -f unit.yaml -o json").stdout;
    assert!(said.contains("web-hook") && !said.contains("\"phase\""), "{said}");
    let kept = world("    version: \"4\"\n").good("plan -f unit.yaml -o json").stdout;
    assert!(kept.contains("\"phase\": \"before\""), "{kept}");
}

#[test]
fn a_patch_that_fits_nothing_says_so() {
    let wrong = "    postRenderers:
    - kustomize: {patches: [{patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: nobody}}'}]}
";
    let said = world(wrong).run("render -f unit.yaml");
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("nobody"), "{}", said.stderr);
}
