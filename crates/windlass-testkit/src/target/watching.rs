//! The laws of watching.

use std::collections::BTreeSet;
use std::time::Duration;

use windlass_core::{Context, UnitId, Watch};

use super::{TargetHarness, applied, interest, observe, unable, web};
use crate::suite::{Check, Unmet, ensure, ok, run};

/// How long a law waits for what a watch must tell, on the clock of the harness.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a law waits to be sure that nothing is told.
const QUIET: Duration = Duration::from_secs(3);

fn watch(harness: &dyn TargetHarness) -> Check {
    if harness.target().profile().watch.is_some() { Ok(()) } else { unable("watch") }
}

/// Waits for what is told; empty where nothing is within `patience`.
fn told(harness: &dyn TargetHarness, patience: Duration) -> Check<BTreeSet<UnitId>> {
    let (target, cx) = (harness.target(), harness.context().with_timeout(patience));
    run(harness, async {
        let Some(watch) = target.profile().watch else { return unable("watch") };
        match changed(watch, &cx).await {
            Ok(units) => Ok(units),
            Err(error) if error.kind() == windlass_core::ErrorKind::Timeout => Ok(BTreeSet::new()),
            Err(error) => Err(Unmet::Broken(format!("a watch must not end: {error}"))),
        }
    })
}

async fn changed(watch: &dyn Watch, cx: &Context) -> windlass_core::Result<BTreeSet<UnitId>> {
    cx.unless_over(watch.changed(cx)).await?
}

/// Waits until nothing more is told.
fn settle(harness: &dyn TargetHarness) -> Check {
    for _ in 0..100 {
        if told(harness, QUIET)?.is_empty() {
            return Ok(());
        }
        observe(harness, &[&harness.object("a", ""), &harness.object("b", "")])?;
    }
    Err(Unmet::broken("a watch tells again and again of what did not change"))
}

/// Looks at `a` and `b`, and takes what is told at the beginning.
fn watching(harness: &dyn TargetHarness) -> Check {
    watch(harness)?;
    observe(harness, &[&harness.object("a", ""), &harness.object("b", "")])?;
    settle(harness)
}

/// After a look, a change by somebody else names the unit, however long nobody asked.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_names_the_units_that_look_at_it(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    watch(harness)?;
    applied(harness, &object)?;
    watching(harness)?;
    harness.edit(object.id(), "two");
    let told = told(harness, PATIENCE)?;
    ensure!(told.contains(&web()), "a was changed, and told is {told:?}");
    Ok(())
}

/// What a write of the unit gave back is known at once: its echo is no change.
///
/// # Errors
/// Where it does not hold.
pub fn the_echo_of_a_write_is_no_change(harness: &dyn TargetHarness) -> Check {
    watching(harness)?;
    applied(harness, &harness.object("b", "one"))?;
    let told = told(harness, QUIET)?;
    ensure!(told.is_empty(), "nobody else changed anything, and told is {told:?}");
    Ok(())
}

/// What could have been missed counts as a change: while a watch is broken, an object changes.
///
/// # Errors
/// Where it does not hold.
pub fn what_could_have_been_missed_counts_as_a_change(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    watch(harness)?;
    applied(harness, &object)?;
    watching(harness)?;
    harness.break_watches()?;
    let told = told(harness, PATIENCE)?;
    ensure!(told.contains(&web()), "the watch was broken, and told is {told:?}");
    Ok(())
}

/// A unit that was released is named no more, and nothing is kept for it.
///
/// # Errors
/// Where it does not hold.
pub fn a_released_unit_is_named_no_more(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    watch(harness)?;
    applied(harness, &object)?;
    watching(harness)?;
    let target = harness.target();
    let Some(watch) = target.profile().watch else { return unable("watch") };
    watch.release(&web());
    harness.edit(object.id(), "two");
    let told = told(harness, QUIET)?;
    ensure!(told.is_empty(), "the unit was released, and told is {told:?}");
    let left = harness.watched_units()?;
    ensure!(left == 0, "the one unit was released, and {left} are watched for");
    Ok(())
}

/// A change names each unit that looks at the object, and no other.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_names_no_other_unit(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    watch(harness)?;
    applied(harness, &a)?;
    applied(harness, &b)?;
    ok(harness_observe(harness, "other", &[&b]), "observing")?;
    ok(harness_observe(harness, "web", &[&a]), "observing")?;
    while !told(harness, QUIET)?.is_empty() {
        ok(harness_observe(harness, "other", &[&b]), "observing")?;
        ok(harness_observe(harness, "web", &[&a]), "observing")?;
    }
    // Both carry the mark of `web`, so that it is the look of the other that counts.
    harness.edit(a.id(), "two");
    let told = told(harness, PATIENCE)?;
    ensure!(told == [web()].into(), "a was changed, which only web looks at, and told is {told:?}");
    Ok(())
}

fn harness_observe(
    harness: &dyn TargetHarness,
    unit: &str,
    objects: &[&windlass_core::Object],
) -> windlass_core::Result<windlass_core::Observed> {
    let (cx, mut interest) = (harness.context(), interest(objects, None));
    interest.unit = crate::unit(unit);
    run(harness, async { harness.target().observe(&cx, &interest).await })
}
