//! Source, target and state are folders: plan, apply, repair, prune, without any server.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use windlass_core::{Context, Plan, Target};
use windlass_engine::Engine;
use windlass_fs::{DirSource, DirTarget};
use windlass_testkit::{LinesRenderer, TestClock, unit};

struct Loop {
    place: TempDir,
    clock: TestClock,
}

impl Loop {
    /// Makes a loop whose source holds these lines.
    fn new(lines: &str) -> Self {
        let it = Self { place: TempDir::new().unwrap(), clock: TestClock::auto() };
        fs::create_dir(it.source()).unwrap();
        it.want(lines);
        it
    }

    fn source(&self) -> PathBuf {
        self.place.path().join("source")
    }

    fn target(&self) -> PathBuf {
        self.place.path().join("target")
    }

    fn want(&self, lines: &str) {
        fs::write(self.source().join("app.lines"), lines).unwrap();
    }

    fn context(&self) -> Context {
        self.clock.context()
    }

    /// Each pass has an engine of its own: what it knows of the last one, it knows from the folders.
    fn engine(&self) -> Engine {
        let target = DirTarget::open(self.target()).unwrap();
        Engine::new(unit("shop"), DirSource::new(self.source()), LinesRenderer::new(), target)
    }

    fn plan(&self) -> Plan {
        self.clock.block_on(self.engine().plan(&self.context())).unwrap()
    }

    /// Reconciles, and says how many objects were created, changed and deleted.
    fn reconcile(&self) -> (usize, usize, usize) {
        let report = self.clock.block_on(self.engine().reconcile(&self.context())).unwrap();
        let counts = report.counts();
        assert_eq!(counts.failed, 0, "{report:?}");
        (counts.created, counts.changed, counts.deleted)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.target().join(path)).unwrap()
    }
}

/// Everything below a folder, with its bytes and times.
fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(snapshot(&path));
        } else if !path.ends_with(".windlass/lock") {
            let about = fs::metadata(&path).unwrap();
            found.push((path.clone(), fs::read(&path).unwrap(), about.modified().unwrap()));
        }
    }
    found.sort();
    found
}

const TWO: &str = "ConfigMap/shop/web color=red\nDeployment.apps/shop/web image=web:1\n";
const WEB: &str = "shop/ConfigMap/web.yaml";

#[test]
fn a_plan_makes_nothing_and_a_pass_makes_what_is_wanted() {
    let it = Loop::new(TWO);
    assert_eq!(it.plan().writes(), 2);
    assert!(!it.target().exists(), "a plan writes nothing");
    assert_eq!(it.reconcile(), (2, 0, 0));
    assert!(it.read(WEB).contains("color: red"));
    assert!(it.read("shop/Deployment.apps/web.yaml").contains("image: web:1"));
    assert!(it.read(".windlass/state/shop.json").contains("ConfigMap/shop/web"));
}

#[test]
fn a_second_pass_writes_nothing_at_all() {
    let it = Loop::new(TWO);
    it.reconcile();
    let before = snapshot(&it.target());
    assert!(it.plan().is_in_sync());
    assert_eq!(it.reconcile(), (0, 0, 0));
    assert_eq!(snapshot(&it.target()), before, "neither objects nor marks nor state");
}

#[test]
fn an_edit_by_hand_is_repaired() {
    let it = Loop::new(TWO);
    it.reconcile();
    let (good, edited) = (it.read(WEB), it.read(WEB).replace("red", "blue"));
    fs::write(it.target().join(WEB), edited).unwrap();
    assert_eq!(it.reconcile(), (0, 1, 0));
    assert_eq!(it.read(WEB), good);
    fs::remove_file(it.target().join(WEB)).unwrap();
    assert_eq!(it.reconcile(), (1, 0, 0));
    assert_eq!(it.read(WEB), good);
}

#[test]
fn what_is_wanted_no_more_goes_and_what_others_put_there_stays() {
    let it = Loop::new(TWO);
    it.reconcile();
    let others = it.target().join("shop/ConfigMap/others.yaml");
    fs::write(&others, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: others, namespace: shop}\n")
        .unwrap();
    it.want("Deployment.apps/shop/web image=web:2\n");
    assert_eq!(it.reconcile(), (0, 1, 1));
    assert!(!it.target().join(WEB).exists());
    assert!(others.exists());
    assert!(it.plan().is_in_sync());
}

#[test]
fn a_file_put_where_ours_was_deleted_by_hand_is_never_pruned() {
    let it = Loop::new(TWO);
    it.reconcile();
    fs::remove_file(it.target().join(WEB)).unwrap();
    it.want("Deployment.apps/shop/web image=web:1\n");
    it.reconcile();
    let theirs = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web, namespace: shop}\n";
    fs::create_dir_all(it.target().join(WEB).parent().unwrap()).unwrap();
    fs::write(it.target().join(WEB), theirs).unwrap();
    it.want("Deployment.apps/shop/web image=web:2\n");
    it.reconcile();
    assert_eq!(it.read(WEB), theirs);
    assert!(it.plan().is_in_sync());
    let shown = format!("{:?}", it.plan().warnings);
    assert_eq!(shown, "[]", "nobody takes it for something that the unit has lost");
}

#[test]
fn what_was_made_half_is_an_error_and_never_a_delete() {
    let it = Loop::new(TWO);
    it.reconcile();
    fs::write(it.target().join(WEB), "a: [").unwrap();
    it.want("Deployment.apps/shop/web image=web:2\n");
    let _ = it.clock.block_on(it.engine().reconcile(&it.context()));
    assert_eq!(it.read(WEB), "a: [");
    fs::remove_dir_all(it.source()).unwrap();
    assert!(it.clock.block_on(it.engine().reconcile(&it.context())).is_err());
    assert!(it.target().join("shop/Deployment.apps/web.yaml").exists());
}

#[test]
fn the_place_of_a_plan_is_the_folder() {
    let it = Loop::new(TWO);
    let place = DirTarget::open(it.target()).unwrap().profile().place.to_owned();
    assert_eq!(it.plan().place, *place);
}
