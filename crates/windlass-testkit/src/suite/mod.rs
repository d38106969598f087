//! What all suites share: laws, harnesses, findings.

mod hang;
mod lost;
mod macros;

use std::fmt;
use std::future::Future;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

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
/// use windlass_testkit::{TestClock, suite::Bench};
///
/// struct Desk {
///     clock: TestClock, // or a real one, and a runtime
/// }
///
/// impl Bench for Desk {
///     fn context(&self) -> Context {
///         self.clock.context()
///     }
///
///     fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
///         self.clock.block_on(work); // or self.runtime.block_on(work)
///     }
/// }
/// ```
pub trait Bench {
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
    /// is neither silent nor left behind. A law that is broken cannot be skipped. What is [`Unmet::Stated`], such as
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
    Stated(String),
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
/// Always [`Unmet::Stated`].
pub fn stated<T>(why: &str) -> Check<T> {
    Err(Unmet::Stated(why.into()))
}

/// One law: its name, and the function that checks it.
#[derive(Clone, Copy)]
pub struct Law<H: ?Sized> {
    /// Its name, which is a claim.
    pub name: &'static str,
    /// Checks it on a fresh harness.
    pub check: fn(&H) -> Check,
}

/// How one law fared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It holds.
    Held,
    /// It does not.
    Broken(String),
    /// It was not checked, or not wholly, and it is known why.
    Skipped(String),
}

/// How all laws of a suite fared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// Each law, in the order of the suite.
    pub laws: Vec<(&'static str, Outcome)>,
}

impl Findings {
    /// Names the laws that are broken.
    #[must_use]
    pub fn broken(&self) -> Vec<&'static str> {
        self.names(|outcome| matches!(outcome, Outcome::Broken(_)))
    }

    /// Names the laws that were not checked.
    #[must_use]
    pub fn skipped(&self) -> Vec<&'static str> {
        self.names(|outcome| matches!(outcome, Outcome::Skipped(_)))
    }

    /// Names the laws that hold.
    #[must_use]
    pub fn held(&self) -> Vec<&'static str> {
        self.names(|outcome| *outcome == Outcome::Held)
    }

    fn names(&self, which: impl Fn(&Outcome) -> bool) -> Vec<&'static str> {
        self.laws.iter().filter(|(_, outcome)| which(outcome)).map(|(name, _)| *name).collect()
    }
}

/// A line for each law that does not simply hold, and a line of counts.
impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, outcome) in &self.laws {
            match outcome {
                Outcome::Held => {}
                Outcome::Broken(why) => writeln!(f, "broken   {name}: {why}")?,
                Outcome::Skipped(why) => writeln!(f, "skipped  {name}: {why}")?,
            }
        }
        let (held, broken, skipped) = (self.held().len(), self.broken().len(), self.skipped().len());
        writeln!(f, "{held} laws hold, {broken} broken, {skipped} skipped")
    }
}

/// Checks every law, each on a harness of its own. What panics is broken.
pub fn run_all<H: Bench + ?Sized>(laws: &[Law<H>], make: impl Fn() -> Box<H>) -> Findings {
    let run = |law: &Law<H>| {
        let checked = catch_unwind(AssertUnwindSafe(|| {
            let harness = make();
            settle(law.name, &harness.skips(), (law.check)(&harness))
        }));
        (law.name, checked.unwrap_or_else(|_| Outcome::Broken("panicked".into())))
    };
    Findings { laws: laws.iter().map(run).collect() }
}

/// Checks one law in a test of its own.
///
/// # Panics
/// Where the law is broken, or lacks what the harness does not say it lacks.
pub fn uphold(law: &'static str, skips: &[(&'static str, &'static str)], found: Check) {
    let outcome = settle(law, skips, found);
    if let Outcome::Skipped(why) = &outcome {
        // Not by a macro: libtest would hide it, and a skip must be seen.
        drop(writeln!(std::io::stderr(), "skipped {law}: {why}"));
    }
    if let Outcome::Broken(why) = &outcome {
        assert_eq!(outcome, Outcome::Held, "{law}: {why}");
    }
}

/// Checks that a harness skips only laws that there are.
///
/// # Panics
/// Where it does not.
pub fn check_skips(skips: &[(&'static str, &'static str)], laws: &[&str]) {
    for (law, why) in skips {
        assert!(laws.contains(law), "there is no law {law} to skip");
        assert!(!why.is_empty(), "the skip of {law} needs a reason");
    }
}

fn settle(law: &str, skips: &[(&'static str, &'static str)], found: Check) -> Outcome {
    let declared = skips.iter().find(|(name, _)| *name == law).map(|(_, why)| *why);
    match (found, declared) {
        (Ok(()), None) => Outcome::Held,
        (Ok(()), Some(_)) => Outcome::Broken("listed as skipped, but it holds: take it off the list".into()),
        (Err(Unmet::Broken(why)), _) => Outcome::Broken(why),
        (Err(Unmet::Stated(why)), None) => Outcome::Skipped(why),
        (Err(Unmet::Stated(_) | Unmet::Lacking(_)), Some(why)) => Outcome::Skipped(why.into()),
        (Err(Unmet::Lacking(what)), None) => {
            Outcome::Broken(format!("the harness lacks {what}: give it, or list the law in `skips`"))
        }
    }
}

/// Runs async work of a law on the harness.
pub(crate) fn run<T>(bench: &(impl Bench + ?Sized), work: impl Future<Output = T>) -> T {
    let mut done = None;
    bench.block_on(Box::pin(async { done = Some(work.await) }));
    done.expect("block_on must run the work to its end")
}

/// Makes a context whose deadline has passed, by the clock as it is where the work runs.
pub(crate) fn out_of_time(bench: &(impl Bench + ?Sized)) -> Context {
    let cx = bench.context();
    run(bench, async move { cx.with_timeout(std::time::Duration::ZERO) })
}

/// At how many waits a call may be dropped before the suite says that it waits too often to be checked.
const WAITS_MAX: usize = 4096;

/// Drops a call at the points where it waits, the first first, and lets `check` look each time; ends with the call
/// that runs through. The first sixteen points are taken one by one, those of a longer way ever more sparsely.
pub(crate) fn drop_at_each_wait<F: Future>(
    bench: &(impl Bench + ?Sized),
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
    stated(&format!("it still waits after {WAITS_MAX} waits; wherever it was dropped before, the law holds"))
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

    fn check(skips: &[(&'static str, &'static str)], found: Check, expected: &str) {
        let name = match settle("law", skips, found) {
            Outcome::Held => "held",
            Outcome::Broken(_) => "broken",
            Outcome::Skipped(_) => "skipped",
        };
        assert_eq!(name, expected);
    }

    /// Drops a call that waits so often, and gives the waits at which it was dropped.
    fn dropped(often: usize) -> (Check, Vec<usize>) {
        struct Desk;
        impl Bench for Desk {}
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
        assert!(matches!(dropped(usize::MAX).0, Err(Unmet::Stated(_))));
    }

    #[test]
    fn a_skip_is_declared_needed_and_never_hides_a_broken_law() {
        check(&[], Ok(()), "held");
        check(&[], lacking("links"), "broken");
        check(&[("law", "no links")], lacking("links"), "skipped");
        check(&[("law", "no links")], Ok(()), "broken");
        check(&[("law", "no links")], Err(Unmet::broken("x")), "broken");
        check(&[], Err(Unmet::Stated("it has no watch".into())), "skipped");
    }
}
