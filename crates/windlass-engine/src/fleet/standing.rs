//! How a unit of a fleet stands.

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Digest, Error, ErrorKind, Report, Result, Retry, Revision, Trigger, UnitId};

use super::Member;
use crate::driver::{Passed, Waits};
use crate::options::Options;

/// A unit of a fleet, and how it stands.
pub(super) struct Standing {
    pub(super) member: Member,
    /// Which of the sources.
    pub(super) source: usize,
    /// The pass under way.
    pub(super) running: Option<Arc<Waits>>,
    /// Why the next pass is made, where one is wanted.
    pub(super) wanted: Option<Trigger>,
    /// It waits for a unit that it depends on.
    pub(super) parked: bool,
    /// When it is passed over without any other reason.
    pub(super) due: Option<Duration>,
    /// What the source was at in the last pass that ended.
    pub(super) resolved: Option<Revision>,
    /// All was written that should be.
    pub(super) good: bool,
    /// And all of it is healthy.
    pub(super) ready: bool,
    /// Since when it is good and not healthy, and whether that was told.
    pub(super) unhealthy: Option<(Duration, bool)>,
    /// How often it was looked at since.
    pub(super) looks: u32,
    pub(super) passes: u64,
    /// When a repair is due that waits, after the last pass.
    repair: Option<Duration>,
    /// Failed passes in a row.
    bad: u32,
}

impl Standing {
    pub(super) fn new(member: Member, source: usize) -> Self {
        Self {
            member,
            source,
            running: None,
            wanted: None,
            parked: false,
            due: None,
            resolved: None,
            good: false,
            ready: false,
            unhealthy: None,
            looks: 0,
            passes: 0,
            repair: None,
            bad: 0,
        }
    }

    /// Takes in what came of a pass.
    pub(super) fn take(&mut self, result: &Result<Passed>, now: Duration) {
        self.passes += 1;
        self.good = result.as_ref().is_ok_and(|passed| passed.report.is_success());
        // What somebody holds back has not failed, and another try changes nothing.
        let held = result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Held);
        self.bad = if self.good || held { 0 } else { self.bad.saturating_add(1) };
        self.repair = result.as_ref().ok().and_then(|passed| passed.due);
        if let Ok(passed) = result {
            self.resolved.clone_from(&passed.resolved);
        }
        let unhealthy = result.as_ref().is_ok_and(|passed| !passed.report.is_healthy());
        self.ready = self.good && !unhealthy;
        self.unhealthy = match self.unhealthy {
            _ if self.ready || !self.good => None,
            None => Some((now, false)),
            since => since,
        };
        self.looks = if self.unhealthy.is_some() { self.looks.saturating_add(1) } else { 0 };
    }

    /// Says that it failed without a pass.
    pub(super) fn fail(&mut self) {
        (self.good, self.ready) = (false, false);
        self.bad = self.bad.saturating_add(1);
    }

    /// Says whether the last pass failed.
    pub(super) const fn failed(&self) -> bool {
        self.bad > 0
    }

    /// Says that health was waited for in vain, once.
    pub(super) fn overdue(&mut self, report: &Report, now: Duration) -> Option<Error> {
        let limit = self.options().wait.health_timeout;
        let (since, told) = self.unhealthy.as_mut()?;
        if *told || now.saturating_sub(*since) < limit {
            return None;
        }
        *told = true;
        let (object, health) = report.unhealthy().next()?;
        Some(
            Error::new(ErrorKind::Timeout, "the unit did not become healthy in time")
                .with("object", &object.id)
                .with("health", health)
                .with("waited_seconds", limit.as_secs()),
        )
    }

    pub(super) fn options(&self) -> &Options {
        self.member.engine.options()
    }

    /// How long until the next pass without any other reason. `named`: the wait that somebody asked for whom the pass asked
    /// too much.
    pub(super) fn wait(&self, named: Option<Duration>, watched: bool, retry_wait_max: Duration) -> Duration {
        let wait = self.wait_for_others(named, watched, retry_wait_max);
        let repair = self.repair.filter(|_| named.is_none());
        repair.map_or(wait, |repair| wait.min(repair))
    }

    fn wait_for_others(&self, named: Option<Duration>, watched: bool, retry_wait_max: Duration) -> Duration {
        let options = self.options();
        let interval = self.jittered(options.interval);
        if self.bad > 0 {
            return self.backoff(named, retry_wait_max);
        }
        match self.unhealthy {
            Some(_) if !watched => {
                let doubled = options.wait.poll_min.saturating_mul(2u32.saturating_pow(self.looks.min(10)));
                doubled.min(options.wait.poll_max).min(interval)
            }
            Some((_, false)) => interval.min(options.wait.health_timeout),
            _ => interval,
        }
    }

    fn backoff(&self, named: Option<Duration>, retry_wait_max: Duration) -> Duration {
        let options = self.options();
        let jitter = |wait| self.jittered(wait);
        backoff(options.retry_min, options.interval, self.bad, jitter, named, retry_wait_max)
    }

    fn jittered(&self, wait: Duration) -> Duration {
        jittered(wait, self.options().jitter_percent, self.member.unit(), self.passes)
    }
}

/// The wait after `failed` failures in a row. It doubles with each, up to the interval: a try may always succeed that comes
/// when it would have come anyway. Where the other side named a time, nothing is tried before.
pub(super) fn backoff(
    least: Duration,
    interval: Duration,
    failed: u32,
    jitter: impl Fn(Duration) -> Duration,
    named: Option<Duration>,
    retry_wait_max: Duration,
) -> Duration {
    let doubled = least.saturating_mul(2u32.saturating_pow(failed.saturating_sub(1).min(16)));
    let wait = jitter(doubled.min(interval));
    match named {
        Some(named) => wait.max(named.min(retry_wait_max)),
        None => wait.min(interval),
    }
}

/// The wait that the other side named; of several problems the longest.
pub(super) fn named(error: &Error) -> Option<Duration> {
    let after = |problem: &Error| match problem.retry() {
        Retry::After(wait) => Some(wait),
        _ => None,
    };
    error.problems().iter().chain([error]).filter_map(after).max()
}

/// A wait, off by up to the jitter. Which way is a matter of the unit's name and a count, so that a simulation repeats and
/// units spread all the same.
pub(super) fn jittered(wait: Duration, percent: u8, unit: &UnitId, count: u64) -> Duration {
    let jitter = wait.as_secs_f64() * f64::from(percent.min(100)) / 100.0;
    let name = unit.to_string();
    let seed = Digest::of_parts([name.as_bytes(), &count.to_be_bytes()]).to_string();
    let spread = u32::from_str_radix(&seed[seed.len() - 6..], 16)
        .map_or(0.0, |n| f64::from(n) / f64::from(0x00ff_ffff));
    let seconds = (wait.as_secs_f64() + jitter * (2.0 * spread - 1.0)).max(0.0);
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}
