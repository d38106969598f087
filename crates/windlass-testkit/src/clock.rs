//! Virtual time.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use windlass_core::{Clock, Context, Now, Timestamp};

use crate::run;
use crate::sync::lock;

/// The wall clock of a new [`TestClock`]: 2026-01-01T00:00:00Z.
const BEGINNING: u64 = 1_767_225_600;

/// A clock that stands still until somebody moves it. Clones are the same clock.
///
/// - [`TestClock::new`] moves by [`advance`](TestClock::advance) alone, or by [`block_on`](TestClock::block_on), which
///   jumps to the next timer whenever all that it runs is asleep.
/// - [`TestClock::auto`] jumps by itself, on any executor: a sleeper that was polled again without anything else
///   having happened moves time to the next timer.
///
/// ```
/// use std::time::Duration;
/// use windlass_testkit::TestClock;
/// let clock = TestClock::new();
/// let cx = clock.context();
/// clock.block_on(async { cx.sleep(Duration::from_secs(3600)).await })?;
/// assert_eq!(cx.now().mono, Duration::from_secs(3600));
/// # Ok::<(), windlass_core::Error>(())
/// ```
#[derive(Clone)]
pub struct TestClock {
    timers: Arc<Mutex<Timers>>,
    auto: bool,
}

#[derive(Default)]
struct Timers {
    now: Duration,
    next_key: u64,
    waiting: BTreeMap<(Duration, u64), Waker>,
}

impl TestClock {
    /// Makes a clock that stands still until it is moved.
    #[must_use]
    pub fn new() -> Self {
        Self { timers: Arc::default(), auto: false }
    }

    /// Makes a clock that jumps to the next timer by itself. It cannot see work that waits for something else, such
    /// as another thread; where that matters use [`TestClock::block_on`].
    #[must_use]
    pub fn auto() -> Self {
        Self { auto: true, ..Self::new() }
    }

    /// Makes a context on this clock.
    #[must_use]
    pub fn context(&self) -> Context {
        Context::new(self.clone())
    }

    /// Moves time forward and wakes every sleeper whose time has come.
    pub fn advance(&self, by: Duration) {
        let to = lock(&self.timers).now.saturating_add(by);
        self.move_to(to);
    }

    /// Moves time to the earliest timer and wakes its sleeper; says whether there was one.
    pub fn advance_to_next(&self) -> bool {
        let next = lock(&self.timers).waiting.keys().next().map(|(at, _)| *at);
        next.inspect(|at| self.move_to(*at)).is_some()
    }

    /// Counts those who sleep.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        lock(&self.timers).waiting.len()
    }

    /// Runs a future to its end on this thread; whenever all of it is asleep, time jumps to the next timer.
    pub fn block_on<F: Future>(&self, work: F) -> F::Output {
        run::drive(work, || self.advance_to_next())
    }

    fn move_to(&self, to: Duration) {
        let mut timers = lock(&self.timers);
        timers.now = timers.now.max(to);
        let after = timers.now.saturating_add(Duration::from_nanos(1));
        let later = timers.waiting.split_off(&(after, 0));
        let due = std::mem::replace(&mut timers.waiting, later);
        drop(timers);
        due.into_values().for_each(Waker::wake);
    }
}

impl Default for TestClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TestClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let timers = lock(&self.timers);
        write!(f, "TestClock({:?}, {} asleep)", timers.now, timers.waiting.len())
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> Now {
        let mono = lock(&self.timers).now;
        Now { wall: Timestamp::from_unix(BEGINNING.saturating_add(mono.as_secs())), mono }
    }

    async fn sleep(&self, wait: Duration) {
        let until = self.now().mono.saturating_add(wait);
        Sleep { clock: self, until, key: None }.await;
    }
}

struct Sleep<'a> {
    clock: &'a TestClock,
    until: Duration,
    key: Option<(Duration, u64)>,
}

impl Sleep<'_> {
    fn is_over(&self) -> bool {
        lock(&self.clock.timers).now >= self.until
    }

    fn register(&mut self, waker: &Waker) {
        let mut timers = lock(&self.clock.timers);
        let key = *self.key.get_or_insert((self.until, timers.next_key));
        timers.next_key += 1;
        timers.waiting.insert(key, waker.clone());
    }
}

impl Future for Sleep<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<()> {
        let again = self.key.is_some();
        if self.clock.auto && again && !self.is_over() {
            self.clock.advance_to_next();
        }
        if self.is_over() {
            return Poll::Ready(());
        }
        self.register(cx.waker());
        if self.clock.auto {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Drop for Sleep<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            lock(&self.clock.timers).waiting.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn note(clock: &TestClock, wait: u64, log: &Mutex<Vec<u64>>) {
        clock.sleep(Duration::from_secs(wait)).await;
        lock(log).push(clock.now().mono.as_secs());
    }

    #[test]
    fn time_jumps_to_the_earliest_timer_first() {
        for (name, clock) in [("block_on", TestClock::new()), ("auto", TestClock::auto())] {
            let log = Mutex::default();
            let work = run::join(note(&clock, 50, &log), note(&clock, 20, &log));
            if clock.auto {
                run::block_on(work);
            } else {
                clock.block_on(work);
            }
            assert_eq!(*lock(&log), [20, 50], "{name}");
            assert_eq!(clock.sleepers(), 0, "{name}: nobody sleeps afterwards");
        }
    }

    #[test]
    fn advancing_wakes_those_whose_time_has_come_and_no_others() {
        let clock = TestClock::new();
        let mut short = clock.sleep(Duration::from_secs(1));
        let mut long = clock.sleep(Duration::from_secs(2));
        let mut cx = task::Context::from_waker(Waker::noop());
        assert!(short.as_mut().poll(&mut cx).is_pending());
        assert!(long.as_mut().poll(&mut cx).is_pending());
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.sleepers(), 1);
        assert!(short.as_mut().poll(&mut cx).is_ready());
        assert!(long.as_mut().poll(&mut cx).is_pending());
    }

    #[test]
    fn dropping_a_sleep_leaves_no_timer() {
        let clock = TestClock::new();
        let nap = run::block_on(run::poll_once(clock.sleep(Duration::from_secs(9))));
        assert_eq!((nap, clock.sleepers()), (None, 0));
    }

    #[test]
    fn the_wall_clock_goes_along() {
        let clock = TestClock::new();
        clock.advance(Duration::from_secs(90));
        assert_eq!(clock.now().wall.to_string(), "2026-01-01T00:01:30Z");
    }
}
