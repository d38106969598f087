//! Looking after what is not ready: the pods of a workload say why, and no watch tells of them.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use windlass_core::{Context, Object, ObjectId};

use super::scope::Task;
use super::seen::{Found, Seen};
use super::table::{News, Table};
use super::{View, lasting};
use crate::children;
use crate::resource::Resource;

/// How often the task looks for what is due.
const ROUND: Duration = Duration::from_secs(5);
/// Workloads whose pods are listed in one round, or by one look.
const VISITS_MAX: usize = 16;
/// The longest wait between two visits to a workload that does not change.
const AGAIN_MAX: Duration = Duration::from_secs(60);

/// Starts the task unless it runs, or there is no runtime to run it: a write may be dropped outside of one.
pub(super) fn start(view: &Arc<View>, cx: &Context) {
    if tokio::runtime::Handle::try_current().is_err() {
        return;
    }
    let mut state = view.state();
    if state.nurse.as_ref().is_none_or(Task::is_over) {
        state.nurse = Some(Task::spawn(run(Arc::downgrade(view), lasting(cx))));
    }
}

async fn run(view: Weak<View>, cx: Context) {
    loop {
        if cx.sleep(ROUND).await.is_err() {
            return;
        }
        let Some(view) = view.upgrade() else { return };
        let Some(patients) = view.patients(&cx) else { return };
        visit_all(&view, &cx, patients).await;
    }
}

/// Lists the children of what a look found not to be ready, where that was never done, and gives the health anew.
pub(super) async fn visit(view: &Arc<View>, cx: &Context, seen: &mut Seen) {
    let patients = {
        let state = view.state();
        let mut open = Vec::new();
        for (resource, table) in state.with_pods() {
            let unknown = |id: &&ObjectId| {
                let is_of_kind = id.kind == resource.kind && id.group == resource.group;
                let entry = is_of_kind.then(|| table.get(id)).flatten();
                entry.is_some_and(|entry| entry.whole.is_some() && entry.children.is_none())
            };
            open.extend(seen.found.keys().filter(unknown).map(|id| (resource.clone(), id.clone())));
        }
        open.truncate(VISITS_MAX);
        state.wholes(open)
    };
    if patients.is_empty() {
        return;
    }
    visit_all(view, cx, patients).await;
    let (state, reader) = (view.state(), view.reader(cx.now().wall));
    for (id, found) in &mut seen.found {
        let Found::Live { live, .. } = found else { continue };
        let mut entries = state.tables.values().filter_map(|table| table.get(id));
        if let Some(entry) = entries.find(|entry| entry.live.version == live.version) {
            live.health = entry.shown(&reader).health;
        }
    }
}

/// A workload that is not ready, as a whole.
pub(super) type Patient = (Resource, Object);

async fn visit_all(view: &View, cx: &Context, patients: Vec<Patient>) {
    let visits = patients.into_iter().map(async |(resource, whole)| {
        let children = children::of(&view.connection, cx, &whole).await;
        view.visited(cx, &resource, &whole, children.unwrap_or_default());
    });
    join_all(visits).await;
}

impl super::state::State {
    /// Gives the kinds whose objects have pods that say how they are.
    fn with_pods(&self) -> impl Iterator<Item = (&Resource, &Table)> {
        self.tables.iter().filter(|(resource, _)| children::has_pods(&resource.group, &resource.kind))
    }

    fn wholes(&self, open: Vec<(Resource, ObjectId)>) -> Vec<Patient> {
        let whole = |(resource, id): (Resource, ObjectId)| {
            let whole = self.tables.get(&resource)?.get(&id)?.whole.as_deref()?.clone();
            Some((resource, whole))
        };
        open.into_iter().filter_map(whole).collect()
    }
}

impl View {
    /// Gives what is due; `None` where nothing is open, and the task ends.
    fn patients(&self, cx: &Context) -> Option<Vec<Patient>> {
        let mut state = self.state();
        let now = self.now(cx);
        let (mut any, mut due) = (false, Vec::new());
        for (resource, table) in state.with_pods() {
            for id in table.not_ready() {
                any = true;
                if table.get(&id).is_some_and(|entry| entry.next_visit <= now) {
                    due.push((resource.clone(), id));
                }
            }
        }
        if !any {
            state.nurse = None;
            return None;
        }
        due.truncate(VISITS_MAX);
        Some(state.wholes(due))
    }

    /// Takes what a visit found, and tells whom it concerns where the health is another one now.
    fn visited(&self, cx: &Context, resource: &Resource, whole: &Object, children: Vec<Object>) {
        let mut state = self.state();
        let reader = self.reader(cx.now().wall);
        let Some(table) = state.tables.get_mut(resource) else { return };
        let mut news = News::default();
        if let Some(entry) = table.get_mut(whole.id()) {
            let before = entry.shown(&reader).health;
            entry.children = Some(children);
            entry.visits = entry.visits.saturating_add(1);
            let wait = ROUND * (1 << entry.visits.min(6));
            entry.next_visit = self.now(cx) + wait.min(AGAIN_MAX);
            if entry.shown(&reader).health != before {
                table.concerns(whole.id(), &mut news);
            }
        }
        state.tell(&news, None);
    }
}
