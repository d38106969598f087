//! Units whose repositories are behind the `sshd` of the machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![allow(dead_code, unreachable_pub, reason = "the module of windlass-git is for several tests")]

#[path = "../../windlass-git/tests/support/openssh.rs"]
mod openssh;
mod support;

use openssh::{OpenSsh, Settings};
use support::{World, config_map};
use windlass_git::write::{Author, Change, Repository};

/// A fleet whose kustomization takes a base of another repository, both behind SSH, and a Secret of Flux as a folder.
struct Stage {
    world: World,
    server: OpenSsh,
    base: Repository,
}

impl Stage {
    fn new() -> Self {
        let server = OpenSsh::new(Settings { lines: &["AcceptEnv GIT_PROTOCOL"], ..Settings::default() });
        let world = World::new();
        let (fleet, base) =
            ["fleet.git", "base.git"].map(|name| Repository::init(world.path(name)).unwrap()).into();
        let [url, base_url] = [&fleet, &base]
            .map(|repository: &Repository| server.url(&repository.path().display().to_string()));
        let kustomization = format!("resources:\n- own.yaml\n- {base_url}//web?ref=main\n");
        commit(
            &fleet,
            &[("shop/kustomization.yaml", &kustomization), ("shop/own.yaml", &config_map("own", "1"))],
        );
        let stage = Self { base, world, server };
        stage.change("1");
        let key = stage.server.client("client", "ed25519", "hunter2", &[], "");
        stage.world.put("secret/identity", &key);
        stage.world.put("secret/password", "hunter2\n");
        stage.world.put("known_hosts", &stage.server.scanned());
        let port = stage.server.port;
        stage.world.put(
            "unit.yaml",
            &support::unit(
                "shop",
                &format!(
                    "  source:\n    git: {{url: \"{url}\", branch: main, path: shop, credentialsFile: secret, \
                     knownHostsFile: known_hosts}}\n  target: {{dir: ./live}}\n  bases: [\"ssh://127.0.0.1:{port}/\"]\n"
                ),
            ),
        );
        stage
    }

    /// Gives the base another value.
    fn change(&self, value: &str) {
        let web = config_map("web", value);
        commit(&self.base, &[("web/kustomization.yaml", "resources: [web.yaml]\n"), ("web/web.yaml", &web)]);
    }
}

fn commit(repository: &Repository, files: &[(&str, &str)]) {
    let author = Author::new("Ada", "ada@example.org", 1_700_000_000);
    let changes: Vec<Change> = files.iter().map(|(path, text)| Change::file(*path, *text)).collect();
    repository.commit("main", "a state", &author, &changes).unwrap();
}

#[test]
fn a_private_repository_over_ssh_is_applied_with_its_base() {
    let mut stage = Stage::new();
    let said = stage.world.good("apply -f unit.yaml");
    assert!(said.stdout.contains("2 created"), "{}", said.stdout);
    stage.change("2");
    let said = stage.world.good("apply -f unit.yaml");
    assert!(said.stdout.contains("1 changed, 1 unchanged"), "{}", said.stdout);
}

#[test]
fn what_is_wrong_between_a_unit_and_a_host_blames_the_file_that_says_it() {
    let mut stage = Stage::new();
    let check = |stage: &mut Stage, parts: &[&str]| {
        let said = stage.world.run("plan -f unit.yaml");
        for part in parts {
            assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
        }
        assert!(!said.stderr.contains("hunter2") && !said.stderr.contains("PRIVATE"), "{}", said.stderr);
    };
    stage.world.put("secret/password", "other");
    let opened = "the passphrase does not open the private key";
    check(&mut stage, &[opened, "field=spec.source.git.credentialsFile"]);
    stage.world.put("secret/password", "hunter2");
    let known = stage.server.known_by(&["ed25519"]);
    let elsewhere = known.replace("[127.0.0.1]", "[elsewhere]");
    stage.world.put("known_hosts", &elsewhere);
    let line = known.rsplit_once(' ').unwrap().0;
    let line = line.split_once(' ').unwrap().1.split(' ').next().unwrap();
    check(&mut stage, &["the host is not known", "SHA256:", "field=spec.source.git.knownHostsFile", line]);
    stage.world.put("known_hosts", &known);
    let stranger = openssh::keygen(stage.server.folder.path(), "stranger", "ed25519", "", &[]);
    stage.world.put("secret/identity", &std::fs::read_to_string(stranger).unwrap());
    let refused = "the server does not accept the key";
    check(&mut stage, &[refused, "SHA256:", "field=spec.source.git.credentialsFile"]);
}
