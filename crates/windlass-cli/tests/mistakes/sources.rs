//! Mistakes about sources.

use crate::Mistake;
use crate::support::{World, closed_port, unit};

fn git(world: &mut World, git: &str) {
    world.spec(&format!("  source:\n    git: {{{git}}}\n  target: {{dir: ./live}}\n"));
    world.run("plan -f unit.yaml");
}

pub(crate) const ALL: &[Mistake] = &[
    ("a folder that does not exist", |world| {
        world.spec("  source: {dir: ./deplyo}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("a file where a folder belongs", |world| {
        world.spec("  source: {dir: ./deploy/web.yaml}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("a repository that does not exist", |world| git(world, "url: ./flete.git")),
    ("a folder that is not a repository", |world| git(world, "url: ./deploy")),
    ("a repository over SSH without a key and known hosts", |world| {
        git(world, "url: \"git@example.org:fleet.git\"");
    }),
    ("a repository over SSH with a token and a line of known hosts that is none", |world| {
        world.put("token", "secret\n");
        world.put("known_hosts", "example.org ssh-ed25519\n");
        git(world, "url: \"git@example.org:fleet.git\", credentialsFile: token, knownHostsFile: known_hosts");
    }),
    ("a private key that is a public one", |world| {
        world.put("key", "identity: ssh-ed25519 AAAA\nknown_hosts: example.org ssh-ed25519\n");
        git(world, "url: \"ssh://git@example.org/fleet.git\", credentialsFile: key");
    }),
    ("a transport that is not there", |world| git(world, "url: \"git://example.org/fleet.git\"")),
    ("a scheme that does not exist", |world| git(world, "url: \"htps://example.org/fleet.git\"")),
    ("a URL with a token that is mistyped", |world| {
        world.put(
            "units/unit.yaml",
            &unit(
                "shop",
                "  source:\n    git: {url: https//secret@example.org/fleet.git}\n  target: {dir: ./live}\n",
            ),
        );
        world.run("plan -f units");
    }),
    ("a branch that does not exist", |world| {
        world.repository();
        git(world, "url: ./fleet.git, branch: mian");
    }),
    ("a tag that does not exist", |world| {
        world.repository();
        git(world, "url: ./fleet.git, tag: v1");
    }),
    ("a commit that does not exist", |world| {
        world.repository();
        git(world, "url: ./fleet.git, commit: 0123456789abcdef0123456789abcdef01234567");
    }),
    ("a commit that is cut short", |world| {
        world.repository();
        git(world, "url: ./fleet.git, commit: 0123abc");
    }),
    ("a path that is not in the repository", |world| {
        world.repository();
        git(world, "url: ./fleet.git, branch: main, path: shpo");
    }),
    ("a server that nobody answers on", |world| {
        let port = closed_port();
        world.run(&format!("plan -f unit.yaml --source-git-url https://127.0.0.1:{port}/fleet.git"));
    }),
    ("an artifact whose tag stands in its address", |world| {
        world.spec(
            "  source:\n    oci: {url: \"oci://example.org/fleet/shop:v1\"}\n  target: {dir: ./live}\n",
        );
        world.run("plan -f unit.yaml");
    }),
    ("an artifact by an address of the web", |world| {
        world.spec("  source:\n    oci: {url: \"https://example.org/shop\"}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("an artifact by a range and a tag", |world| {
        world.spec(
            "  source:\n    oci: {url: \"oci://example.org/shop\", tag: v1, semver: 1.x}\n  target: {dir: ./live}\n",
        );
        world.run("plan -f unit.yaml");
    }),
    ("a registry that nobody answers on", |world| {
        let port = closed_port();
        world.run(&format!("plan -f unit.yaml --source-oci-url oci://127.0.0.1:{port}/fleet/shop"));
    }),
    ("a provider of credentials that is not there", |world| {
        world.spec(
            "  source:\n    oci: {url: \"oci://example.org/shop\", provider: aws}\n  target: {dir: ./live}\n",
        );
        world.run("plan -f unit.yaml");
    }),
    ("an annotation of a push without a value", |world| {
        world.run("push artifact oci://127.0.0.1:1/shop --path deploy --source s --revision r -a key");
    }),
    ("a file of credentials that does not exist", |world| {
        git(world, "url: https://127.0.0.1:1/fleet.git, credentialsFile: ./tokne");
    }),
    ("credentials that are not written as such", |world| {
        world.put("token", "user: ada\npassword: secret\n");
        git(world, "url: https://127.0.0.1:1/fleet.git, credentialsFile: ./token");
    }),
    ("a private repository without credentials", |world| {
        let port = super::cluster::server(401, "Unauthorized", "Unauthorized");
        world.run(&format!("plan -f unit.yaml --source-git-url http://127.0.0.1:{port}/fleet.git"));
    }),
    ("credentials of a file without TLS", |world| {
        world.put("token", "secret\n");
        git(world, "url: http://127.0.0.1:1/fleet.git, credentialsFile: ./token");
    }),
    ("a wrong address beside a flag for the path", |world| {
        world.spec("  source:\n    git: {url: ./flete.git}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml --path shop");
    }),
    ("credentials without TLS", |world| {
        let port = closed_port();
        world
            .run(&format!("plan -f unit.yaml --source-git-url http://ada:secret@127.0.0.1:{port}/fleet.git"));
    }),
];
