//! Units whose kustomizations and charts need other repositories.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod support;

use std::fs;

use support::World;
use windlass_git::write::{Author, Change, Repository};

/// A fleet whose folder `shop` takes a base of another repository, which has the branch `main`.
struct Stage {
    world: World,
    base: Repository,
}

fn config(name: &str, value: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\ndata: {{value: {value}}}\n"
    )
}

impl Stage {
    fn new(query: &str, bases: &str) -> Self {
        let world = World::new();
        let root = world.path("");
        let root = root.display().to_string().trim_end_matches('/').to_owned();
        let base = Repository::init(world.path("base.git")).unwrap();
        let fleet = Repository::init(world.path("fleet.git")).unwrap();
        let entry = format!("file://{root}/base.git//web{query}");
        commit(
            &fleet,
            &[
                ("shop/kustomization.yaml", &format!("resources:\n- own.yaml\n- {entry}\n")),
                ("shop/own.yaml", &config("own", "1")),
            ],
        );
        let bases = bases.replace("ROOT", &root);
        world.put(
            "unit.yaml",
            &support::unit(
                "shop",
                &format!("  source: {{git: {{url: fleet.git, branch: main, path: shop}}}}\n  target: {{dir: ./live}}\n{bases}"),
            ),
        );
        let stage = Self { world, base };
        stage.commit(&[
            ("web/kustomization.yaml", "resources: [web.yaml, old.yaml]\n"),
            ("web/web.yaml", &config("web", "1")),
            ("web/old.yaml", &config("old", "1")),
        ]);
        stage
    }

    fn commit(&self, files: &[(&str, &str)]) -> String {
        commit(&self.base, files)
    }

    /// Takes an object away from the base, and changes the other.
    fn change(&self) -> String {
        self.commit(&[
            ("web/kustomization.yaml", "resources: [web.yaml]\n"),
            ("web/web.yaml", &config("web", "2")),
        ])
    }

    fn live(&self) -> String {
        let mut found = Vec::new();
        let mut open = vec![self.world.path("live")];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else if let Some((_, value)) =
                    fs::read_to_string(&path).unwrap_or_default().split_once("value: ")
                {
                    let value = value.chars().next().unwrap();
                    found.push(format!("{}={value}", path.file_stem().unwrap().to_string_lossy()));
                }
            }
        }
        found.sort();
        found.join(" ")
    }
}

fn commit(repository: &Repository, files: &[(&str, &str)]) -> String {
    let author = Author::new("Ada", "ada@example.org", 1_700_000_000);
    let changes: Vec<Change> = files.iter().map(|(path, text)| Change::file(*path, *text)).collect();
    repository.commit("main", "change", &author, &changes).unwrap()
}

const ALLOWED: &str = "  bases: ['file://ROOT/']\n";

#[test]
fn a_base_of_another_repository_is_applied_followed_and_pruned() {
    let mut stage = Stage::new("?ref=main", ALLOWED);
    assert_eq!(stage.world.good("validate -f unit.yaml").code, Some(0));
    let rendered = stage.world.good("render -f unit.yaml").stdout;
    assert!(rendered.contains("# git::file://<DIR>/base.git?ref=main//web/web.yaml:1"), "{rendered}");
    let planned = stage.world.good("plan -f unit.yaml").stdout;
    assert!(
        planned.contains("+ create  ConfigMap/shop/web  git::file://<DIR>/base.git?ref=main//web/web.yaml:1"),
        "{planned}"
    );
    stage.world.good("apply -f unit.yaml");
    assert_eq!(stage.live(), "old=1 own=1 web=1");
    stage.change();
    stage.world.good("apply -f unit.yaml");
    assert_eq!(stage.live(), "own=1 web=2");
}

#[test]
fn a_commit_of_a_base_stays_where_it_is() {
    let mut stage = Stage::new("?ref=main", ALLOWED);
    let first = stage.commit(&[("web/web.yaml", &config("web", "3"))]);
    stage.change();
    let fleet = Repository::open(stage.world.path("fleet.git")).unwrap();
    let entry = format!("file://{}//web?ref={first}", stage.world.path("base.git").display());
    commit(&fleet, &[("shop/kustomization.yaml", &format!("resources: ['{entry}']\n"))]);
    stage.world.good("apply -f unit.yaml");
    assert_eq!(stage.live(), "old=1 web=3");
}

#[test]
fn a_base_that_is_gone_is_named_and_nothing_is_deleted() {
    let mut stage = Stage::new("?ref=main", ALLOWED);
    stage.world.good("apply -f unit.yaml");
    stage.change();
    stage.world.remove("base.git");
    let said = stage.world.run("apply -f unit.yaml");
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("base=git::file://<DIR>/base.git?ref=main"), "{}", said.stderr);
    assert!(said.stderr.contains("kustomization=shop/kustomization.yaml"), "{}", said.stderr);
    assert_eq!(stage.live(), "old=1 own=1 web=1");
}

#[test]
fn without_a_word_of_the_unit_no_base_is_asked() {
    let mut stage = Stage::new("?ref=main", "");
    for command in ["apply", "render", "validate", "plan"] {
        let said = stage.world.run(&format!("{command} -f unit.yaml"));
        assert_eq!(said.code, Some(1));
        let expected = "remote resources are not allowed (resource=file://<DIR>/base.git//web?ref=main, option=remote, line=3, \
                        field=resources, kustomization=shop/kustomization.yaml";
        let told = format!("{}{}", said.stdout, said.stderr);
        assert!(told.contains(expected) && told.contains("spec.bases"), "{told}");
    }
    assert_eq!(stage.live(), "");
}

#[test]
fn a_base_that_begins_otherwise_than_allowed_is_not_asked() {
    let mut stage = Stage::new("?ref=main", "  bases: ['file://ROOT/base', 'https://example.org/']\n");
    stage.world.good("apply -f unit.yaml");
    let mut stage = Stage::new("?ref=main", "  bases: ['file://ROOT/bas', 'https://example.org/']\n");
    let said = stage.world.run("apply -f unit.yaml");
    assert!(
        said.stderr.contains(
            "the address is not allowed (base=git::file://<DIR>/base.git?ref=main, field=spec.bases"
        ),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("kustomization=shop/kustomization.yaml"), "{}", said.stderr);
    stage.world.good("apply -f unit.yaml --bases=file:///");
    assert_eq!(stage.live(), "old=1 own=1 web=1", "a flag says it too");
}

#[test]
fn what_is_no_beginning_of_an_address_is_refused_by_its_line() {
    let mut stage = Stage::new("", "  bases: [base.git]\n");
    let said = stage.world.run("plan -f unit.yaml");
    assert!(
        said.stderr.contains("not the beginning of an address (field=spec.bases[0], path=unit.yaml"),
        "{}",
        said.stderr
    );
}

#[test]
fn dependencies_of_a_chart_that_are_not_allowed_are_named() {
    let mut world = World::new();
    world.put(
        "deploy/Chart.yaml",
        "apiVersion: v2\nname: web\nversion: 1.0.0\ndependencies:\n- {name: db, version: 1.x, repository: 'oci://registry.example/charts'}\n\
         - {name: mq, version: 2.0.0, repository: 'https://charts.example'}\n",
    );
    world.remove("deploy/web.yaml");
    let said = world.run("render -f unit.yaml").stderr;
    assert!(
        said.contains(
            "the address is not allowed (base=oci://registry.example/charts/db:1.x, field=spec.bases"
        ),
        "{said}"
    );
    assert!(said.contains("dependency=mq, path=Chart.yaml"), "{said}");
}
