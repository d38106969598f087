//! Carrying out the effects of the state machine.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Either, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use windlass_core::{
    Cancel, Context, Delta, Error, ErrorKind, Interest, Look, ObjectId, Purpose, Result, Revision,
    StateStore, Version, Write, Written,
};

use super::Engine;
use super::guard::{call, caught, whole};
use super::key::Sealed;
use super::pass::{Passed, Prepared, Terms, Waits};
use super::voice::Voice;
use crate::step::{Effect, Happened, State, step};

impl Engine {
    /// Carries out what was planned.
    pub(super) async fn execute(
        &self,
        cx: &Context,
        voice: &Voice<'_>,
        prepared: Prepared,
        terms: &Terms,
    ) -> Result<Passed> {
        let Prepared { plan, due, sealed: Sealed { saved, key, resealed }, resolved, .. } = prepared;
        let version = saved.as_ref().map(|saved| saved.version.clone());
        let mut state = State::new(&plan, saved, &self.0.options.wait, cx.limits(), cx.now(), &key)?
            .with_resealed(resealed)
            .with_dialects(self.dialects())
            .with_trigger(terms.trigger)
            .with_origin(self.origin());
        if plan.purpose == Purpose::Delete {
            state = state.forgetting_all();
        }
        drop(plan);
        let store = self.store()?;
        let execution = Execution {
            engine: self,
            voice,
            cx,
            store,
            version,
            work: FuturesUnordered::new(),
            wake: None,
            cancelled: false,
            ahead: terms.ahead.zip(resolved.clone()),
            looks_ahead: false,
            waits: terms.waits.clone(),
            interrupted: false,
        };
        let driven = whole(async {
            execution.drive(&mut state).await;
            Ok(())
        })
        .await;
        driven.map_err(|error: Error| error.maybe_written())?;
        let report = state.report().clone();
        match state.lost_before_writing() {
            Some(error) => Err(error.clone()),
            None => Ok(Passed {
                report,
                overtaken: state.was_overtaken(),
                due,
                resolved,
                saved: state.into_saved(),
            }),
        }
    }
}

/// The effects under way.
struct Execution<'a> {
    engine: &'a Engine,
    voice: &'a Voice<'a>,
    cx: &'a Context,
    store: &'a dyn StateStore,
    version: Option<Version>,
    work: FuturesUnordered<BoxFuture<'a, Happened>>,
    wake: Option<Duration>,
    cancelled: bool,
    /// How often to look for a revision that is not this one.
    ahead: Option<(Duration, Revision)>,
    looks_ahead: bool,
    /// Whoever wants to know whether all there is to do is to wait, and may end that.
    waits: Option<Arc<Waits>>,
    interrupted: bool,
}

