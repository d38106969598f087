//! What every project goes through.

mod edit;
mod queue;

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{ObjectReport, Outcome, Report};

use crate::support::goldens::{Document, Project};
use crate::support::plane::{kubectl_args, labelled, namespace, writes_of};
use crate::support::world::{World, troubles, with_outcome};

/// Projects at work at the same time.
const WORKERS: usize = 4;

/// Takes all projects through [`check`], those at the same time that share nothing in the cluster.
pub(crate) fn run_all(projects: Vec<Project>) {
    let queue = queue::Queue::new(projects);
    let failed: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(|| queue.work(check))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker ends")).sum()
    });
    assert_eq!(failed, 0, "{failed} projects failed; what each did wrong is said above");
}

fn check(project: &Project) {
    let began = std::time::Instant::now();
    let mut run = Run::new(project);
    run.converges();
    run.stays_in_sync();
    run.is_repaired();
    run.is_pruned();
    run.goes_away();
    println!("{}: all checked in {:.1}s", project.repository, began.elapsed().as_secs_f64());
}

/// One project on its way.
struct Run<'a> {
    project: &'a Project,
    world: World,
    beforehand: BTreeSet<String>,
    /// What became of each file in the first pass.
    first: BTreeMap<String, ObjectReport>,
}

impl<'a> Run<'a> {
    fn new(project: &'a Project) -> Self {
        let name: String =
            project.repository.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let world = World::new(&format!("p-{name}"));
        let beforehand = missing_namespaces(project);
        beforehand.iter().for_each(|name| namespace(name));
        Self { project, world, beforehand, first: BTreeMap::new() }
    }

    /// One pass brings everything there that can be there. What does not become healthy is named, with the reason.
    fn converges(&mut self) {
        let files: Vec<_> =
            self.project.documents.iter().map(|one| (one.file.as_str(), Some(one.text.as_str()))).collect();
        self.world.commit(&files);
        // An autoscaler looks every fifteen seconds.
        let report = self.world.pass_waiting(20);
        self.first = by_file(&report);
        assert_eq!(self.first.len(), files.len(), "each document is in the report:\n{report}");
        insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(self.world.unit.clone(), self.summary(&report));
        });
    }

    fn summary(&self, report: &Report) -> String {
        let beforehand: Vec<&str> = self.beforehand.iter().map(String::as_str).collect();
        format!(
            "namespaces made beforehand: {}\n{}\n{}",
            if beforehand.is_empty() { "none".into() } else { beforehand.join(" ") },
            report.counts(),
            without_network(&troubles(report)),
        )
    }

    /// A second pass plans nothing and writes nothing. What could not be written is tried again, and again in vain.
    fn stays_in_sync(&self) {
        let plan = self.world.plan();
        let failing: BTreeSet<String> = self
            .first
            .values()
            .filter(|report| !is_applied(report))
            .map(|report| report.id.to_string())
            .collect();
        let planned =
            plan.actions.iter().filter(|action| action.verb.writes()).map(|action| action.id.to_string());
        let planned: Vec<String> = planned.filter(|id| !failing.contains(id)).collect();
        assert!(planned.is_empty(), "nothing is planned:\n{plan}");
        if !failing.is_empty() {
            // That a pass ended otherwise than the last is remembered, once.
            self.world.pass_waiting(1);
        }
        let before = writes_of(&self.world.unit);
        assert!(before.done > 0, "the audit log knows the first pass");
        let report = self.world.pass_waiting(1);
        let after = writes_of(&self.world.unit);
        assert_eq!(report.counts().written(), 0, "nothing is written:\n{report}");
        assert_eq!(after.done, before.done, "the server did no write in\n{report}");
        assert!(
            after.asked == before.asked || !failing.is_empty(),
            "the server was asked for no write in\n{report}"
        );
    }

    /// What somebody edits and deletes by hand is put back, and nothing else is touched.
    fn is_repaired(&self) {
        let (edits, deleted) = edit::choose(self.applied());
        for edit in &edits {
            edit.make();
        }
        delete(deleted);
        let report = self.world.pass();
        let edited: BTreeSet<String> = edits.iter().map(edit::Edit::id).collect();
        assert!(!edited.is_empty(), "something is edited");
        assert_eq!(set(&report, "changed"), edited, "what was edited is changed:\n{report}");
        assert_eq!(
            set(&report, "created"),
            BTreeSet::from([deleted.id.to_string()]),
            "what was deleted is created:\n{report}"
        );
        edits.iter().for_each(edit::Edit::is_undone);
    }

    /// Removing files deletes their objects and no others. While anything fails nothing is deleted, so what fails is
    /// removed as well.
    fn is_pruned(&self) {
        let failing: Vec<&Document> =
            self.documents().filter(|(_, report)| !is_applied(report)).map(|(one, _)| one).collect();
        let chosen: Vec<(&Document, &ObjectReport)> =
            self.applied().filter(|(one, _)| self.may_go(one)).step_by(4).collect();
        let expected: BTreeSet<String> = chosen.iter().map(|(_, report)| report.id.to_string()).collect();
        assert!(!expected.is_empty(), "something is removed");
        let removed: Vec<_> = chosen.iter().map(|(one, _)| (one.file.as_str(), None)).collect();
        self.world.commit(&removed);
        if !failing.is_empty() {
            let report = self.world.pass_waiting(1);
            assert_eq!(report.counts().deleted, 0, "nothing is deleted where something fails:\n{report}");
            let removed: Vec<_> = failing.iter().map(|one| (one.file.as_str(), None)).collect();
            self.world.commit(&removed);
        }
        let report = self.world.pass_waiting(5);
        assert_eq!(set(&report, "deleted"), expected, "what was removed is deleted:\n{report}");
        assert_eq!(report.counts().written(), expected.len(), "and nothing else is written:\n{report}");
        let left: BTreeSet<String> = self
            .applied()
            .map(|(_, report)| report.id.to_string())
            .filter(|id| !expected.contains(id))
            .collect();
        assert_eq!(labelled(&self.world.label()), left, "kubectl sees the rest");
    }

    /// A definition stays while objects of its kind do; a Namespace takes what is in it along.
    fn may_go(&self, document: &Document) -> bool {
        let id = document.object.id();
        let defines = |other: &Document| {
            let spec = |path: &[&str]| document.object.body().text_at(path);
            spec(&["spec", "group"]) == Some(&other.object.id().group)
                && spec(&["spec", "names", "kind"]) == Some(&other.object.id().kind)
        };
        id.kind != "Namespace" && !self.project.documents.iter().any(defines)
    }

    /// Deleting the unit deletes all that it owns.
    fn goes_away(&self) {
        let report = self.world.delete();
        assert!(report.is_success(), "all of it goes:\n{report}");
        assert_eq!(labelled(&self.world.label()), BTreeSet::new(), "nothing carries the mark any more");
    }

    fn documents(&self) -> impl Iterator<Item = (&'a Document, &ObjectReport)> {
        self.project.documents.iter().map(|one| (one, &self.first[&one.file]))
    }

    fn applied(&self) -> impl Iterator<Item = (&'a Document, &ObjectReport)> {
        self.documents().filter(|(_, report)| is_applied(report))
    }
}

