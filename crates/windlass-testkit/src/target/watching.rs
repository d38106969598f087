//! The laws of watching.

use std::collections::BTreeSet;
use std::time::Duration;

use windlass_core::{Context, ErrorKind, Expect, Mode, Object, Observed, Owner, UnitId, Watch, Write};

use super::{TargetHarness, applied, applying, deleting, interest, unable, web, write};
use crate::run::poll_times;
use crate::suite::{Check, End, Unmet, ends_in_time, ensure, ok, run};

/// How long a law waits for what a watch must tell, on the clock of the harness.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a law waits to be sure that nothing is told.
const QUIET: Duration = Duration::from_secs(3);

/// How often a watch may tell something before nothing is left to tell.
const TELLINGS_MAX: usize = 100;

/// Runs work with the ability to watch.
fn watching<T>(harness: &dyn TargetHarness, work: impl AsyncFnOnce(&dyn Watch) -> T) -> Check<T> {
    let target = harness.target();
    let Some(watch) = target.profile().watch else { return unable("watch") };
    Ok(run(harness, async { work(watch).await }))
}

/// Waits for what is told; empty where nothing is within `patience`.
fn told(harness: &dyn TargetHarness, patience: Duration) -> Check<BTreeSet<UnitId>> {
    let cx = harness.context().with_timeout(patience);
    // That a wait ends by itself is a law of its own: here its end is forced.
    match watching(harness, async |watch| cx.unless_over(watch.changed(&cx)).await)?.flatten() {
        Ok(units) => Ok(units),
        Err(error) if error.kind() == ErrorKind::Timeout => Ok(BTreeSet::new()),
        Err(error) => Err(Unmet::Broken(format!("a watch must not end: {error}"))),
    }
}

fn look(harness: &dyn TargetHarness, unit: &str, objects: &[&Object]) -> Check<Observed> {
    let (cx, mut interest) = (harness.context(), interest(objects, None));
    interest.unit = crate::unit(unit);
    ok(run(harness, async { harness.target().observe(&cx, &interest).await }), "observing")
}

/// Lets each unit look at its objects until nothing more is told.
fn settle(harness: &dyn TargetHarness, looks: &[(&str, &[&Object])]) -> Check {
    watching(harness, async |_| ())?;
    for _ in 0..TELLINGS_MAX {
        for (unit, objects) in looks {
            look(harness, unit, objects)?;
        }
        if told(harness, QUIET)?.is_empty() {
            return Ok(());
        }
    }
    Err(Unmet::broken("a watch tells again and again of what did not change"))
}

/// Lets the unit `web` look at `a`, which it owns, until nothing more is told.
fn watched(harness: &dyn TargetHarness) -> Check<Object> {
    let object = harness.object("a", "one");
    watching(harness, async |_| ())?;
    applied(harness, &object)?;
    settle(harness, &[("web", &[&object])])?;
    Ok(object)
}

/// An apply of the unit `other`.
fn of_other(object: &Object) -> Write {
    Write::apply(object.clone(), Mode::Apply, Expect::Any, Owner::of(&other()))
}

fn other() -> UnitId {
    crate::unit("other")
}

fn expect_told(harness: &dyn TargetHarness, what: &str) -> Check {
    let told = told(harness, PATIENCE)?;
    ensure!(told.contains(&web()), "{what}, which concerns {}, and told is {told:?}", web());
    Ok(())
}

fn expect_quiet(harness: &dyn TargetHarness, what: &str) -> Check {
    let told = told(harness, QUIET)?;
    ensure!(told.is_empty(), "{what}, and told is {told:?}");
    Ok(())
}

/// A change by somebody else names the unit that looks at the object, however long nobody asked.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_names_the_units_that_look_at_it(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    watching(harness, async |_| ())?;
    ok(write(harness, &of_other(&object)), "a write of another unit")?;
    settle(harness, &[("web", &[&object])])?;
    harness.edit(object.id(), "two");
    let cx = harness.context();
    ok(run(harness, cx.sleep(QUIET)), "a sleep")?;
    expect_told(harness, "a was changed and nobody asked for a while")
}

