//! Parts that behave as parts do on a bad day.

mod parts;
mod target;

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass_core::{Clock as _, Context, Error, ErrorKind, Result};

use crate::TestClock;
use crate::sync::lock;

/// What a call does instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It never comes back. A call that cannot wait, such as a render, comes back once its [`Context`] is over, and does
    /// nothing wrong where it has none.
    Hangs,
    /// It panics with [`Faults::PANIC`] as its text.
    Panics,
    /// Every second time it is an error of kind [`Unavailable`](ErrorKind::Unavailable), and does nothing.
    FailsEverySecond,
    /// It does what it should, and comes back so much later.
    IsLate(Duration),
}

/// Decides which call of [faulty](Faulty) parts has which fault, and sees how long that call lasts. Clones are the same.
#[derive(Clone)]
pub struct Faults {
    clock: TestClock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    fault: Option<(&'static str, Fault)>,
    calls: usize,
    under_way: usize,
    longest: Duration,
}

impl Faults {
    /// The text of each panic. Whoever calls a part tells it to nobody, since it may hold anything.
    pub const PANIC: &str = "secret-in-a-panic";

    /// Makes one without any fault.
    #[must_use]
    pub fn new(clock: &TestClock) -> Self {
        Self { clock: clock.clone(), state: Arc::default() }
    }

    /// Gives all calls of this name a fault, from now on and in the place of any other. Calls have the names of their
    /// methods, but for [`write`](windlass_core::Target::write): that is `apply` or `delete`.
    pub fn set(&self, call: &'static str, fault: Fault) {
        *lock(&self.state) = State { fault: Some((call, fault)), ..State::default() };
    }

    /// Ends the fault.
    pub fn clear(&self) {
        *lock(&self.state) = State::default();
    }

    /// Counts the calls with the fault, since it was set.
    #[must_use]
    pub fn calls(&self) -> usize {
        lock(&self.state).calls
    }

    /// Counts the calls with the fault that have not come back, and were not dropped.
    #[must_use]
    pub fn under_way(&self) -> usize {
        lock(&self.state).under_way
    }

    /// Says how long a call with the fault lasted at most, until it came back or was dropped.
    #[must_use]
    pub fn longest(&self) -> Duration {
        lock(&self.state).longest
    }

    /// Begins a call; gives its fault, if it has one.
    fn begin(&self, call: &str) -> Option<(Fault, UnderWay<'_>)> {
        let mut state = lock(&self.state);
        let (_, fault) = state.fault.filter(|(name, _)| *name == call)?;
        state.calls += 1;
        state.under_way += 1;
        let fault = match fault {
            Fault::FailsEverySecond if state.calls % 2 == 1 => Fault::IsLate(Duration::ZERO),
            fault => fault,
        };
        Some((fault, UnderWay { of: self, began: self.clock.now().mono }))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Faults({:?})", lock(&self.state).fault)
    }
}

/// A call with a fault, until it comes back or is dropped.
struct UnderWay<'a> {
    of: &'a Faults,
    began: Duration,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let lasted = self.of.clock.now().mono.saturating_sub(self.began);
        let mut state = lock(&self.of.state);
        state.under_way = state.under_way.saturating_sub(1);
        state.longest = state.longest.max(lasted);
    }
}

/// A part that has a [fault](Faults) whenever a test says so. It is whatever part it is made of.
///
/// ```
/// use windlass_core::{ErrorKind, Source};
/// use windlass_testkit::{Fault, Faults, Faulty, MemorySource, TestClock, files};
///
/// let clock = TestClock::new();
/// let (cx, faults) = (clock.context(), Faults::new(&clock));
/// let source = Faulty::new(MemorySource::of(files([("a.yaml", "")])), &faults);
/// faults.set("resolve", Fault::FailsEverySecond);
/// assert!(clock.block_on(source.resolve(&cx)).is_ok());
/// assert_eq!(clock.block_on(source.resolve(&cx)).unwrap_err().kind(), ErrorKind::Unavailable);
/// faults.clear();
/// assert!(clock.block_on(source.resolve(&cx)).is_ok());
/// ```
#[derive(Debug, Clone)]
pub struct Faulty<P> {
    part: P,
    faults: Faults,
}

impl<P> Faulty<P> {
    /// Wraps a part.
    #[must_use]
    pub fn new(part: P, faults: &Faults) -> Self {
        Self { part, faults: faults.clone() }
    }

    async fn awaited<T>(&self, cx: &Context, call: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let Some((fault, _under_way)) = self.faults.begin(call) else { return work.await };
        match fault {
            Fault::Hangs => std::future::pending().await,
            Fault::Panics => panics(),
            Fault::FailsEverySecond => Err(no_answer()),
            Fault::IsLate(wait) => {
                let done = work.await;
                cx.clock().sleep(wait).await;
                done
            }
        }
    }

    /// For a call that cannot wait, but looks at its context.
    fn called<T>(&self, cx: &Context, call: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let begun = self.faults.begin(call);
        match begun.as_ref().map(|(fault, _)| *fault) {
            None => work(),
            Some(Fault::Hangs) => loop {
                cx.check()?;
                self.faults.clock.advance(Duration::from_millis(100));
            },
            Some(fault) => self.told(fault, work).unwrap_or_else(|| Err(no_answer())),
        }
    }

    /// For a call that cannot wait and has no context. `None` instead of an error.
    fn asked<T>(&self, call: &str, work: impl FnOnce() -> T) -> Option<T> {
        let begun = self.faults.begin(call);
        match begun.as_ref().map(|(fault, _)| *fault) {
            None | Some(Fault::Hangs) => Some(work()),
            Some(fault) => self.told(fault, work),
        }
    }

    fn told<T>(&self, fault: Fault, work: impl FnOnce() -> T) -> Option<T> {
        match fault {
            Fault::Panics => panics(),
            Fault::FailsEverySecond => None,
            Fault::Hangs => Some(work()),
            Fault::IsLate(wait) => {
                let done = work();
                self.faults.clock.advance(wait);
                Some(done)
            }
        }
    }
}

#[allow(clippy::panic, reason = "that is what it is for")]
fn panics() -> ! {
    panic!("{}", Faults::PANIC)
}

fn no_answer() -> Error {
    Error::new(ErrorKind::Unavailable, "no answer, as the test wants it")
}
