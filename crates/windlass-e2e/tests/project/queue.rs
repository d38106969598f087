//! Projects that share nothing in the cluster, at the same time.

use std::collections::{BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use windlass_core::ObjectId;

use crate::support::goldens::Project;

/// Projects that wait, and what those at work have taken of the cluster.
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    waiting: VecDeque<Project>,
    taken: Vec<BTreeSet<String>>,
}

impl Queue {
    pub(crate) fn new(projects: Vec<Project>) -> Self {
        let state = State { waiting: projects.into(), taken: Vec::new() };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Works until nothing waits any more; says how many projects failed.
    pub(crate) fn work(&self, check: fn(&Project)) -> usize {
        let mut failed = 0;
        while let Some((project, claims)) = self.next() {
            if catch_unwind(AssertUnwindSafe(|| check(&project))).is_err() {
                println!("{}: failed", project.repository);
                failed += 1;
            }
            let mut state = self.state();
            let at = state.taken.iter().position(|taken| *taken == claims).expect("it was taken");
            state.taken.remove(at);
            self.changed.notify_all();
        }
        failed
    }

    /// Takes the first project that gets in nobody's way, waiting for one.
    fn next(&self) -> Option<(Project, BTreeSet<String>)> {
        let mut state = self.state();
        loop {
            if state.waiting.is_empty() {
                return None;
            }
            let free = state.waiting.iter().position(|project| is_free(&state.taken, project));
            if let Some(project) = free.and_then(|at| state.waiting.remove(at)) {
                let claims = claims(&project);
                state.taken.push(claims.clone());
                return Some((project, claims));
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_free(taken: &[BTreeSet<String>], project: &Project) -> bool {
    let claims = claims(project);
    let alone = |claims: &BTreeSet<String>| claims.contains(ALONE);
    taken.is_empty()
        || !alone(&claims) && !taken.iter().any(|taken| alone(taken) || !taken.is_disjoint(&claims))
}

const ALONE: &str = "the whole cluster";

/// What a project takes for itself: its names, its namespaces, and kinds that are not of every cluster. With admission
/// or an aggregated API it takes everything, since these reach into what others do.
fn claims(project: &Project) -> BTreeSet<String> {
    let mut claims = BTreeSet::new();
    for document in &project.documents {
        let id = document.object.id();
        if matches!(id.group.as_str(), "admissionregistration.k8s.io" | "apiregistration.k8s.io") {
            claims.insert(ALONE.into());
        }
        claims.insert(id.to_string());
        if !id.namespace.is_empty() {
            claims.insert(ObjectId::new("", "Namespace", "", id.namespace.clone()).to_string());
        }
        let spec = |path: &[&str]| document.object.body().text_at(path);
        if let (Some(group), Some(kind)) = (spec(&["spec", "group"]), spec(&["spec", "names", "kind"])) {
            claims.insert(format!("kind {kind}.{group}"));
        } else if id.group.contains('.') && !is_of_every_cluster(&id.group) {
            claims.insert(format!("kind {}", id.group_kind()));
        }
    }
    claims
}

/// The API groups that every cluster has, and no definition adds to.
fn is_of_every_cluster(group: &str) -> bool {
    group.strip_suffix(".k8s.io").is_some_and(|name| !name.contains('.') || name == "rbac.authorization")
}