/// A change of what the unit owns names it, though it did not ask for that object.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_of_what_a_unit_owns_names_it(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    watching(harness, async |_| ())?;
    applied(harness, &a)?;
    applied(harness, &b)?;
    settle(harness, &[("web", &[&a])])?;
    harness.edit(b.id(), "two");
    expect_told(harness, "b was changed")
}

/// What an object of the unit comes to own names the unit.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_of_what_an_object_owns_names_its_unit(harness: &dyn TargetHarness) -> Check {
    let object = watched(harness)?;
    harness.add_child(object.id())?;
    expect_told(harness, "a came to own an object")
}

/// What another unit creates, changes and deletes is a change for a unit that looks at it.
///
/// # Errors
/// Where it does not hold.
pub fn what_another_unit_writes_is_a_change(harness: &dyn TargetHarness) -> Check {
    let (one, two) = (harness.object("a", "one"), harness.object("a", "two"));
    settle(harness, &[("web", &[&one])])?;
    for (what, other) in
        [("created", of_other(&one)), ("changed", of_other(&two)), ("deleted", deleting(&two, Expect::Any))]
    {
        ok(write(harness, &other), "a write of another unit")?;
        expect_told(harness, &format!("a was {what} by another unit"))?;
        settle(harness, &[("web", &[&one])])?;
    }
    Ok(())
}

/// A change is told once: after the look that follows it, nothing is left to tell.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_is_told_once(harness: &dyn TargetHarness) -> Check {
    let object = watched(harness)?;
    harness.edit(object.id(), "two");
    if !told(harness, PATIENCE)?.is_empty() {
        look(harness, "web", &[&object])?;
        expect_quiet(harness, "what was changed was told and looked at")?;
    }
    Ok(())
}

/// What a write of the unit gave back is known at once: its echo is no change, be it created, changed or deleted.
///
/// # Errors
/// Where it does not hold.
pub fn the_echo_of_a_write_is_no_change(harness: &dyn TargetHarness) -> Check {
    let (one, two) = (harness.object("b", "one"), harness.object("b", "two"));
    settle(harness, &[("web", &[&one])])?;
    for (what, own) in [
        ("created", applying(&one, Mode::Apply, Expect::Any)),
        ("changed", applying(&two, Mode::Apply, Expect::Any)),
        ("deleted", deleting(&two, Expect::Any)),
    ] {
        ok(write(harness, &own), "a write")?;
        expect_quiet(harness, &format!("the unit itself {what} b, and nobody else did anything"))?;
    }
    Ok(())
}

/// A change names no unit that does not look at the object and does not own it.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_names_no_other_unit(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    watching(harness, async |_| ())?;
    applied(harness, &a)?;
    // `web` owns both, so that it is the look of the other that counts.
    applied(harness, &b)?;
    settle(harness, &[("other", &[&b]), ("web", &[&a])])?;
    harness.edit(a.id(), "two");
    let told = told(harness, PATIENCE)?;
    let other = other();
    ensure!(!told.contains(&other), "a was changed, at which {other} does not look, and told is {told:?}");
    Ok(())
}

/// What a unit asked for once, and the last time did not, is watched for no longer.
///
/// # Errors
/// Where it does not hold.
pub fn what_a_unit_looks_at_no_more_is_not_watched(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    watching(harness, async |_| ())?;
    applied(harness, &a)?;
    settle(harness, &[("other", &[&a])])?;
    settle(harness, &[("other", &[&b])])?;
    harness.edit(a.id(), "two");
    expect_quiet(harness, "a was changed, which nobody looked at last")
}

/// What could have been missed counts as a change: a watch was broken.
///
/// # Errors
/// Where it does not hold.
pub fn what_could_have_been_missed_counts_as_a_change(harness: &dyn TargetHarness) -> Check {
    watched(harness)?;
    harness.break_watches()?;
    expect_told(harness, "the watch was broken")
}

/// A unit that was released is named no more and nothing is kept for it; others are still named.
///
/// # Errors
/// Where it does not hold.
pub fn a_released_unit_is_named_no_more(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (watched(harness)?, harness.object("b", "one"));
    ok(write(harness, &of_other(&b)), "a write of another unit")?;
    settle(harness, &[("other", &[&b]), ("web", &[&a])])?;
    watching(harness, async |watch| watch.release(&web()))?;
    harness.edit(a.id(), "two");
    expect_quiet(harness, "a was changed, at which only a released unit looked")?;
    harness.edit(b.id(), "two");
    let told = told(harness, PATIENCE)?;
    ensure!(
        told == [other()].into(),
        "b was changed, at which {} still looks, and told is {told:?}",
        other()
    );
    let left = harness.watched_units()?;
    ensure!(left == 1, "one of two units was released, and {left} are watched for");
    Ok(())
}

