//! The sources of a fleet: each is asked once for all units on it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Error, EventKind, Result, Revision, Source, Trigger, UnitId};

use super::super::standing::{backoff, jittered, named};
use super::{Desk, Mode, Turn};
use crate::driver::{Engine, call};

/// A source, and the units on it.
pub(super) struct Spring {
    pub(super) source: Arc<dyn Source>,
    pub(super) engine: Engine,
    pub(super) units: BTreeSet<UnitId>,
    pub(super) known: Option<Revision>,
    pub(super) failed: u32,
    /// Nobody asks it, since no unit is on it any more.
    pub(super) idle: bool,
}

impl Desk<'_> {
    pub(super) fn spring_of(&mut self, engine: &Engine) -> usize {
        let source = engine.source();
        let known = self.springs.iter().position(|spring| Arc::ptr_eq(&spring.source, source));
        let at = known.unwrap_or_else(|| {
            self.springs.push(Spring {
                source: Arc::clone(source),
                engine: engine.clone(),
                units: BTreeSet::new(),
                known: None,
                failed: 0,
                idle: true,
            });
            self.springs.len() - 1
        });
        if std::mem::take(&mut self.springs[at].idle) {
            self.resolve(at, Duration::ZERO);
        }
        at
    }

    /// Asks a source what it is at, after a wait or as soon as it tells of a change.
    fn resolve_when_moved(&self, at: usize, wait: Duration) {
        let (cx, engine) = (self.cx.clone(), self.springs[at].engine.clone());
        self.work.push(Box::pin(async move {
            let over = cx.now().mono.saturating_add(wait);
            let moved = match engine.source().watch() {
                Some(watch) => call(&cx, "source", wait, watch.moved(&cx)).await.is_ok(),
                None => false,
            };
            // A watch that broke tells nothing until the interval is over.
            let left = if moved { Duration::ZERO } else { over.saturating_sub(cx.now().mono) };
            if let Err(error) = cx.sleep(left).await {
                return Turn::Resolved(at, Err(error));
            }
            Turn::Resolved(at, engine.resolve_plainly(&cx).await)
        }));
    }

    /// Asks a source what it is at, after a wait.
    fn resolve(&self, at: usize, wait: Duration) {
        let (cx, engine) = (self.cx.clone(), self.springs[at].engine.clone());
        self.work.push(Box::pin(async move {
            if let Err(error) = cx.sleep(wait).await {
                return Turn::Resolved(at, Err(error));
            }
            Turn::Resolved(at, engine.resolve_plainly(&cx).await)
        }));
    }

    pub(super) fn resolved(&mut self, at: usize, result: Result<Revision>) {
        if self.cx.check().is_err() {
            return;
        }
        if self.springs[at].units.is_empty() {
            let spring = &mut self.springs[at];
            (spring.idle, spring.known, spring.failed) = (true, None, 0);
            return;
        }
        let interval = self.interval(at);
        match result {
            Ok(revision) => {
                self.springs[at].failed = 0;
                let first = self.springs[at].known.is_none();
                let moved = self.springs[at].known.as_ref().is_none_or(|known| known.id != revision.id);
                self.springs[at].known = Some(revision);
                if first {
                    self.want_waiting(self.springs[at].units.clone());
                } else if moved {
                    self.want_all(Trigger::Source, self.springs[at].units.clone());
                }
                if self.mode == Mode::Forever {
                    self.resolve_when_moved(at, interval);
                }
            }
            Err(error) => self.unresolved(at, &error, interval),
        }
    }

    /// A source that gives no answer: units that have no revision fail, all others stay where they are.
    fn unresolved(&mut self, at: usize, error: &Error, interval: Duration) {
        self.springs[at].failed = self.springs[at].failed.saturating_add(1);
        let failed = self.springs[at].failed;
        let known = self.springs[at].known.is_some();
        let of: Vec<UnitId> = self.springs[at].units.iter().cloned().collect();
        let wait = self.retry_wait(at, error, interval);
        for unit in &of {
            let Some(standing) = self.units.get_mut(unit) else { continue };
            let engine = standing.member.engine.clone();
            let error = engine.blame_source(error.clone());
            let again = if failed > 1 { Trigger::Retry } else { Trigger::Interval };
            let voice = engine.voice(self.cx, standing.wanted.unwrap_or(again));
            voice.tell(EventKind::Started);
            voice.tell(EventKind::Failed { error: error.clone() });
            if !known {
                standing.fail();
                if self.mode == Mode::Once {
                    standing.wanted = None;
                }
            }
            if self.mode == Mode::Forever {
                standing.member.engine.tell(self.cx, EventKind::Waiting { wait });
            }
            self.shown.push((unit.clone(), Err(error)));
        }
        if self.mode == Mode::Once {
            self.park_dependents_of(&of);
        } else {
            self.resolve(at, wait);
        }
    }

    fn park_dependents_of(&mut self, failed: &[UnitId]) {
        let dependents = failed.iter().filter_map(|unit| self.dependents.get(unit)).flatten();
        for unit in dependents.cloned().collect::<Vec<_>>() {
            if let Some(standing) = self.units.get_mut(&unit) {
                standing.parked = true;
            }
        }
    }

    fn retry_wait(&self, at: usize, error: &Error, interval: Duration) -> Duration {
        let Spring { engine, failed, .. } = &self.springs[at];
        let jitter =
            |wait| jittered(wait, engine.options().jitter_percent, engine.unit(), u64::from(*failed));
        let retry_wait_max = self.cx.limits().retry_wait_max;
        backoff(engine.options().retry_min, interval, *failed, jitter, named(error), retry_wait_max)
    }

    /// The shortest interval of the units on a source.
    fn interval(&self, at: usize) -> Duration {
        let of = self.springs[at].units.iter().filter_map(|unit| self.units.get(unit));
        let shortest = of.map(|standing| standing.options().interval).min();
        shortest.unwrap_or_else(|| self.springs[at].engine.options().interval)
    }
}
