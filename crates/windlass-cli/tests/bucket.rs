//! A bucket as the source of a unit.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod support;

#[path = "../../windlass-bucket/tests/support/server.rs"]
mod server;

use server::{Fault, Server};
use support::World;

const WEB: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\n";

fn unit(server: &Server, more: &str) -> String {
    format!(
        "  source:\n    bucket: {{endpoint: \"{}\", bucketName: fleet, insecure: true, {more}}}\n  target: {{dir: ./live}}\n",
        server.host
    )
}

#[test]
fn a_bucket_is_applied_and_a_change_of_it_is_seen() {
    let (mut world, server) = (World::new(), Server::new());
    server.put(&[("shop/web.yaml", WEB.as_bytes()), ("other/odd.yaml", b"{")]);
    world.put("keys", "accesskey: ada\nsecretkey: canary-secret\n");
    world.spec(&unit(&server, "path: shop, credentialsFile: keys"));
    let applied = world.good("apply -f unit.yaml");
    assert!(applied.stdout.contains("sha256:"), "{}", applied.stdout);
    let live = world.path("live/shop/ConfigMap/web.yaml");
    assert!(std::fs::read_to_string(&live).unwrap().contains("name: web"));
    server.put(&[("shop/web.yaml", format!("{WEB}data: {{a: b}}\n").as_bytes())]);
    world.good("apply -f unit.yaml");
    assert!(std::fs::read_to_string(&live).unwrap().contains("a: b"));
    assert!(server.shown().iter().all(|shown| shown.starts_with("AWS4-HMAC-SHA256 Credential=ada/")));
}

#[test]
fn the_field_to_blame_is_named() {
    let (mut world, server) = (World::new(), Server::new());
    server.put(&[("../web.yaml", b"")]);
    world.put("keys", "accesskey: ada\nsecretkey: canary-secret\n");
    world.put("odd", "accesskey: canary\n");
    let mut check = |more: &str, field: &str, message: &str| {
        world.spec(&unit(&server, more));
        let said = world.run("plan -f unit.yaml");
        assert_eq!(said.code, Some(1), "{more}");
        let said = format!("{}{}", said.stdout, said.stderr);
        assert!(said.contains(message) && said.contains(&format!("spec.source.bucket.{field}")), "{said}");
        assert!(!said.contains("canary"), "{said}");
    };
    check("", "bucketName", "the key of an object is not the path of a file");
    check("prefix: ..", "prefix", "the key of an object is not the path of a file");
    check("credentialsFile: odd", "credentialsFile", "the credentials have no access key");
    check("credentialsFile: none", "credentialsFile", "the credentials cannot be read");
    check("region: eu west", "region", "not the name of a region");
    let forbidden = "<Error><Code>AccessDenied</Code></Error>";
    server.fault(Some(Fault::Status("403 Forbidden", forbidden, "")));
    check("credentialsFile: keys", "credentialsFile", "the server denies access");
    check("", "endpoint", "--source-bucket-credentials-file");
    server.fault(Some(Fault::Status("404 Not Found", "<Error><Code>NoSuchBucket</Code></Error>", "")));
    check("", "bucketName", "the server has no such bucket");
    let region = "<Error><Code>PermanentRedirect</Code><Region>eu-west-1</Region></Error>";
    server.fault(Some(Fault::Status("301 Moved Permanently", region, "")));
    check("", "region", "say that the region is eu-west-1");
}