/// How many objects change at once in a burst.
const BURST: usize = 40;

/// Many changes at once name every unit that looks at one of them, be it in one telling or in several.
///
/// # Errors
/// Where it does not hold.
pub fn a_burst_of_changes_names_every_unit(harness: &dyn TargetHarness) -> Check {
    let objects: Vec<Object> = (0..BURST).map(|at| harness.object(&format!("burst-{at}"), "one")).collect();
    let units: Vec<String> = (0..BURST).map(|at| format!("unit-{at}")).collect();
    watching(harness, async |_| ())?;
    for (object, unit) in objects.iter().zip(&units) {
        let owner = Owner::of(&crate::unit(unit));
        let apply = Write::apply(object.clone(), Mode::Apply, Expect::Any, owner);
        ok(write(harness, &apply), "a write")?;
    }
    let looks: Vec<[&Object; 1]> = objects.iter().map(|object| [object]).collect();
    let looks: Vec<(&str, &[&Object])> =
        units.iter().zip(&looks).map(|(unit, look)| (unit.as_str(), &look[..])).collect();
    settle(harness, &looks)?;
    objects.iter().for_each(|object| harness.edit(object.id(), "two"));
    let mut left: BTreeSet<UnitId> = units.iter().map(|unit| crate::unit(unit)).collect();
    for _ in 0..TELLINGS_MAX {
        let told = told(harness, if left.is_empty() { QUIET } else { PATIENCE })?;
        left.retain(|unit| !told.contains(unit));
        if left.is_empty() || told.is_empty() {
            break;
        }
    }
    ensure!(left.is_empty(), "{BURST} objects were changed at once, and nobody told of {left:?}");
    Ok(())
}

/// While nothing has changed, looking again asks nobody.
///
/// # Errors
/// Where it does not hold.
pub fn looking_at_an_unchanged_world_asks_nobody(harness: &dyn TargetHarness) -> Check {
    let object = watched(harness)?;
    let before = harness.requests()?;
    for _ in 0..3 {
        look(harness, "web", &[&object])?;
    }
    let asked = harness.requests()?.saturating_sub(before);
    ensure!(asked == 0, "nothing has changed, and 3 looks made {asked} requests");
    Ok(())
}

/// Dropping the wait for changes, wherever it waits, loses nothing: what it would have told is told by the next.
///
/// # Errors
/// Where it does not hold.
pub fn dropping_a_wait_for_changes_loses_nothing(harness: &dyn TargetHarness) -> Check {
    let object = watched(harness)?;
    for waits in 1..=16 {
        harness.edit(object.id(), &format!("edit {waits}"));
        let cx = harness.context().with_timeout(PATIENCE);
        let done = watching(harness, async |watch| poll_times(watch.changed(&cx), waits).await)?;
        if done.is_some() {
            return Ok(());
        }
        expect_told(harness, &format!("a was changed, a wait was dropped at its wait {waits}"))?;
        look(harness, "web", &[&object])?;
    }
    Ok(())
}

/// Waiting for changes that do not come ends with the deadline.
///
/// # Errors
/// Where it does not hold.
pub fn waiting_for_changes_ends_with_the_deadline(harness: &dyn TargetHarness) -> Check {
    watched(harness)?;
    waiting_ends(harness, End::Deadline)
}

/// Waiting for changes that do not come ends when it is cancelled.
///
/// # Errors
/// Where it does not hold.
pub fn waiting_for_changes_ends_when_it_is_cancelled(harness: &dyn TargetHarness) -> Check {
    watched(harness)?;
    waiting_ends(harness, End::Cancel)
}

fn waiting_ends(harness: &dyn TargetHarness, end: End) -> Check {
    let target = harness.target();
    let Some(watch) = target.profile().watch else { return unable("watch") };
    ends_in_time(harness, end, "waiting for changes", async |cx: &Context| watch.changed(cx).await)
}
