//! Archives at addresses and charts of Helm repositories as the sources of units.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod support;

#[path = "../../windlass-web/tests/support/server.rs"]
mod server;

use std::path::Path;

use server::Server;
use support::{World, closed_port};

const SHOWN: &str = "Basic YWRhOmNhbmFyeS1wYXNzd29yZA==";
const WEB: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\n";

fn unit(kind: &str, url: &str, more: &str) -> String {
    format!("  source:\n    {kind}: {{url: \"{url}\", insecure: true, {more}}}\n  target: {{dir: ./live}}\n")
}

/// Packs a folder as `windlass push` does, and gives the archive with its digest.
fn packed(folder: &Path, name: &str, files: &[(&str, &str)]) -> (Vec<u8>, String) {
    let packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let mut builder = tar::Builder::new(packer);
    let from = folder.join("pack");
    for (path, content) in files {
        std::fs::create_dir_all(&from).unwrap();
        std::fs::write(from.join("file"), content).unwrap();
        builder.append_path_with_name(from.join("file"), format!("{name}/{path}")).unwrap();
    }
    let bytes = builder.into_inner().unwrap().finish().unwrap();
    let digest = windlass_core::Digest::of(&bytes).to_string();
    (bytes, digest)
}

#[test]
fn an_archive_is_applied_and_a_pinned_one_only_as_it_was() {
    let (mut world, server) = (World::new(), Server::new());
    let (bytes, digest) = packed(&world.path("."), "fleet", &[("web.yaml", WEB)]);
    server.put("/fleet.tgz", bytes);
    server.wants(SHOWN);
    world.put("login", "username: ada\npassword: canary-password\n");
    let url = server.url("/fleet.tgz");
    world.spec(&unit("archive", &url, "path: fleet, credentialsFile: login"));
    world.good("apply -f unit.yaml");
    let live = std::fs::read_to_string(world.path("live/shop/ConfigMap/web.yaml")).unwrap();
    assert!(live.contains("name: web"));
    world.spec(&unit("archive", &url, &format!("path: fleet, digest: \"{digest}\", credentialsFile: login")));
    assert!(world.good("render -f unit.yaml").stdout.contains("name: web"));
    server.put("/fleet.tgz", packed(&world.path("."), "fleet", &[("web.yaml", "a: b\n")]).0);
    let said = world.run("render -f unit.yaml");
    assert_eq!(said.code, Some(1));
    let said = format!("{}{}", said.stdout, said.stderr);
    assert!(said.contains("field=spec.source.archive.digest") && !said.contains("canary"), "{said}");
}

#[test]
fn a_chart_of_a_repository_is_rendered() {
    let (mut world, server) = (World::new(), Server::new());
    let mut index = "entries:\n  shop:\n".to_owned();
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        let chart = format!("apiVersion: v2\nname: shop\nversion: {version}\n");
        let web = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {v: \"{{ .Chart.Version }}-{{ .Values.a }}\"}\n";
        let files = [("Chart.yaml", chart.as_str()), ("values.yaml", "a: b\n"), ("templates/web.yaml", web)];
        let (bytes, digest) = packed(&world.path("."), "shop", &files);
        server.put(&format!("/charts/shop-{version}.tgz"), bytes);
        index.push_str(&format!(
            "  - {{name: shop, version: {version}, digest: \"{digest}\", urls: [shop-{version}.tgz]}}\n"
        ));
    }
    server.put("/charts/index.yaml", index);
    world.spec(&unit("helm", &server.url("/charts"), "chart: shop, version: 1.x"));
    let rendered = world.good("render -f unit.yaml").stdout;
    assert!(rendered.contains("1.1.0-b"), "{rendered}");
    assert!(world.good("apply -f unit.yaml").stdout.contains("1.1.0@sha256:"));
    for (more, field) in [
        ("chart: shop, version: 3.x", "field=spec.source.helm.version"),
        ("chart: shop, version: newest", "field=spec.source.helm.version"),
        ("chart: nothing", "field=spec.source.helm.chart"),
        ("chart: shop, credentialsFile: none", "field=spec.source.helm.credentialsFile"),
    ] {
        world.spec(&unit("helm", &server.url("/charts"), more));
        let said = world.run("plan -f unit.yaml");
        assert_eq!(said.code, Some(1), "{more}");
        let whole = format!("{}{}", said.stdout, said.stderr);
        assert!(whole.contains(field), "{more}: {whole}");
    }
    server.wants(SHOWN);
    world.spec(&unit("helm", &server.url("/charts"), "chart: shop"));
    let said = world.run("plan -f unit.yaml");
    let whole = format!("{}{}", said.stdout, said.stderr);
    assert!(whole.contains("field=spec.source.helm.url"), "{whole}");
    assert!(whole.contains("--source-helm-credentials-file"), "{whole}");
}

