//! The laws of [`Clock`].

use std::sync::Arc;
use std::time::Duration;

use windlass_core::Clock;

use crate::run::{join, poll_once};
use crate::suite::{Check, Findings, Harness, ensure, run, run_all};

/// Short enough for a clock that cannot be hurried.
const WAITS: [Duration; 4] =
    [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(1), Duration::from_millis(3)];

/// A clock. One that stands still until it is moved needs a [`block_on`](Harness::block_on) that moves it.
pub trait ClockHarness: Harness {
    /// Gives the clock; the same one each time.
    fn clock(&self) -> Arc<dyn Clock>;
}

crate::__clock_laws!(__law_table(ClockHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: ClockHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn ClockHarness>(LAWS, || Box::new(make()))
}

fn mono(clock: &dyn Clock) -> Duration {
    clock.now().mono
}

/// `now().mono` never decreases, read again and again.
///
/// # Errors
/// Where it does not hold.
pub fn time_never_goes_back(harness: &dyn ClockHarness) -> Check {
    let clock = harness.clock();
    let mut last = mono(&*clock);
    for wait in WAITS {
        run(harness, clock.sleep(wait));
        for _read in 0..100 {
            let now = mono(&*clock);
            ensure!(now >= last, "it was {last:?}, and now it is {now:?}");
            last = now;
        }
    }
    Ok(())
}

/// `now().mono` never decreases, seen from one thread after another.
///
/// # Errors
/// Where it does not hold.
pub fn time_never_goes_back_on_another_thread(harness: &dyn ClockHarness) -> Check {
    let clock = harness.clock();
    run(harness, clock.sleep(Duration::from_millis(1)));
    let before = mono(&*clock);
    let there = std::thread::scope(|scope| scope.spawn(|| mono(&*clock)).join());
    let after = mono(&*clock);
    let in_order = there.as_ref().is_ok_and(|there| (before..=after).contains(there));
    ensure!(in_order, "it was {before:?}, on another thread {there:?}, and then {after:?}");
    Ok(())
}

/// A sleep ends no earlier than when its time has passed.
///
/// # Errors
/// Where it does not hold.
pub fn a_sleep_ends_no_earlier(harness: &dyn ClockHarness) -> Check {
    let clock = harness.clock();
    for wait in WAITS {
        let before = mono(&*clock);
        run(harness, clock.sleep(wait));
        let passed = mono(&*clock).saturating_sub(before);
        ensure!(passed >= wait, "a sleep of {wait:?} ended after {passed:?}");
    }
    Ok(())
}

/// Of two sleeps side by side each ends no earlier than when its own time has passed.
///
/// # Errors
/// Where it does not hold.
pub fn sleeps_side_by_side_end_each_in_its_time(harness: &dyn ClockHarness) -> Check {
    let clock = harness.clock();
    let before = mono(&*clock);
    let sleep = async |wait| {
        clock.sleep(wait).await;
        mono(&*clock).saturating_sub(before)
    };
    let [_, _, short, long] = WAITS;
    let (first, second) = run(harness, join(sleep(long), sleep(short)));
    ensure!(first >= long, "a sleep of {long:?} beside a shorter one ended after {first:?}");
    ensure!(second >= short, "a sleep of {short:?} beside a longer one ended after {second:?}");
    Ok(())
}

/// Dropping a sleep has no effect: its time does not pass.
///
/// # Errors
/// Where it does not hold.
pub fn dropping_a_sleep_has_no_effect(harness: &dyn ClockHarness) -> Check {
    let (clock, long) = (harness.clock(), Duration::from_secs(86_400));
    let before = mono(&*clock);
    let slept = run(harness, poll_once(clock.sleep(long)));
    ensure!(slept.is_none(), "a sleep of {long:?} ends at once");
    run(harness, clock.sleep(Duration::from_millis(1)));
    let passed = mono(&*clock).saturating_sub(before);
    ensure!(passed < long, "a sleep of {long:?} was dropped, and {passed:?} have passed");
    Ok(())
}
