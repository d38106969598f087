//! Artifacts in a registry: pushed by the command, and brought where the unit says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking"
)]

mod support;

#[path = "../../windlass-oci/tests/support/registry.rs"]
mod registry;

use registry::{Door, Server};
use support::World;

/// `ada` and the password, as a server sees them.
const ADA: &str = "Basic YWRhOmNhbmFyeS1wYXNzd29yZA==";

fn unit(server: &Server, more: &str) -> String {
    format!(
        "  source:\n    oci: {{url: {}, insecure: true, {more}}}\n  target: {{dir: ./live}}\n",
        server.url("fleet/shop")
    )
}

#[test]
fn what_was_pushed_is_applied() {
    let (mut world, server) = (World::new(), Server::new(Door::Basic(ADA)));
    world.put(
        "config.json",
        &format!(r#"{{"auths": {{"{}": {{"auth": "YWRhOmNhbmFyeS1wYXNzd29yZA=="}}}}}}"#, server.host),
    );
    world.put(
        "out/shop/web.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\n  namespace: shop\n",
    );
    world.put("out/picture.png", "");
    let pushed = world.good(&format!(
        "push artifact {}:v1.2.0 --path out --source s --revision r --reproducible --insecure-registry \
         --credentials-file config.json",
        server.url("fleet/shop")
    ));
    assert!(pushed.stdout.starts_with("127.0.0.1:<PORT>/fleet/shop@sha256:"), "{}", pushed.stdout);
    world.spec(&unit(&server, "semver: 1.x, path: shop, credentialsFile: config.json"));
    let applied = world.good("apply -f unit.yaml");
    assert!(applied.stdout.contains("v1.2.0@sha256:"), "{}", applied.stdout);
    assert!(
        std::fs::read_to_string(world.path("live/shop/ConfigMap/web.yaml")).unwrap().contains("name: web")
    );
    let digest = pushed.stdout.trim().rsplit_once('@').unwrap().1.to_owned();
    world.spec(&unit(&server, &format!("digest: \"{digest}\", credentialsFile: config.json")));
    assert!(world.good("render -f unit.yaml").stdout.contains("name: web"));
}

#[test]
fn a_dependency_of_a_chart_is_brought_from_where_the_unit_allows_it() {
    let (mut world, server) = (World::new(), Server::new(Door::Basic(ADA)));
    world.put("secret", "username: ada\npassword: canary-password\n");
    let config = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\n")
    };
    let repository = format!("oci://{}/charts", server.host);
    world.put(
        "web/Chart.yaml",
        &format!(
            "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {{name: db, version: 1.x, repository: '{repository}'}}\n"
        ),
    );
    world.put("web/templates/web.yaml", &config("web"));
    for version in ["1.2.0", "1.3.0", "2.0.0"] {
        world.put("charts/db/Chart.yaml", &format!("apiVersion: v2\nname: db\nversion: {version}\n"));
        world.put("charts/db/templates/db.yaml", &config("db-{{ .Chart.Version | replace \".\" \"-\" }}"));
        push(&mut world, &server, "charts", &format!("charts/db:{version}"));
    }
    push(&mut world, &server, "web", "fleet/shop:1.0.0");
    let source = unit(&server, "tag: 1.0.0, credentialsFile: secret");
    world.spec(&source);
    let refused = world.run("render -f unit.yaml");
    assert!(
        refused.stderr.contains("the address is not allowed (base=oci://127.0.0.1:<PORT>/charts/db:1.x"),
        "{}",
        refused.stderr
    );
    world.spec(&format!("{source}  bases: ['{repository}/']\n"));
    let rendered = world.good("render -f unit.yaml").stdout;
    assert!(rendered.contains("name: web\n") && rendered.contains("name: db-1-3-0\n"), "{rendered}");
    assert!(!rendered.contains("canary"));
    world.good("apply -f unit.yaml");
    assert!(world.path("live/shop/ConfigMap/db-1-3-0.yaml").exists());
}

fn push(world: &mut World, server: &Server, folder: &str, name: &str) {
    world.good(&format!(
        "push artifact {} --path {folder} --source s --revision r --insecure-registry --credentials-file secret",
        server.url(name)
    ));
}

#[test]
fn the_result_of_a_push_is_that_of_flux_in_json() {
    let (mut world, server) = (World::new(), Server::new(Door::Open));
    world.put("out/web.yaml", "a");
    let mut push = |form: &str| {
        world
            .good(&format!(
                "push artifact {}:1.0 --path out --source s --revision r --reproducible --insecure-registry -o {form}",
                server.url("fleet/shop")
            ))
            .stdout
    };
    let text = push("text");
    let (repository, digest) = text.trim().split_once('@').unwrap();
    assert_eq!(
        push("json"),
        format!(
            "{{\n  \"url\": \"oci://{repository}@{digest}\",\n  \"repository\": \"{repository}\",\n  \"tag\": \"1.0\",\n  \
             \"digest\": \"{digest}\"\n}}\n"
        )
    );
    assert_eq!(
        push("yaml"),
        format!(
            "digest: {digest}\nrepository: {repository}\ntag: \"1.0\"\nurl: oci://{repository}@{digest}\n"
        )
    );
}

