//! The laws of several processes on one store, one after the other and at once.

use std::collections::BTreeSet;

use windlass_core::{Delta, ErrorKind, StateStore, Version};

use super::deltas::same;
use super::versions::forget;
use super::{StoreHarness, everything, loaded, loaded_from, map, putting, save, save_through, saved, web};
use crate::run::join;
use crate::suite::{Check, ensure, fails, ok, run};

/// What a save confirmed is there after a crash.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_saved_survives_a_crash(harness: &dyn StoreHarness) -> Check {
    saved(harness, &web(), None, &everything())?;
    let before = loaded(harness, &web())?;
    let found = loaded_from(harness, &*harness.reopen()?, &web())?;
    same(&before, found.as_ref(), "what was saved is not what is loaded after a crash")
}

/// What one process saved is what another loads, at the version that it can go on from; and the other way round.
///
/// # Errors
/// Where it does not hold.
pub fn another_process_sees_what_was_saved(harness: &dyn StoreHarness) -> Check {
    let other = harness.reopen()?;
    ensure!(loaded_from(harness, &*other, &web())?.is_none(), "another process loads what nobody saved");
    let version = saved(harness, &web(), None, &putting("a"))?;
    let here = loaded(harness, &web())?;
    let there = loaded_from(harness, &*other, &web())?;
    same(&here, there.as_ref(), "another process does not load what was saved")?;
    let late = save_through(harness, &*other, None, &putting("b"));
    fails(late, &[ErrorKind::Conflict], "another process that expects nothing where something is")?;
    ok(save_through(harness, &*other, Some(&version), &putting("b")), "another process going on")?;
    let late = save(harness, &web(), Some(&version), &putting("c"));
    fails(late, &[ErrorKind::Conflict], "the first process at a version that is old by now")?;
    let owned = loaded(harness, &web())?.inventory.objects;
    ensure!(owned.keys().eq([&map("a"), &map("b")]), "two processes saved a and b, owned are {owned:?}");
    Ok(())
}

/// Of two saves under way at once that expect the same version, one is saved and the other is a `Conflict`.
///
/// # Errors
/// Where it does not hold.
pub fn of_two_saves_at_once_one_wins(harness: &dyn StoreHarness) -> Check {
    let store = harness.store();
    one_wins(harness, &*store, &*store)
}

/// Of two processes that save at once and expect the same version, one has saved and the other has a `Conflict`.
///
/// # Errors
/// Where it does not hold.
pub fn of_two_processes_at_once_one_wins(harness: &dyn StoreHarness) -> Check {
    one_wins(harness, &*harness.store(), &*harness.reopen()?)
}

fn one_wins(harness: &dyn StoreHarness, here: &dyn StateStore, there: &dyn StateStore) -> Check {
    let version = saved(harness, &web(), None, &Delta::default())?;
    let (cx, unit, a, b) = (harness.context(), web(), putting("a"), putting("b"));
    let (first, second) = run(harness, async {
        let one = here.save(&cx, &unit, Some(&version), &a);
        join(one, there.save(&cx, &unit, Some(&version), &b)).await
    });
    ensure!(first.is_ok() != second.is_ok(), "of two saves at once, {first:?} and {second:?}");
    let winner = if first.is_ok() { "a" } else { "b" };
    fails(first.and(second), &[ErrorKind::Conflict], "the second of two saves at once")?;
    let owned = loaded(harness, &web())?.inventory.objects;
    ensure!(owned.keys().eq([&map(winner)]), "only {winner} was saved, owned are {owned:?}");
    Ok(())
}

/// Each save gives a version that no earlier save of the unit gave, also one that changes nothing, also after the
/// unit was forgotten.
///
/// # Errors
/// Where it does not hold.
pub fn versions_never_repeat(harness: &dyn StoreHarness) -> Check {
    let mut seen = BTreeSet::new();
    for _life in 0..3 {
        live_once(harness, &*harness.store(), &mut seen, None)?;
    }
    Ok(())
}

/// Versions do not repeat after a crash either: no count begins anew with the process.
///
/// # Errors
/// Where it does not hold.
pub fn versions_never_repeat_after_a_crash(harness: &dyn StoreHarness) -> Check {
    let mut seen = BTreeSet::new();
    let mut version = None;
    for _process in 0..3 {
        let store = harness.reopen()?;
        let new =
            ok(save_through(harness, &*store, version.as_ref(), &putting("a")), "saving after a crash")?;
        ensure!(seen.insert(new.clone()), "the version {new:?} was given before the crash");
        version = Some(new);
    }
    live_once(harness, &*harness.reopen()?, &mut seen, version)?;
    live_once(harness, &*harness.reopen()?, &mut seen, None)
}

/// Saves and forgets the unit, and looks that each version is new.
fn live_once(
    harness: &dyn StoreHarness,
    store: &dyn StateStore,
    seen: &mut BTreeSet<Version>,
    mut version: Option<Version>,
) -> Check {
    for delta in [putting("a"), Delta::default(), putting("a"), forget()] {
        let new = ok(save_through(harness, store, version.as_ref(), &delta), "a save in its turn")?;
        ensure!(seen.insert(new.clone()), "the version {new:?} was given before");
        version = Some(new);
    }
    Ok(())
}
