//! The laws of [`Fence`].

use std::sync::Arc;
use std::time::Duration;

use windlass_core::{ErrorKind, Fence, Now};

use crate::suite::{Check, Findings, Harness, ensure, fails, not_applicable, ok, run_all};

/// A fence that is held, and the means to lose it.
pub trait FenceHarness: Harness {
    /// Gives the fence; the same one each time.
    fn fence(&self) -> Arc<dyn Fence>;

    /// Takes the right to write away, as when another takes over.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`](crate::suite::Unmet::NotApplicable) where it can only run out.
    fn lose(&self) -> Check {
        not_applicable("the harness cannot take the right to write away")
    }
}

crate::__fence_laws!(__law_table(FenceHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: FenceHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn FenceHarness>(LAWS, || Box::new(make()))
}

fn later(now: Now, by: Duration) -> Now {
    Now { mono: now.mono.saturating_add(by), ..now }
}

/// Gives how long the right to write lasts, where it does not last for ever.
fn left(harness: &dyn FenceHarness, now: Now) -> Check<Duration> {
    match harness.fence().check(now) {
        Ok(None) => not_applicable("the right to write does not run out"),
        Ok(Some(left)) if !left.is_zero() => Ok(left),
        _ => not_applicable("no write may start even while it is held, as another law says"),
    }
}

/// While it is held, a write may start.
///
/// # Errors
/// Where it does not hold.
pub fn while_it_is_held_a_write_may_start(harness: &dyn FenceHarness) -> Check {
    let now = harness.context().now();
    let held = ok(harness.fence().check(now), "asking a fence that is held")?;
    ensure!(held != Some(Duration::ZERO), "a right to write that lasts no longer is none");
    Ok(())
}

/// The right to write runs out as time goes by: what is left grows shorter with it.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_left_grows_shorter_with_time(harness: &dyn FenceHarness) -> Check {
    let now = harness.context().now();
    let whole = left(harness, now)?;
    let half = left(harness, later(now, whole / 2))?;
    let most = whole.saturating_sub(whole / 2);
    ensure!(half <= most, "of {whole:?} half has passed, and {half:?} are left");
    Ok(())
}

/// Once it has run out, no write may start.
///
/// # Errors
/// Where it does not hold.
pub fn once_it_has_run_out_no_write_may_start(harness: &dyn FenceHarness) -> Check {
    let now = harness.context().now();
    let end = later(now, left(harness, now)?);
    for (at, what) in [(end, "at its end"), (later(end, Duration::from_secs(1)), "past its end")] {
        fails(harness.fence().check(at), &[ErrorKind::Conflict], &format!("asking a fence {what}"))?;
    }
    Ok(())
}

/// Once it is lost, no write may start.
///
/// # Errors
/// Where it does not hold.
pub fn once_it_is_lost_no_write_may_start(harness: &dyn FenceHarness) -> Check {
    harness.lose()?;
    let now = harness.context().now();
    fails(harness.fence().check(now), &[ErrorKind::Conflict], "asking a fence that is lost")?;
    Ok(())
}
