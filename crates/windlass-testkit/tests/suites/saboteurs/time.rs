//! Clocks that break one law each.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, ThreadId};
use std::time::Duration;

use windlass_core::{Clock, Now, async_trait};
use windlass_testkit::TestClock;
use windlass_testkit::suite::Harness;
use windlass_testkit::time::ClockHarness;

/// A test clock behind a wrapper that breaks the law named, if any.
pub(crate) struct Stage(Arc<Saboteur>);

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(breaks: &'static str) -> Self {
        let (inner, home) = (TestClock::new(), thread::current().id());
        let [reads, asleep] = [0, 0].map(AtomicUsize::new);
        Self(Arc::new(Saboteur { inner, breaks, home, reads, asleep }))
    }
}

impl Harness for Stage {
    fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.0.inner.block_on(work);
    }
}

impl ClockHarness for Stage {
    fn clock(&self) -> Arc<dyn Clock> {
        self.0.clone()
    }
}

#[derive(Debug)]
struct Saboteur {
    inner: TestClock,
    breaks: &'static str,
    home: ThreadId,
    reads: AtomicUsize,
    asleep: AtomicUsize,
}

/// A sleep that, dropped half way, takes its time with it.
struct Nap<'a>(&'a Saboteur, Duration);

impl Drop for Nap<'_> {
    fn drop(&mut self) {
        self.0.asleep.fetch_sub(1, Ordering::SeqCst);
        if self.0.breaks == "dropping_a_sleep_has_no_effect" {
            self.0.inner.advance(self.1);
        }
    }
}

#[async_trait]
impl Clock for Saboteur {
    fn now(&self) -> Now {
        let now = self.inner.now();
        let read = self.reads.fetch_add(1, Ordering::SeqCst);
        let abroad = thread::current().id() != self.home;
        let mono = match self.breaks {
            // Once in a long while, as where a machine adjusts its time.
            "time_never_goes_back" if read % 64 == 63 => now.mono / 2,
            "time_never_goes_back_on_another_thread" if abroad => now.mono / 2,
            _ => now.mono,
        };
        Now { mono, ..now }
    }

    async fn sleep(&self, wait: Duration) {
        let beside = self.asleep.fetch_add(1, Ordering::SeqCst) > 0;
        let mut nap = Nap(self, wait);
        let wait = match self.breaks {
            "a_sleep_ends_no_earlier" if !beside && wait < Duration::from_millis(2) => wait / 2,
            "sleeps_side_by_side_end_each_in_its_time" if beside => Duration::ZERO,
            _ => wait,
        };
        self.inner.sleep(wait).await;
        nap.1 = Duration::ZERO;
    }
}