#[test]
fn a_dependency_of_a_chart_comes_from_the_helm_repository_that_the_unit_allows() {
    let (mut world, server) = (World::new(), Server::new());
    let part = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db}\ndata: {v: \"{{ .Chart.Version }}\"}\n";
    let chart = "apiVersion: v2\nname: db\nversion: 1.4.0\n";
    let files = [("Chart.yaml", chart), ("templates/db.yaml", part)];
    let (bytes, digest) = packed(&world.path("."), "db", &files);
    server.put("/charts/db-1.4.0.tgz", bytes);
    let release = format!("{{name: db, version: 1.4.0, digest: \"{digest}\", urls: [db-1.4.0.tgz]}}");
    server.put("/charts/index.yaml", format!("entries:\n  db:\n  - {release}\n"));
    let repository = server.url("/charts");
    world.put(
        "deploy/Chart.yaml",
        &format!(
            "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {{name: db, version: 1.x, repository: '{repository}'}}\n"
        ),
    );
    world.remove("deploy/web.yaml");
    let refused = world.run("render -f unit.yaml").stderr;
    assert!(refused.contains("the address is not allowed"), "{refused}");
    let rendered = world.good(&format!("render -f unit.yaml --bases={}", server.url("/"))).stdout;
    assert!(rendered.contains("v: \"1.4.0\""), "{rendered}");
}

/// A world in which the place of a source is one where nobody listens, and a mirror is a server that wants a login.
fn with_a_mirror(kind: &str, path: &str, more: &str, mirror: &str) -> (World, Server) {
    let (mut world, server) = (World::new(), Server::new());
    server.wants(SHOWN);
    let (first, second) = (format!("http://127.0.0.1:{}{path}", closed_port()), server.url(path));
    let mirrors = format!("mirrors: [{{url: \"{second}\", {mirror}}}]");
    world.spec(&unit(kind, &first, &format!("{more}, {mirrors}")));
    world.put("login", "username: ada\npassword: canary-password\n");
    (world, server)
}

#[test]
fn a_first_place_that_is_down_is_passed_over() {
    let mirror = "insecure: true, credentialsFile: login";
    let (mut world, server) = with_a_mirror("archive", "/fleet.tgz", "path: fleet", mirror);
    let (bytes, digest) = packed(&world.path("."), "fleet", &[("web.yaml", WEB)]);
    server.put("/fleet.tgz", bytes);
    let applied = world.good("apply -f unit.yaml");
    assert!(applied.stdout.contains(&digest[..19]), "{}", applied.stdout);
    let live = std::fs::read_to_string(world.path("live/shop/ConfigMap/web.yaml")).unwrap();
    assert!(live.contains("name: web"));
    world.repository();
    world.spec("  source:\n    git: {url: ./gone.git, path: shop, mirrors: [{url: ./fleet.git}]}\n  target: {dir: ./other}\n");
    world.good("apply -f unit.yaml");
    assert!(world.path("other").join("shop").is_dir());
}

#[test]
fn a_mirror_is_shown_no_credentials_but_its_own_and_each_place_that_fails_is_told_with_its_field() {
    let (mut world, server) =
        with_a_mirror("archive", "/fleet.tgz", "path: fleet, credentialsFile: login", "insecure: true");
    server.put("/fleet.tgz", "nobody sees it");
    let said = world.run("plan -f unit.yaml");
    assert_eq!(said.code, Some(1));
    assert_eq!(server.asked(), ["401 /fleet.tgz"], "nothing is shown");
    let whole = format!("{}{}", said.stdout, said.stderr);
    for field in
        ["field=spec.source.archive.url", "field=spec.source.archive.mirrors[0].url", "mirror=2 of 2"]
    {
        assert!(whole.contains(field), "{field}: {whole}");
    }
    assert!(!whole.contains("canary"), "{whole}");
    let (mut world, _server) =
        with_a_mirror("helm", "/charts", "chart: shop", "insecure: true, credentialsFile: none");
    let said = world.run("plan -f unit.yaml");
    let whole = format!("{}{}", said.stdout, said.stderr);
    assert!(whole.contains("field=spec.source.helm.mirrors[0].credentialsFile"), "{whole}");
}

#[test]
fn mirrors_are_read_strictly() {
    for (kind, fields, mirror, said) in [
        ("git", "url: ./a.git", "{}", "missing field (field=spec.source.git.mirrors[0].url"),
        ("git", "url: ./a.git", "./b.git", "must be a map"),
        ("git", "url: ./a.git", "{url: ./b.git, branch: main}", "unknown field `branch`"),
        (
            "oci",
            "url: oci://a.example/b",
            "{url: oci://b.example/b, insecure: maybe}",
            "must be true or false",
        ),
        ("bucket", "endpoint: a.example, bucketName: b", "{url: b.example}", "unknown field `url`"),
        ("helm", "url: https://a.example, chart: b", "{url: ''}", "must not be empty"),
        (
            "archive",
            "url: https://a.example/b",
            "{url: https://b.example, digest: x}",
            "unknown field `digest`",
        ),
    ] {
        let mut world = World::new();
        let source = format!("{kind}: {{{fields}, mirrors: [{mirror}]}}");
        world.spec(&format!("  source:\n    {source}\n  target: {{dir: ./live}}\n"));
        let found = world.run("plan -f unit.yaml");
        let whole = format!("{}{}", found.stdout, found.stderr);
        assert!(whole.contains(said) && found.code == Some(1), "{source}: {whole}");
    }
}
