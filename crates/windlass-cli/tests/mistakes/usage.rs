//! Mistakes on the command line.

use crate::Mistake;

pub(crate) const ALL: &[Mistake] = &[
    ("no command", |world| {
        world.run("");
    }),
    ("a command that does not exist", |world| {
        world.run("aply -f unit.yaml");
    }),
    ("a form of output that does not exist", |world| {
        world.run("plan -f unit.yaml -o xml");
    }),
    ("a run in a form that has an end", |world| {
        world.run("run -f unit.yaml -o yaml");
    }),
    ("a word that is neither true nor false", |world| {
        world.run("plan -f unit.yaml --prune=no");
    }),
    ("an adoption that does not exist", |world| {
        world.run("plan -f unit.yaml --adoption all");
    }),
    ("a flag that does not exist", |world| {
        world.run("plan -f unit.yaml --source-git-brnach main");
    }),
    ("neither a file nor flags", |world| {
        world.run("plan");
    }),
    ("flags that do not say enough", |world| {
        world.run("plan --name shop --source-dir deploy");
    }),
    ("a flag with a wrong value", |world| {
        world.run("plan -f unit.yaml --interval soon");
    }),
    ("a flag out of its range", |world| {
        world.run("plan -f unit.yaml --prune-share-percent-max 120");
    }),
    ("a path behind a flag that does not exist", |world| {
        world.run("plan -f unit.yaml --source-dir deplyo");
    }),
    ("a folder that is no kustomization", |world| {
        world.run("kustomize build deploy");
    }),
    ("a kustomization that is not here", |world| {
        world.run("kustomize build https://example.org/fleet.git?ref=main");
    }),
    ("a command of kustomize that is not here", |world| {
        world.run("kustomize edit fix");
    }),
    ("a chart that is not here", |world| {
        world.run("helm template shop stable/web");
    }),
    ("no chart", |world| {
        world.run("helm template --values values.yaml");
    }),
    ("a flag that needs a cluster", |world| {
        world.run("helm template shop deploy --dry-run=server");
    }),
    ("--prune and --no-prune", |world| {
        world.run("apply -f unit.yaml --prune --no-prune");
    }),
    ("a flag of a cluster for a unit that goes into a folder", |world| {
        world.run("plan -f unit.yaml --kubernetes-context prod");
    }),
    ("a flag of a repository for a unit that comes from a folder", |world| {
        world.run("plan -f unit.yaml --source-git-branch feature");
    }),
    ("two flags that choose another source each", |world| {
        world.run("plan -f unit.yaml --source-dir deploy --source-git-url fleet.git");
    }),
    ("a unit that is not in the files", |world| {
        world.run("plan -f unit.yaml --unit shpo");
    }),
    ("a shell without completions", |world| {
        world.run("completions powershell");
    }),
    ("delete without a terminal and without --yes", |world| {
        world.good("apply -f unit.yaml");
        world.run("delete -f unit.yaml");
    }),
];
