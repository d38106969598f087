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

/// The source of the first block below a heading of the reference.
fn documented(heading: &str) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(folder.join("../../docs/command.md")).unwrap();
    let (_, below) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    let block = below.split("```").nth(1).unwrap();
    block.trim_start_matches("text\n").to_owned()
}

#[test]
fn the_bucket_of_the_reference_is_applied() {
    let (mut world, server) = (World::new(), Server::new());
    server.put(&[("shop/web.yaml", WEB.as_bytes()), ("other/web.yaml", WEB.as_bytes())]);
    world.put("keys", "[default]\naws_access_key_id = ada\naws_secret_access_key = canary\n");
    let source = documented("A bucket").replace("minio.example:9000", &format!("\"{}\"", server.host));
    let source = source.replace("../secrets/fleet", "keys, insecure: true");
    let source: String = source.lines().map(|line| format!("  {line}\n")).collect();
    world.spec(&format!("{source}  target: {{dir: ./live}}\n"));
    world.good("validate -f unit.yaml");
    world.good("apply -f unit.yaml");
    assert!(world.path("live/shop/ConfigMap/web.yaml").is_file());
    assert!(!server.asked().iter().any(|asked| asked.contains("other")));
}

#[test]
fn what_is_wrong_with_the_fields_is_said_by_validate_before_anything_is_asked() {
    let (mut world, server) = (World::new(), Server::new());
    world.spec("  source:\n    bucket: {endpoint: s3.example, style: virtual, bucket: fleet}\n  target: {dir: ./live}\n");
    let said = world.run("validate -f unit.yaml");
    let whole = format!("{}{}", said.stdout, said.stderr);
    assert_eq!(said.code, Some(1), "{whole}");
    for part in ["spec.source.bucket.style", "bucketName", "unit.yaml"] {
        assert!(whole.contains(part), "{part}: {whole}");
    }
    assert!(server.asked().is_empty());
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