fn is_applied(report: &ObjectReport) -> bool {
    matches!(report.outcome, Outcome::Created | Outcome::Changed | Outcome::Unchanged)
}

fn by_file(report: &Report) -> BTreeMap<String, ObjectReport> {
    let file = |one: &ObjectReport| one.origin.as_ref().map(|origin| origin.file.to_string());
    report.objects.iter().filter_map(|one| Some((file(one)?, one.clone()))).collect()
}

/// The namespaces that objects are in and that the project does not bring: a user makes them beforehand.
fn missing_namespaces(project: &Project) -> BTreeSet<String> {
    let ids = || project.documents.iter().map(|document| document.object.id());
    let brought: BTreeSet<&str> =
        ids().filter(|id| id.kind == "Namespace").map(|id| id.name.as_str()).collect();
    let used = ids().map(|id| id.namespace.as_str()).filter(|name| !name.is_empty());
    used.filter(|name| !brought.contains(name)).map(String::from).collect()
}

/// Leaves out what a network answers: it is not the same everywhere, and addresses of Services are drawn by chance.
fn without_network(text: &str) -> String {
    let plain = |line: &str| match (line.split_once("https://"), line.split_once("; Pod ")) {
        (Some((before, _)), _) => format!("{before}<address>…\n"),
        // The name of a pod is another one each time.
        (None, Some((before, _))) => format!("{before}; Pod …\n"),
        (None, None) => format!("{line}\n"),
    };
    text.lines().map(plain).collect()
}

fn set(report: &Report, outcome: &str) -> BTreeSet<String> {
    with_outcome(report, outcome).into_iter().collect()
}

fn delete(report: &ObjectReport) {
    kubectl_args(&["delete", &report.id.group_kind(), &report.id.name, &in_namespace(report)]);
}

fn in_namespace(report: &ObjectReport) -> String {
    format!("--namespace={}", report.id.namespace)
}
