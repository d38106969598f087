//! What all suites share: laws, harnesses, findings.

mod findings;
mod hang;
mod lost;
mod macros;

use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// The former names, for harnesses that were written with them.
#[doc(hidden)]
pub use self::{Harness as Bench, not_applicable as stated};
pub use findings::{Findings, Outcome, check_skips, run_all, uphold};
pub(crate) use hang::{End, ends_in_time};
pub(crate) use lost::Lost;
use windlass_core::{Context, Error, ErrorForm, ErrorKind};

use crate::TestClock;
use crate::run::poll_times;

/// What every harness gives: where and when to run, and what it cannot do.
///
/// One harness is one fresh instance of what is tested; each law gets its own. An implementation that needs a runtime
/// gives its own [`block_on`](Self::block_on) and [`context`](Self::context):
///
/// ```
/// use std::{future::Future, pin::Pin};
/// use windlass_core::Context;
/// use windlass_testkit::{TestClock, suite::Harness};
///
/// struct Desk {
///     clock: TestClock, // or a real one, and a runtime
/// }
///
/// impl Harness for Desk {
///     fn context(&self) -> Context {
///         self.clock.context()
///     }
///
///     fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
///         self.clock.block_on(work); // or self.runtime.block_on(work)
///     }
/// }
/// ```
pub trait Harness {
    /// Makes the context of a call. Unless replaced, each has a [`TestClock::auto`] of its own: where the
    /// implementation remembers times from one call to the next, or waits for what is not a clock, give contexts on
    /// one clock that fits.
    fn context(&self) -> Context {
        TestClock::auto().context()
    }

    /// Runs work to its end; on the thread itself unless the implementation needs a runtime.
    fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
        crate::block_on(work);
    }

    /// Lists the laws that cannot be checked here, each with the reason.
    ///
    /// A law that lacks something and is not listed fails, and so does one that is listed and lacks nothing: a skip
    /// is neither silent nor left behind. A law that is broken cannot be skipped. What is [`Unmet::NotApplicable`], such as
    /// an ability that the profile of a target does not have, need not be listed: the reason is known and printed.
    fn skips(&self) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
}

/// Why a law does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unmet {
    /// It was broken: what was expected, and what was found.
    Broken(String),
    /// The harness cannot do what it takes to check it.
    Lacking(String),
    /// The law does not apply, and the reason is known: what is tested says itself that it cannot, as a profile does with
    /// `None` and a target with `Unsupported`, or the harness has no means that the law asks for.
    NotApplicable(String),
}

impl Unmet {
    /// Says that the law is broken.
    pub fn broken(why: impl fmt::Display) -> Self {
        Self::Broken(why.to_string())
    }
}

/// What a law finds.
pub type Check<T = ()> = Result<T, Unmet>;

/// Is what a harness gives back from what it cannot do.
///
/// # Errors
/// Always [`Unmet::Lacking`].
pub fn lacking<T>(what: &str) -> Check<T> {
    Err(Unmet::Lacking(what.into()))
}

/// Is what a harness gives back where the law does not apply to what is tested, with the reason. Printed, never silent.
///
/// # Errors
/// Always [`Unmet::NotApplicable`].
pub fn not_applicable<T>(why: &str) -> Check<T> {
    Err(Unmet::NotApplicable(why.into()))
}

/// One law: its name, and the function that checks it.
#[derive(Clone, Copy)]
pub struct Law<H: ?Sized> {
    /// Its name, which is a claim.
    pub name: &'static str,
    /// Checks it on a fresh harness.
    pub check: fn(&H) -> Check,
}

/// Runs async work of a law on the harness.
pub(crate) fn run<T>(bench: &(impl Harness + ?Sized), work: impl Future<Output = T>) -> T {
    let mut done = None;
    bench.block_on(Box::pin(async { done = Some(work.await) }));
    done.expect("block_on must run the work to its end")
}

