//! The laws of fences, deadlines, cancellation and calls that are dropped.

use std::sync::Arc;

use windlass_core::{Cancel, Context, ErrorKind};

use super::{ControlHarness, ask_in, asked, read, suspending, there, web};
use crate::suite::{Check, Lost, drop_at_each_wait, ensure, fails, ok, out_of_time};
use crate::unit;

/// Tries to make and to change a document, and looks that nothing came of it.
fn stopped(harness: &dyn ControlHarness, cx: &Context, kind: ErrorKind) -> Check {
    let version = asked(harness, &web(), None, &suspending("a"))?;
    let before = there(harness, &web())?;
    let new = unit("new");
    for (what, unit, expected) in [("a first save", &new, None), ("a save", &web(), Some(&version))] {
        fails(ask_in(harness, cx, unit, expected, &suspending("b")), &[kind], what)?;
        ensure!(ok(read(harness, &new), "reading")?.is_none(), "{what} that must not start made a document");
        let found = there(harness, &web())?;
        ensure!(found == before, "{what} that must not start made {before:?} into {found:?}");
    }
    Ok(())
}

/// Each save asks the fence; where it refuses, its error is given back and nothing is saved.
///
/// # Errors
/// Where it does not hold.
pub fn a_fence_that_refuses_stops_every_save(harness: &dyn ControlHarness) -> Check {
    stopped(harness, &harness.context().with_fence(Arc::new(Lost)), ErrorKind::Conflict)
}

/// A save for which no time is left is not begun.
///
/// # Errors
/// Where it does not hold.
pub fn a_save_without_time_left_is_not_begun(harness: &dyn ControlHarness) -> Check {
    stopped(harness, &out_of_time(harness), ErrorKind::Timeout)
}

/// A save that was cancelled before it began saves nothing.
///
/// # Errors
/// Where it does not hold.
pub fn a_cancelled_save_saves_nothing(harness: &dyn ControlHarness) -> Check {
    let cancel = Cancel::new();
    cancel.cancel();
    stopped(harness, &harness.context().with_cancel(cancel), ErrorKind::Cancelled)
}

/// Dropping a save, wherever it waits, leaves the document as it was, or wholly saved.
///
/// # Errors
/// Where it does not hold.
pub fn dropping_a_save_leaves_the_old_or_the_new_document(harness: &dyn ControlHarness) -> Check {
    let (cx, store) = (&harness.context(), &harness.store());
    let (old, new) = (&suspending("old"), &super::approving("new"));
    let begin = |waits: usize| {
        let unit = unit(&format!("web-{waits}"));
        let version = asked(harness, &unit, None, old)?;
        Ok(async move { store.set_control(cx, &unit, Some(&version), new).await })
    };
    drop_at_each_wait(harness, begin, |waits| {
        let (_, found) = there(harness, &unit(&format!("web-{waits}")))?;
        ensure!(found == *old || found == *new, "a save that was dropped at wait {waits} left {found:?}");
        Ok(())
    })
}
