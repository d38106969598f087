//! A chart that looks for what is live.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use support::{World, config_map, unit};

/// Writes the names that it finds in its namespace, and what is in one of them.
const TEMPLATE: &str = r#"
apiVersion: v1
kind: ConfigMap
metadata: { name: found, namespace: shop }
data:
  names: "{{ range (lookup "v1" "ConfigMap" "shop" "").items }}{{ .metadata.name }} {{ end }}"
  value: {{ dig "data" "value" "nothing" (lookup "v1" "ConfigMap" "shop" "b") | quote }}
"#;

fn world(helm: &str) -> World {
    let world = World::new();
    world.remove("deploy/web.yaml");
    world.put("deploy/Chart.yaml", "{apiVersion: v2, name: census, version: 1.0.0}");
    world.put("deploy/templates/found.yaml", TEMPLATE);
    let spec = format!("  source: {{dir: ./deploy}}\n  target: {{dir: ./live}}\n  helm: {{{helm}}}\n");
    world.put("unit.yaml", &unit("census", &spec));
    for (name, value) in [("a", "1"), ("b", "2")] {
        world.put(&format!("live/shop/ConfigMap/{name}.yaml"), &config_map(name, &format!("\"{value}\"")));
    }
    world
}

fn found(world: &World) -> String {
    std::fs::read_to_string(world.path("live/shop/ConfigMap/found.yaml")).unwrap()
}

#[test]
fn a_chart_finds_lists_of_what_is_live_and_finds_them_anew_in_each_pass() {
    let mut world = world("lookup: true");
    world.good("apply -f unit.yaml");
    let first = found(&world);
    assert!(
        first.contains("names: 'a b '") || first.contains("names: \"a b \"") || first.contains("names: a b"),
        "{first}"
    );
    assert!(first.contains("value: \"2\"") || first.contains("value: '2'"), "{first}");
    let said = world.good("plan -f unit.yaml").stdout;
    assert!(said.contains("a b found"), "its own object is there by now:\n{said}");
}

#[test]
fn a_chart_finds_nothing_where_nobody_is_asked() {
    let mut quiet = world("");
    quiet.good("apply -f unit.yaml");
    assert!(found(&quiet).contains("value: nothing"), "{}", found(&quiet));
    let mut asking = world("lookup: true");
    let said = asking.good("render -f unit.yaml").stdout;
    assert!(said.contains("nothing"), "as `helm template`: {said}");
}
