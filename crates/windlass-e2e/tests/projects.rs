//! Real projects, rendered by the real tools, on the real control plane.

mod support;

use support::world::World;

#[test]
fn a_config_map_goes_from_git_to_the_cluster() {
    let world = World::new("thin");
    world.git.commit(
        "first",
        &[("a.yaml", Some("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: '1'\n"))],
    );
    println!("{}", world.plan_text());
    println!("{}", world.pass());
    println!("{}", world.plan_text());
    let before = world.cluster.requests();
    let report = world.pass();
    println!("{report} {} requests", world.cluster.requests() - before);
}
#[test]
fn try_them_all() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/goldens/kustomize");
    for case in std::env::var("CASES").unwrap_or_default().split(',').filter(|c| !c.is_empty()) {
        let text = std::fs::read_to_string(root.join("cases").join(case).join("expected.yaml"))
            .or_else(|_| std::fs::read_to_string(root.join(case).join("expected.yaml")))
            .expect(case);
        let world = World::new(&format!("p-{}", case.len()));
        world.git.commit("first", &[("all.yaml", Some(&text))]);
        let began = std::time::Instant::now();
        println!("=== {case}\n{}", world.pass());
        println!("--- {:?}\n{}", began.elapsed(), world.plan_text());
        let before = world.cluster.requests();
        println!("{} {}", world.pass(), world.cluster.requests() - before);
        let plan = world.run(world.engine.plan_delete(&world.cx)).unwrap();
        let report = world.run(world.engine.delete(&world.cx, &plan)).unwrap();
        println!("deleted: {report}");
    }
}
