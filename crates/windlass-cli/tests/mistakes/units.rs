//! Mistakes in unit files.

use crate::Mistake;
use crate::support::{UNIT, unit};

pub(crate) const ALL: &[Mistake] = &[
    ("a word for which plans wait that there is not", |world| {
        world.edit("unit.yaml", "spec:\n", "spec:\n  approve: allways\n");
        world.run("plan -f unit.yaml");
    }),
    ("which plans wait, as yes or no", |world| {
        world.edit("unit.yaml", "spec:\n", "spec:\n  approve: true\n");
        world.run("plan -f unit.yaml");
    }),
    ("a unit file that does not exist", |world| {
        world.run("plan -f unti.yaml");
    }),
    ("a folder without unit files", |world| {
        world.put("units/readme.md", "nothing here");
        world.run("plan -f units");
    }),
    ("an empty unit file", |world| {
        world.write("unit.yaml", "# to be done\n");
        world.run("plan -f unit.yaml");
    }),
    ("a unit file that is not YAML", |world| {
        world.write("unit.yaml", "{{ template \"unit\" . }}\n");
        world.run("plan -f unit.yaml");
    }),
    ("a unit file that is a text", |world| {
        world.write("unit.yaml", "hello\n");
        world.run("plan -f unit.yaml");
    }),
    ("a tab in YAML", |world| {
        world.edit("unit.yaml", "  name: shop", "\tname: shop");
        world.run("plan -f unit.yaml");
    }),
    ("a key twice", |world| {
        world.edit("unit.yaml", "  name: shop", "  name: shop\n  name: store");
        world.run("plan -f unit.yaml");
    }),
    ("a manifest where a unit file belongs", |world| {
        world.run("plan -f deploy/web.yaml");
    }),
    ("no apiVersion", |world| {
        world.edit("unit.yaml", "apiVersion: windlass.dev/v1alpha1\n", "");
        world.run("plan -f unit.yaml");
    }),
    ("an apiVersion of tomorrow", |world| {
        world.edit("unit.yaml", "v1alpha1", "v2");
        world.run("plan -f unit.yaml");
    }),
    ("a misspelt kind", |world| {
        world.edit("unit.yaml", "kind: Unit", "kind: unit");
        world.run("plan -f unit.yaml");
    }),
    ("no name", |world| {
        world.edit("unit.yaml", "metadata:\n  name: shop", "metadata: {}");
        world.run("plan -f unit.yaml");
    }),
    ("a name with capitals", |world| {
        world.edit("unit.yaml", "name: shop", "name: Shop");
        world.run("plan -f unit.yaml");
    }),
    ("a number where a text belongs", |world| {
        world.edit("unit.yaml", "name: shop", "name: 42");
        world.run("plan -f unit.yaml");
    }),
    ("an unknown field", |world| {
        world.spec("  source:\n    git: {url: ./fleet.git, brnach: main}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("a field in the wrong place", |world| {
        world.spec("  source:\n    dir: ./deploy\n    path: web\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("both a folder and a repository", |world| {
        world.spec("  source:\n    dir: ./deploy\n    git: {url: ./fleet.git}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("neither a folder nor a repository", |world| {
        world.spec("  source: {}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("a branch and a tag", |world| {
        world
            .spec("  source:\n    git: {url: ./fleet.git, branch: main, tag: v1}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("no target", |world| {
        world.spec("  source: {dir: ./deploy}\n");
        world.run("plan -f unit.yaml");
    }),
    ("an interval without a unit", |world| {
        world.spec("  source: {dir: ./deploy}\n  target: {dir: ./live}\n  interval: 60\n");
        world.run("plan -f unit.yaml");
    }),
    ("an interval that is no time", |world| {
        world.spec("  source: {dir: ./deploy}\n  target: {dir: ./live}\n  interval: 5 parsecs\n");
        world.run("plan -f unit.yaml");
    }),
    ("a negative timeout", |world| {
        world.spec("  source: {dir: ./deploy}\n  target: {dir: ./live}\n  timeout: -5m\n");
        world.run("plan -f unit.yaml");
    }),
    ("a text where a yes or no belongs", |world| {
        world.spec("  source: {dir: ./deploy}\n  target: {dir: ./live}\n  prune: \"true\"\n");
        world.run("plan -f unit.yaml");
    }),
    ("a path that leaves the repository", |world| {
        world.spec("  source:\n    git: {url: ./fleet.git, path: ../secrets}\n  target: {dir: ./live}\n");
        world.run("plan -f unit.yaml");
    }),
    ("a base that is no beginning of addresses", |world| {
        world.spec(
            "  source: {dir: ./deploy}\n  target: {dir: ./live}\n  bases: [github.com/org/, ../base]\n",
        );
        world.run("plan -f unit.yaml");
    }),
    ("fields of kustomize that are wrong", |world| {
        world.spec(
            "  source: {dir: ./deploy}\n  target: {dir: ./live}\n  kustomize:\n    namespace: shop\n    patches:\n    \
             - {patch: x, target: {kinds: Pod}}\n    images: [{newTag: 2}]\n    components: parts\n    postBuild:\n      \
             substitute: {replicas: 3}\n      substituteFrom: [{kind: Pod, name: vars}]\n",
        );
        world.run("plan -f unit.yaml");
    }),
    ("a file of keys that is not there", |world| {
        world.spec(
            "  source: {dir: ./deploy}\n  target: {dir: ./live}\n  kustomize:\n    decryption: {ageKeyFile: age.txt}\n",
        );
        world.run("plan -f unit.yaml");
    }),
    ("a variable without a value", |world| {
        world.edit("deploy/web.yaml", "hello", "${greeting}");
        world.spec(
            "  source: {dir: ./deploy}\n  target: {dir: ./live}\n  kustomize:\n    postBuild: {strict: true, \
             substitute: {greetings: hi}}\n",
        );
        world.run("plan -f unit.yaml");
    }),
    ("several mistakes in several files", |world| {
        world.put("units/a.yaml", &UNIT.replace("kind: Unit", "kind: Untt"));
        world.put("units/b.yaml", &UNIT.replace("dir: ./live", "dri: ./live"));
        world.put("units/c.yaml", "a: [\n");
        world.run("plan -f units");
    }),
    ("two units with one name", |world| {
        world.put("units/a.yaml", UNIT);
        world.put("units/b.yaml", &UNIT.replace("./live", "./live2"));
        world.run("plan -f units");
    }),
    ("units that wait for one another", |world| {
        let of = |after: &str| {
            format!("  source: {{dir: ../deploy}}\n  target: {{dir: ../live}}\n  dependsOn: [{after}]\n")
        };
        world.put("units/a.yaml", &unit("a", &of("b")));
        world.put("units/b.yaml", &unit("b", &of("a")));
        world.run("apply -f units");
    }),
    ("a unit that waits for one that is not there", |world| {
        let spec = "  source: {dir: ./deploy}\n  target: {dir: ./live}\n  dependsOn: [databse]\n";
        world.write(
            "unit.yaml",
            &format!(
                "{}---\n{}",
                unit("shop", spec),
                unit("database", "  source: {dir: ./deploy}\n  target: {dir: ./live}\n")
            ),
        );
        world.run("apply -f unit.yaml --unit shop --unit database");
    }),
    ("a unit that waits for one that failed", |world| {
        world.put("db/wrong.yaml", "kind: ConfigMap\n");
        let database = unit("database", "  source: {dir: ./db}\n  target: {dir: ./live}\n");
        let shop = "  source: {dir: ./deploy}\n  target: {dir: ./live}\n  dependsOn: [database]\n";
        world.write("unit.yaml", &format!("{database}---\n{}", unit("shop", shop)));
        world.run("apply -f unit.yaml");
    }),
    ("a receiver for a unit that is not here", |world| {
        world.write("hook.yaml", &receiver("type: github, resources: [{kind: Unit, name: shpo}]"));
        world.run("validate -f unit.yaml -f hook.yaml");
    }),
    ("a receiver of a sender that there is not", |world| {
        world.write("hook.yaml", &receiver("type: githup, event: [push]"));
        world.run("validate -f unit.yaml -f hook.yaml");
    }),
    ("a receiver with a filter that is no expression", |world| {
        world.write("hook.yaml", &receiver("type: generic, resourceFilter: req.ref =="));
        world.run("validate -f unit.yaml -f hook.yaml");
    }),
    ("a receiver whose secret is not there", |world| {
        world.write("hook.yaml", &receiver("type: generic"));
        world.run("validate -f unit.yaml -f hook.yaml");
    }),
];

fn receiver(spec: &str) -> String {
    format!(
        "apiVersion: windlass.dev/v1alpha1\nkind: Receiver\nmetadata: {{name: hook}}\nspec: {{{spec}, secretFile: token}}\n"
    )
}