#[test]
fn what_a_registry_refuses_is_told_with_the_field_and_without_a_secret() {
    let (mut world, server) = (World::new(), Server::new(Door::Basic(ADA)));
    world.put("secret", "username: ada\npassword: canary-other\n");
    for (more, field) in [
        ("tag: none", "field=spec.source.oci.url"),
        ("tag: none, credentialsFile: secret", "field=spec.source.oci.credentialsFile"),
        ("tag: none, credentialsFile: none", "field=spec.source.oci.credentialsFile"),
        ("semver: newest", "field=spec.source.oci.semver"),
        ("digest: sha1", "field=spec.source.oci.digest"),
        ("certificateFile: secret", "field=spec.source.oci.certificateFile"),
        ("authorityFile: secret", "field=spec.source.oci.authorityFile"),
    ] {
        world.spec(&unit(&server, more));
        let said = world.run("plan -f unit.yaml");
        assert_eq!(said.code, Some(1), "{more}");
        let whole = format!("{}{}", said.stdout, said.stderr);
        assert!(whole.contains(field), "{more}: {whole}");
        assert!(!whole.contains("canary"), "{more}: {whole}");
    }
}

/// Who signs in these files, and how: windlass-verify's `tests/cosign/make.sh`.
const SIGNED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../windlass-verify/tests/cosign");

fn signed(path: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(SIGNED).join(path)).unwrap()
}

/// A registry with an artifact that the key `p256` signed, if it is to be signed.
fn signed_by_cosign(is_signed: bool) -> Server {
    const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    let server = Server::new(Door::Open);
    for blob in ["artifact/config.json", "artifact/layer.tgz", "p256/payload.json"] {
        server.put_blob(&signed(blob));
    }
    let digest = server.put_manifest("fleet/shop", "v1", MANIFEST, &signed("artifact/manifest.json"));
    if is_signed {
        let tag = format!("{}.sig", digest.to_string().replace(':', "-"));
        server.put_manifest("fleet/shop", &tag, MANIFEST, &signed("p256/simple.json"));
    }
    server
}

#[test]
fn an_artifact_that_a_trusted_key_signed_is_rendered_and_one_that_nobody_or_another_signed_is_not() {
    for (key, is_signed, expected) in [
        ("p256", true, None),
        ("p256", false, Some("nobody signed it")),
        ("rsa", true, Some("none of the given keys made the signature")),
    ] {
        let (mut world, server) = (World::new(), signed_by_cosign(is_signed));
        world.put("cosign.pub", &String::from_utf8(signed(&format!("{key}/key.pub"))).unwrap());
        world.spec(&unit(&server, "tag: v1, verify: {provider: cosign, keysFile: cosign.pub}"));
        let said = world.run("render -f unit.yaml");
        let whole = format!("{}{}", said.stdout, said.stderr);
        match expected {
            None => assert!(whole.contains("kind: ConfigMap"), "{whole}"),
            Some(why) => {
                assert!(!whole.contains("ConfigMap"), "{whole}");
                assert!(whole.contains("no trusted signature") && whole.contains(why), "{whole}");
                assert!(whole.contains("field=spec.source.oci.verify"), "{whole}");
            }
        }
    }
}

#[test]
fn what_is_wrong_with_who_is_trusted_is_told_before_anything_is_asked() {
    let server = signed_by_cosign(true);
    for (verify, expected) in [
        ("keysFile: none.pub", "the keys cannot be read"),
        ("keysFile: unit.yaml", "the keys cannot be used"),
        (
            "trustedRootFile: unit.yaml, matchOIDCIdentity: [{issuer: a, subject: b}]",
            "the trusted root cannot be used",
        ),
        ("trustedRootFile: unit.yaml", "a root needs identities"),
        ("keysFile: unit.yaml, matchOIDCIdentity: [{issuer: a, subject: b}]", "a key has no identity"),
        (
            "trustedRootFile: a, matchOIDCIdentity: [{issuer: '(', subject: b}]",
            "verify.matchOIDCIdentity[0].issuer",
        ),
        ("trustedRootFile: a, keysFile: b", "keysFile and trustedRootFile cannot be said together"),
        ("provider: cosign", "neither keysFile nor trustedRootFile is said"),
        ("provider: notation, keysFile: b", "unknown word `notation`"),
    ] {
        let mut world = World::new();
        world.spec(&unit(&server, &format!("verify: {{{verify}}}")));
        let said = world.run("render -f unit.yaml");
        assert!(said.stderr.contains(expected), "{verify}: {}", said.stderr);
        assert!(said.stderr.contains("field=spec.source.oci.verify"), "{verify}: {}", said.stderr);
    }
    assert_eq!(server.lines(), Vec::<String>::new());
}
