//! Carrying out the effects of the state machine.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use windlass_core::{
    Cancel, Context, Delta, ErrorKind, Interest, Look, ObjectId, Report, Result, StateStore, Version, Write,
};

use super::{Engine, Prepared};
use crate::step::{Effect, Happened, State, step};

/// How long what must not be cut off may take: saving what was done.
const SAVE_TIMEOUT: Duration = Duration::from_secs(30);

impl Engine {
    pub(super) async fn execute(&self, cx: &Context, prepared: Prepared, deleting: bool) -> Result<Report> {
        let Prepared { plan, saved } = prepared;
        let version = saved.as_ref().map(|saved| saved.version.clone());
        let in_flight = cx.limits().writes_in_flight_max;
        let mut state = State::new(&plan, saved, &self.0.options.wait, in_flight, cx.now())?;
        if deleting {
            state = state.forgetting_all();
        }
        drop(plan);
        let store = self.store()?;
        Execution {
            engine: self,
            cx,
            store,
            version,
            work: FuturesUnordered::new(),
            wake: None,
            cancelled: false,
        }
        .drive(&mut state)
        .await;
        let report = state.report().clone();
        let lost = report.problems.iter().find(|problem| problem.message() == "the state could not be saved");
        match lost {
            Some(error) if !state.has_begun_to_write() => Err(error.clone()),
            _ => Ok(report),
        }
    }
}

/// The effects under way.
struct Execution<'a> {
    engine: &'a Engine,
    cx: &'a Context,
    store: &'a dyn StateStore,
    version: Option<Version>,
    work: FuturesUnordered<BoxFuture<'a, Happened>>,
    wake: Option<Duration>,
    cancelled: bool,
}

impl<'a> Execution<'a> {
    async fn drive(mut self, state: &mut State) {
        let mut happened = Happened::Begun;
        loop {
            let mut effects = Vec::new();
            if let Happened::Saved(Ok(version)) = &happened {
                self.version = Some(version.clone());
            }
            step(state, happened, self.cx.now(), &mut effects);
            if self.begin(effects) {
                return;
            }
            happened = self.next().await;
        }
    }

    /// Begins effects; says whether it was the last.
    fn begin(&mut self, effects: Vec<Effect>) -> bool {
        let mut wake = None;
        for effect in effects {
            match effect {
                Effect::Save(delta) => self.save(delta),
                Effect::Write(write) => self.write(write),
                Effect::Observe(objects) => self.observe(objects),
                Effect::Tell(what) => self.engine.tell(what),
                Effect::Wake(at) => wake = Some(wake.map_or(at, |have: Duration| have.min(at))),
                Effect::Finish => return true,
            }
        }
        self.wake = wake.or(self.wake);
        false
    }

    fn save(&mut self, delta: Delta) {
        let (cx, store, engine) = (self.cx.shielded(SAVE_TIMEOUT), self.store, self.engine);
        let expected = self.version.clone();
        self.work.push(Box::pin(async move {
            Happened::Saved(store.save(&cx, &engine.0.unit, expected.as_ref(), &delta).await)
        }));
    }

    fn write(&mut self, write: Write) {
        let (cx, engine) = (self.cx, self.engine);
        self.work.push(Box::pin(async move {
            let id = write.id().clone();
            let result = match cx.check_write() {
                Ok(_) => engine.0.target.write(cx, &write).await,
                Err(error) => Err(error),
            };
            Happened::Wrote(id, result)
        }));
    }

    fn observe(&mut self, objects: BTreeMap<ObjectId, Look>) {
        let (cx, engine) = (self.cx, self.engine);
        self.work.push(Box::pin(async move {
            let interest = Interest { unit: engine.0.unit.clone(), objects };
            let observed = engine.0.target.observe(cx, &interest).await;
            Happened::Observed(observed.map(|mut observed| {
                engine.assess(&mut observed);
                observed
            }))
        }));
    }

    /// Waits for whatever comes first: an effect that ends, the time to come back, or a cancellation.
    async fn next(&mut self) -> Happened {
        if !self.cancelled && self.cx.check().is_err() {
            self.cancelled = true;
            return Happened::Cancelled;
        }
        let cancel = if self.cancelled { Cancel::new() } else { self.cx.cancel().clone() };
        let wait = self.wait();
        let clock = self.cx.clock().clone();
        let awake = async move {
            match wait {
                Some(wait) => clock.sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        let done = async {
            match self.work.next().await {
                Some(happened) => happened,
                None => std::future::pending().await,
            }
        };
        let first = cancel.until(select(Box::pin(done), Box::pin(awake))).await;
        match first {
            Some(Either::Left((happened, _))) => happened,
            Some(Either::Right(_)) => {
                self.wake = None;
                Happened::Woke
            }
            None => {
                self.cancelled = true;
                Happened::Cancelled
            }
        }
    }

    /// How long until it is time to come back, or until the deadline, of which the state machine is told as well.
    fn wait(&self) -> Option<Duration> {
        let now = self.cx.now().mono;
        let wake = self.wake.map(|at| at.saturating_sub(now));
        let deadline = self.cx.remaining().filter(|_| !self.cancelled);
        match (wake, deadline) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }
}

/// Says whether an error is the caller's own wish to end.
pub(super) fn is_cancelled(kind: ErrorKind) -> bool {
    kind == ErrorKind::Cancelled
}