/// Makes a context whose deadline has passed, by the clock as it is where the work runs.
pub(crate) fn out_of_time(bench: &(impl Harness + ?Sized)) -> Context {
    let cx = bench.context();
    run(bench, async move { cx.with_timeout(std::time::Duration::ZERO) })
}

/// At how many waits a call may be dropped before the suite says that it waits too often to be checked.
const WAITS_MAX: usize = 4096;

/// Drops a call at the points where it waits, the first first, and lets `check` look each time; ends with the call
/// that runs through. The first sixteen points are taken one by one, those of a longer way ever more sparsely.
pub(crate) fn drop_at_each_wait<F: Future>(
    bench: &(impl Harness + ?Sized),
    mut begin: impl FnMut(usize) -> Check<F>,
    mut check: impl FnMut(usize) -> Check,
) -> Check {
    let mut waits = 1;
    while waits <= WAITS_MAX {
        let done = run(bench, poll_times(begin(waits)?, waits));
        check(waits)?;
        if done.is_some() {
            return Ok(());
        }
        waits += 1 + waits / 16;
    }
    not_applicable(&format!(
        "it still waits after {WAITS_MAX} waits; wherever it was dropped before, the law holds"
    ))
}

/// Takes what must have succeeded for the law to be checked.
pub(crate) fn ok<T>(result: windlass_core::Result<T>, what: &str) -> Check<T> {
    result.map_err(|error| Unmet::Broken(format!("{what} must succeed, but: {error:?}")))
}

/// Takes the error of what must have ended in one of these kinds.
pub(crate) fn fails<T>(result: windlass_core::Result<T>, kinds: &[ErrorKind], what: &str) -> Check<Error> {
    match result {
        Err(error) if kinds.contains(&error.kind()) => Ok(error),
        Err(error) => Err(Unmet::Broken(format!("{what} must be {kinds:?}, but is {error:?}"))),
        Ok(_) => Err(Unmet::Broken(format!("{what} must be {kinds:?}, but succeeds"))),
    }
}

/// Writes down all that an error carries: message, context, help, causes, problems.
pub(crate) fn exposed<T>(result: &windlass_core::Result<T>) -> String {
    result.as_ref().err().map(|error| format!("{:?} {error:?}", ErrorForm::from(error))).unwrap_or_default()
}

/// Checks that none of these texts shows the secret.
pub(crate) fn hides(secret: &str, texts: &[(&str, String)]) -> Check {
    match texts.iter().find(|(_, text)| text.contains(secret)) {
        Some((name, _)) => Err(Unmet::Broken(format!("the {name} shows what is secret"))),
        None => Ok(()),
    }
}

/// Leaves the law, broken, unless the condition holds.
macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::suite::Unmet::Broken(format!($($why)+)));
        }
    };
}
pub(crate) use ensure;

#[cfg(test)]
mod tests {
    use super::*;

    /// Drops a call that waits so often, and gives the waits at which it was dropped.
    fn dropped(often: usize) -> (Check, Vec<usize>) {
        struct Desk;
        impl Harness for Desk {}
        let mut at = Vec::new();
        let begin = |_| {
            let mut left = often;
            Ok(std::future::poll_fn(move |cx| {
                left = left.saturating_sub(1);
                cx.waker().wake_by_ref();
                if left == 0 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            }))
        };
        let found = drop_at_each_wait(&Desk, begin, |waits| {
            at.push(waits);
            Ok(())
        });
        (found, at)
    }

    #[test]
    fn a_call_is_dropped_at_each_of_its_first_waits_and_to_its_end() {
        let (found, at) = dropped(3);
        assert_eq!((found, at), (Ok(()), vec![1, 2, 3]));
        let (found, at) = dropped(300);
        assert_eq!(found, Ok(()));
        assert_eq!(at[..16], (1..=16).collect::<Vec<_>>());
        assert!(at.last().is_some_and(|last| *last >= 300), "dropped up to the end: {at:?}");
    }

    #[test]
    fn a_call_that_waits_without_end_is_not_said_to_hold() {
        assert!(matches!(dropped(usize::MAX).0, Err(Unmet::NotApplicable(_))));
    }
}
