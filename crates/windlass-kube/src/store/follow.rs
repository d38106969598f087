//! What is asked of units, kept up to date by a watch.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use windlass_core::{
    Context, Control, Controls, Error, ErrorKind, Followed, Result, Retry, Text, UnitId, Value, Version,
};

use super::control::{document_of, read};
use super::maps::{CONTROL_LABEL, Maps};
use crate::event::{self, Event};
use crate::view::{Task, lasting};

/// How long a watch may be silent before it is asked anew from where it was. Bookmarks come about every minute.
const SILENCE_MAX: Duration = Duration::from_secs(90);
/// How long the server keeps a watch.
const WATCH_SECONDS: u64 = 290;
/// The first wait after an attempt that failed; each further one doubles it.
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// A watch that lasts less counts as a failure, so that a server that ends each at once is not asked without a pause.
const LASTS_MIN: Duration = Duration::from_secs(1);
/// How often a right that is missing is tried again.
const RIGHT_AGAIN: Duration = Duration::from_secs(60);

/// Follows what is asked of the units of one namespace, once somebody wants to know.
#[derive(Clone, Default)]
pub(super) struct Follower(Arc<Followers>);

#[derive(Default)]
struct Followers {
    known: Mutex<Known>,
    /// Told whenever something is known that was not.
    told: Notify,
}

#[derive(Default)]
struct Known {
    status: Status,
    /// Counts what changed.
    mark: u64,
    documents: BTreeMap<UnitId, Result<(Version, Control)>>,
    task: Option<Task>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Status {
    #[default]
    Starting,
    /// What is known is what the server says.
    Current,
    /// What is known may be outdated, or nobody may know it.
    Broken,
}

impl Follower {
    /// Gives what is asked, once it may be other than at `since`; `None` where the server tells nobody.
    pub(super) async fn follow(
        &self,
        cx: &Context,
        maps: &Maps,
        installation: &str,
        since: Option<u64>,
    ) -> Result<Option<Followed>> {
        loop {
            let mut told = pin!(self.0.told.notified());
            told.as_mut().enable();
            {
                let mut known = self.0.known();
                if known.task.as_ref().is_none_or(Task::is_over) {
                    if tokio::runtime::Handle::try_current().is_err() {
                        return Ok(None);
                    }
                    let task = Watching { of: Arc::downgrade(&self.0), maps: maps.clone(), cx: lasting(cx) };
                    known.status = Status::Starting;
                    known.task = Some(Task::spawn(task.run()));
                }
                match known.status {
                    Status::Broken => return Ok(None),
                    Status::Current if since != Some(known.mark) => {
                        return Ok(Some(known.of(installation)));
                    }
                    Status::Current | Status::Starting => {}
                }
            }
            cx.unless_over(told).await?;
        }
    }
}

impl Known {
    fn of(&self, installation: &str) -> Followed {
        let of = self.documents.iter().filter(|(unit, _)| unit.installation() == installation);
        let controls: Controls = of.map(|(unit, found)| (unit.clone(), found.clone())).collect();
        Followed::new(self.mark, controls)
    }
}

impl Followers {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Known)) {
        let mut known = self.known();
        change(&mut known);
        known.mark += 1;
        self.told.notify_waiters();
    }
}

/// The task that lists and watches.
struct Watching {
    of: Weak<Followers>,
    maps: Maps,
    cx: Context,
}

impl Watching {
    async fn run(self) {
        let (mut place, mut failures) = (None, 0_u32);
        loop {
            let began = self.cx.now().mono;
            let turn = self.turn(&mut place).await;
            let brief = self.cx.now().mono.saturating_sub(began) < LASTS_MIN;
            let Some(of) = self.of.upgrade() else { return };
            failures = if brief { failures.saturating_add(1) } else { 0 };
            let pause = (PAUSE_FIRST * (1 << failures.min(7))).min(PAUSE_MAX);
            let wait = match turn {
                // A watch that ends at once tells nobody of anything.
                Ok(()) if brief => {
                    of.change(|known| known.status = Status::Broken);
                    pause
                }
                Ok(()) => Duration::ZERO,
                Err(error) => {
                    of.change(|known| known.status = Status::Broken);
                    wait_after(&error, &mut place, pause)
                }
            };
            drop(of);
            if self.cx.sleep(wait).await.is_err() {
                return;
            }
        }
    }

    /// Lists where that is needed, and watches until the watch ends.
    async fn turn(&self, place: &mut Option<Text>) -> Result<()> {
        if place.is_none() {
            *place = Some(self.list().await?);
        }
        let at = place.clone().unwrap_or_default();
        let request = self.maps.watch(CONTROL_LABEL, &at, WATCH_SECONDS);
        let mut lines = self.maps.cluster.open(&self.cx, &request, false).await?;
        if let Some(of) = self.of.upgrade()
            && of.known().status != Status::Current
        {
            of.change(|known| known.status = Status::Current);
        }
        loop {
            let Some(line) = lines.next_within(&self.cx, SILENCE_MAX).await else { return Ok(()) };
            let line =
                line.map_err(|error| request.subject.on(error).with("server", self.maps.cluster.server()))?;
            let Some(line) = line else { return Ok(()) };
            let Some(of) = self.of.upgrade() else { return Ok(()) };
            let version = match event::read(&line, "configmaps")? {
                Event::Bookmark { version, .. } => version,
                Event::Put(map) => {
                    if let Some(unit) = document_of(&map) {
                        let found = read(&unit, &map);
                        of.change(|known| drop(known.documents.insert(unit, found)));
                    }
                    version_of(&map)
                }
                Event::Remove(map) => {
                    if let Some(unit) = document_of(&map) {
                        of.change(|known| drop(known.documents.remove(&unit)));
                    }
                    version_of(&map)
                }
            };
            *place = Some(version);
        }
    }

    async fn list(&self) -> Result<Text> {
        let (maps, version) = self.maps.list_at(&self.cx, CONTROL_LABEL).await?;
        let of = maps.iter().filter_map(|map| Some((document_of(map)?, map)));
        let documents = of.map(|(unit, map)| (unit.clone(), read(&unit, map))).collect();
        if let Some(of) = self.of.upgrade() {
            of.change(|known| (known.documents, known.status) = (documents, Status::Current));
        }
        Ok(version)
    }
}

fn version_of(map: &Value) -> Text {
    map.text_at(&["metadata", "resourceVersion"]).unwrap_or_default().into()
}

/// Says how long to wait after an error. A place that the server does not know any more is forgotten.
fn wait_after(error: &Error, place: &mut Option<Text>, pause: Duration) -> Duration {
    match error.retry() {
        _ if error.context("status") == Some("410") => {
            *place = None;
            pause
        }
        _ if error.kind() == ErrorKind::Denied || error.context("status") == Some("405") => {
            *place = None;
            RIGHT_AGAIN
        }
        Retry::After(wait) => wait.min(PAUSE_MAX).max(pause),
        _ => pause,
    }
}