impl<'a> Execution<'a> {
    async fn drive(mut self, state: &mut State) {
        let mut happened = Happened::Begun;
        loop {
            let mut effects = Vec::new();
            if let Happened::Saved(Ok(version)) = &happened {
                self.version = Some(version.clone());
            }
            self.looks_ahead &= !matches!(happened, Happened::Overtaken(_));
            step(state, happened, self.cx.now(), &mut effects);
            if self.begin(effects) {
                return;
            }
            let only_waits = state.only_waits();
            if let Some(waits) = &self.waits {
                waits.set_only(only_waits);
            }
            if only_waits {
                self.look_ahead();
            }
            happened = self.next(only_waits).await;
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
                Effect::Tell(what) => self.voice.tell(what),
                Effect::Wake(at) => wake = Some(wake.map_or(at, |have: Duration| have.min(at))),
                Effect::Finish => return true,
            }
        }
        self.wake = wake.or(self.wake);
        false
    }

    fn save(&mut self, delta: Delta) {
        let (cx, store, engine) = (self.cx.shielded(self.cx.limits().save_timeout), self.store, self.engine);
        let expected = self.version.clone();
        self.work.push(Box::pin(async move {
            let limit = cx.limits().save_timeout;
            let saving = store.save(&cx, &engine.0.unit, expected.as_ref(), &delta);
            let saving = std::panic::AssertUnwindSafe(saving).catch_unwind();
            Happened::Saved(match select(Box::pin(saving), cx.clock().sleep(limit)).await {
                Either::Left((Ok(saved), _)) => saved,
                Either::Left((Err(_panic), _)) => {
                    Err(Error::new(ErrorKind::Internal, "the state store panicked").maybe_written())
                }
                Either::Right(_) => Err(took_too_long("the save took too long", limit)),
            })
        }));
    }

    /// Neither a cancellation nor the deadline cuts off what is under way: then nobody would know what it did.
    fn write(&mut self, write: Write) {
        let (cx, engine) = (self.cx, self.engine);
        self.work.push(Box::pin(async move {
            let id = write.id().clone();
            let result = match cx.check() {
                Ok(()) => engine.write(cx, &write).await,
                Err(error) => Err(error),
            };
            Happened::Wrote(id, result)
        }));
    }

    fn observe(&mut self, objects: BTreeMap<ObjectId, Look>) {
        let (cx, engine) = (self.cx, self.engine);
        self.work.push(Box::pin(async move {
            let interest = Interest { unit: engine.0.unit.clone(), objects };
            Happened::Observed(engine.look(cx, interest).await)
        }));
    }

    fn look_ahead(&mut self) {
        let ahead = self.ahead.as_ref().filter(|_| !self.looks_ahead);
        let Some((every, revision)) = ahead.cloned() else { return };
        self.looks_ahead = true;
        let (cx, source) = (self.cx, &self.engine.0.source);
        self.work.push(Box::pin(async move {
            loop {
                if cx.sleep(every).await.is_err() {
                    return std::future::pending().await;
                }
                // A source that gives no answer now is the next pass's to tell.
                match call(cx, "source", cx.limits().request_timeout, source.resolve(cx)).await {
                    Ok(found) if found.revision != revision => return Happened::Overtaken(found.revision),
                    _ => {}
                }
            }
        }));
    }

    /// Waits for whatever comes first: an effect that ends, the time to come back, or a cancellation.
    async fn next(&mut self, only_waits: bool) -> Happened {
        if let Some(over) = self.over() {
            return over;
        }
        let interrupt = self.waits.clone().filter(|_| only_waits && !self.interrupted);
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
        let asked = Cancel::new();
        let asked = interrupt.as_ref().map_or(&asked, |waits| waits.ends());
        let first = cancel.until(asked.until(select(Box::pin(done), Box::pin(awake)))).await;
        match first {
            Some(Some(Either::Left((happened, _)))) => happened,
            Some(Some(Either::Right(_))) => {
                self.wake = None;
                Happened::Woke
            }
            Some(None) => {
                self.interrupted = true;
                Happened::Interrupted
            }
            None => {
                self.cancelled = true;
                Happened::Cancelled
            }
        }
    }

    /// Says once that the caller wants no more of it.
    fn over(&mut self) -> Option<Happened> {
        let error = self.cx.check().err().filter(|_| !self.cancelled)?;
        self.cancelled = true;
        Some(if is_cancelled(error.kind()) { Happened::Cancelled } else { Happened::TimedOut })
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

impl Engine {
    /// Writes, in no more time than the limit and what is left of the right to write, and says how what was written is.
    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        let limit = cx.limits().write_timeout;
        let limit = caught("fence", || cx.shielded(limit).check_write())?.unwrap_or(limit);
        let shielded = cx.shielded(limit);
        let work = std::panic::AssertUnwindSafe(self.0.target.write(&shielded, write)).catch_unwind();
        let written = match select(Box::pin(work), cx.clock().sleep(limit)).await {
            Either::Left((Ok(result), _)) => result?,
            Either::Left((Err(_panic), _)) => {
                return Err(Error::new(ErrorKind::Internal, "the target panicked").maybe_written());
            }
            Either::Right(_) => {
                return Err(took_too_long("the write took too long", limit));
            }
        };
        Ok(match written {
            Written::Created(live) => Written::Created(self.assess_written(cx, write, live).await),
            Written::Changed(live) => Written::Changed(self.assess_written(cx, write, live).await),
            Written::Unchanged(live) => Written::Unchanged(self.assess_written(cx, write, live).await),
            other => other,
        })
    }
}

fn took_too_long(message: &'static str, limit: Duration) -> Error {
    Error::new(ErrorKind::Timeout, message).with("limit_seconds", limit.as_secs()).maybe_written()
}

/// Says whether an error is the caller's own wish to end.
pub(super) fn is_cancelled(kind: ErrorKind) -> bool {
    kind == ErrorKind::Cancelled
}
