//! Units that render only what a trusted key has signed: the repository of windlass-git's `signed/make.sh`.

#![allow(clippy::unwrap_used, clippy::panic, dead_code, reason = "a test fails by panicking")]

mod support;

use std::path::Path;

use support::World;

const SIGNED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../windlass-git/tests/signed");

fn world(reference: &str, mode: &str) -> World {
    let mut world = World::new();
    let keys = std::fs::read_to_string(Path::new(SIGNED).join("team.pub")).unwrap();
    world.put("team.pub", &keys);
    world.spec(&format!(
        "  source:\n    git: {{url: \"{SIGNED}/fleet.git\", {reference}, verify: {{mode: {mode}, keysFile: team.pub}}}}\n  \
         target: {{dir: ./live}}\n"
    ));
    world
}

#[test]
fn what_the_team_signed_is_rendered_and_what_nobody_or_another_signed_is_not() {
    for (reference, mode, expected) in [
        ("branch: main", "HEAD", None),
        ("tag: v1.2.0", "Tag", None),
        ("semver: ~1.3", "Tag", None),
        ("tag: v1.3.0", "TagAndHEAD", None),
        ("branch: unsigned", "HEAD", Some("no trusted signature (why=nobody signed it")),
        ("branch: other", "HEAD", Some("why=none of the given keys made the signature")),
        ("tag: v9.0.0", "Tag", Some("the tag was signed as another")),
        ("branch: main", "Tag", Some("there is no signed tag to verify")),
    ] {
        let mut world = world(reference, mode);
        let said = world.run("render -f unit.yaml");
        let whole = format!("{}{}", said.stdout, said.stderr);
        match expected {
            // What is given out is looked at: the repository holds a file that is no manifest.
            None => assert!(whole.contains("not a Kubernetes object"), "{reference} {mode}: {whole}"),
            Some(why) => {
                assert!(!whole.contains("not a Kubernetes object"), "{reference} {mode}: {whole}");
                assert!(whole.contains(why), "{reference} {mode}: {whole}");
                assert!(whole.contains("field=spec.source.git.verify"), "{reference} {mode}: {whole}");
            }
        }
    }
}

#[test]
fn keys_that_are_not_there_or_are_none_end_the_pass_before_anything_is_asked() {
    let mut world = world("branch: main", "HEAD");
    world.put("team.pub", "nobody\n");
    let said = world.run("render -f unit.yaml");
    assert!(said.stderr.contains("the keys cannot be used"), "{}", said.stderr);
    world.remove("team.pub");
    let said = world.run("render -f unit.yaml");
    assert!(said.stderr.contains("the keys cannot be read"), "{}", said.stderr);
    assert!(said.stderr.contains("field=spec.source.git.verify"), "{}", said.stderr);
}
