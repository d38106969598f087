//! The laws of fences, deadlines, cancellation and calls that are dropped.

use std::sync::Arc;

use windlass_core::{Cancel, Context, ErrorKind};

use super::deltas::after;
use super::versions::forget;
use super::{StoreHarness, load, loaded, putting, record, save_in, saved, web};
use crate::suite::{Check, End, Lost, drop_at_each_wait, ends_in_time, ensure, fails, ok, out_of_time};
use crate::unit;

/// Tries to begin, change and forget a unit, and looks that nothing came of it.
fn stopped(harness: &dyn StoreHarness, cx: &Context, kind: ErrorKind) -> Check {
    let version = saved(harness, &web(), None, &putting("a"))?;
    let before = loaded(harness, &web())?;
    let new = unit("new");
    let saves = [
        ("a first save", &new, None, putting("a")),
        ("a save", &web(), Some(&version), putting("b")),
        ("forgetting", &web(), Some(&version), forget()),
    ];
    for (what, unit, expected, delta) in &saves {
        fails(save_in(harness, cx, unit, *expected, delta), &[kind], what)?;
        ensure!(ok(load(harness, &new), "loading")?.is_none(), "{what} that must not start made a unit");
        let found = loaded(harness, &web())?;
        ensure!(found == before, "{what} that must not start made {before:?} into {found:?}");
    }
    Ok(())
}

/// Each save asks the fence; where it refuses, its error is given back and nothing is saved.
///
/// # Errors
/// Where it does not hold.
pub fn a_fence_that_refuses_stops_every_save(harness: &dyn StoreHarness) -> Check {
    stopped(harness, &harness.context().with_fence(Arc::new(Lost)), ErrorKind::Conflict)
}

/// A save for which no time is left is not begun.
///
/// # Errors
/// Where it does not hold.
pub fn a_save_without_time_left_is_not_begun(harness: &dyn StoreHarness) -> Check {
    stopped(harness, &out_of_time(harness), ErrorKind::Timeout)
}

/// A save that was cancelled before it began saves nothing.
///
/// # Errors
/// Where it does not hold.
pub fn a_cancelled_save_saves_nothing(harness: &dyn StoreHarness) -> Check {
    let cancel = Cancel::new();
    cancel.cancel();
    stopped(harness, &harness.context().with_cancel(cancel), ErrorKind::Cancelled)
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

/// A read that nobody answers ends with the deadline of its context, a second later at most.
///
/// # Errors
/// Where it does not hold.
pub fn a_read_that_hangs_ends_with_the_deadline(harness: &dyn StoreHarness) -> Check {
    hanging_ends(harness, End::Deadline)
}

/// A read that nobody answers ends when its context is cancelled, a second later at most.
///
/// # Errors
/// Where it does not hold.
pub fn a_read_that_hangs_ends_when_it_is_cancelled(harness: &dyn StoreHarness) -> Check {
    hanging_ends(harness, End::Cancel)
}

fn hanging_ends(harness: &dyn StoreHarness, end: End) -> Check {
    saved(harness, &web(), None, &putting("a"))?;
    harness.hang()?;
    let store = harness.store();
    ends_in_time(harness, end, "loading", async |cx: &Context| store.load(cx, &web()).await)?;
    ends_in_time(harness, end, "listing units", async |cx: &Context| store.units(cx).await)?;
    let key = async |cx: &Context| store.key(cx, web().installation(), false).await;
    ends_in_time(harness, end, "asking for the key", key)
}
