//! The laws of what is saved.

use windlass_core::{Delta, Limits, Saved};

use super::{StoreHarness, everything, load, loaded, map, putting, record, save_in, saved, web};
use crate::suite::{Check, drop_at_each_wait, ensure, ok, run};
use crate::unit;

/// Of a unit that was never saved nothing is loaded.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_never_saved_is_none(harness: &dyn StoreHarness) -> Check {
    let found = ok(load(harness, &web()), "loading a unit that was never saved")?;
    ensure!(found.is_none(), "something is loaded of a unit that was never saved");
    Ok(())
}

/// What a save confirmed is what the next load gives: inventory, history, holds and approvals.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_saved_is_loaded(harness: &dyn StoreHarness) -> Check {
    saved(harness, &web(), None, &everything())?;
    let found = loaded(harness, &web())?;
    let expected = after(&found, &[everything()]);
    ensure!(found == expected, "saved {expected:?}, loaded {found:?}");
    Ok(())
}

/// What a save confirmed is there after a crash.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_saved_survives_a_crash(harness: &dyn StoreHarness) -> Check {
    saved(harness, &web(), None, &everything())?;
    let (before, cx, reopened) = (loaded(harness, &web())?, harness.context(), harness.reopen()?);
    let found = ok(run(harness, async { reopened.load(&cx, &web()).await }), "loading after a crash")?;
    ensure!(found.as_ref() == Some(&before), "saved {before:?}, after a crash {found:?}");
    Ok(())
}

/// A delta leaves alone what it does not name.
///
/// # Errors
/// Where it does not hold.
pub fn a_delta_changes_only_what_it_names(harness: &dyn StoreHarness) -> Check {
    let version = saved(harness, &web(), None, &everything())?;
    let before = loaded(harness, &web())?;
    let version = saved(harness, &web(), Some(&version), &putting("c"))?;
    let mut expected = before.clone();
    putting("c").apply(&mut expected, &Limits::default());
    let found = loaded(harness, &web())?;
    expected.version = found.version.clone();
    ensure!(found == expected, "putting one object made {before:?} into {found:?}");
    saved(harness, &web(), Some(&version), &Delta::default())?;
    let found = loaded(harness, &web())?;
    expected.version = found.version.clone();
    ensure!(found == expected, "a delta without anything changed what is saved");
    Ok(())
}

/// What a delta drops is owned no longer; the rest still is.
///
/// # Errors
/// Where it does not hold.
pub fn what_a_delta_drops_is_owned_no_longer(harness: &dyn StoreHarness) -> Check {
    let version = saved(harness, &web(), None, &everything())?;
    let mut delta = Delta::default();
    delta.drop = vec![map("a"), map("never-owned")];
    saved(harness, &web(), Some(&version), &delta)?;
    let objects = loaded(harness, &web())?.inventory.objects;
    let owned: Vec<_> = objects.keys().collect();
    ensure!(owned == [&map("b")], "after dropping a of a and b, owned are {owned:?}");
    Ok(())
}

/// The history keeps its newest records, as many as the limit of the context says.
///
/// # Errors
/// Where it does not hold.
pub fn the_history_keeps_its_newest_records(harness: &dyn StoreHarness) -> Check {
    let mut limits = Limits::default();
    limits.history_max = 2;
    let cx = harness.context().with_limits(limits);
    let mut version = None;
    for at in 1..=3 {
        let mut delta = Delta::default();
        delta.record = Some(record(at));
        version = Some(ok(save_in(harness, &cx, &web(), version.as_ref(), &delta), "adding a record")?);
    }
    let history = loaded(harness, &web())?.history;
    let times: Vec<u64> = history.iter().map(|record| record.at.unix()).collect();
    ensure!(times == [2, 3], "of the records 1, 2, 3 with a limit of 2, {times:?} are kept");
    Ok(())
}

/// Dropping a save, wherever it waits, leaves the state as it was, or wholly saved.
///
/// # Errors
/// Where it does not hold.
pub fn dropping_a_save_leaves_the_old_or_the_new_state(harness: &dyn StoreHarness) -> Check {
    let (cx, store) = (&harness.context(), &harness.store());
    let mut delta = putting("new");
    delta.record = Some(record(1));
    let delta = &delta;
    let begin = |waits: usize| {
        let unit = unit(&format!("web-{waits}"));
        let version = saved(harness, &unit, None, &putting("old"))?;
        Ok(async move { store.save(cx, &unit, Some(&version), delta).await })
    };
    drop_at_each_wait(harness, begin, |waits| {
        let found = loaded(harness, &unit(&format!("web-{waits}")))?;
        let (old, new) = (after(&found, &[putting("old")]), after(&found, &[putting("old"), delta.clone()]));
        ensure!(found == old || found == new, "a save that was dropped at wait {waits} left {found:?}");
        Ok(())
    })
}

/// Gives what these deltas make of nothing, at the version of `like`.
fn after(like: &Saved, deltas: &[Delta]) -> Saved {
    let mut saved = Saved::empty(like.version.clone());
    deltas.iter().for_each(|delta| delta.apply(&mut saved, &Limits::default()));
    saved
}
