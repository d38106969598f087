//! The laws of fences, cancellation and errors half way.

use std::sync::Arc;

use windlass_core::{Cancel, ErrorKind, Expect, Live, Mode, Object, Owner, Write};

use super::{TargetHarness, applied, applying, deleting, live, shows, there, web, write, write_in};
use crate::suite::{Check, Lost, drop_at_each_wait, ensure, fails, out_of_time};

/// Tries to create `a`, change `b` and delete `c`, and gives the error of each, or what changed.
fn stopped(harness: &dyn TargetHarness, cx: &windlass_core::Context, kind: ErrorKind) -> Check {
    let [a, b, c] = ["a", "b", "c"].map(|name| harness.object(name, "one"));
    applied(harness, &b)?;
    applied(harness, &c)?;
    let before: [Option<Live>; 3] = [None, Some(live(harness, &b)?), Some(live(harness, &c)?)];
    let two = harness.object("b", "two");
    let writes = [
        ("a create", &a, applying(&a, Mode::Apply, Expect::Any)),
        ("a change", &b, applying(&two, Mode::Apply, Expect::Any)),
        ("a delete", &c, deleting(&c, Expect::Any)),
    ];
    for ((what, object, write), before) in writes.iter().zip(before) {
        fails(write_in(harness, cx, write), &[kind], what)?;
        let after = there(harness, object)?;
        ensure!(before == after, "{what} that must not start changed the object");
    }
    Ok(())
}

/// Each write asks the fence; where it refuses, its error is given back and nothing is written.
///
/// # Errors
/// Where it does not hold.
pub fn a_fence_that_refuses_stops_every_write(harness: &dyn TargetHarness) -> Check {
    stopped(harness, &harness.context().with_fence(Arc::new(Lost)), ErrorKind::Conflict)
}

/// A write for which no time is left is not begun.
///
/// # Errors
/// Where it does not hold.
pub fn a_write_without_time_left_is_not_begun(harness: &dyn TargetHarness) -> Check {
    stopped(harness, &out_of_time(harness), ErrorKind::Timeout)
}

/// A write that was cancelled before it began writes nothing.
///
/// # Errors
/// Where it does not hold.
pub fn a_cancelled_write_writes_nothing(harness: &dyn TargetHarness) -> Check {
    let cancel = Cancel::new();
    cancel.cancel();
    stopped(harness, &harness.context().with_cancel(cancel), ErrorKind::Cancelled)
}

/// Dropping a write, wherever it waits, leaves the object as it was or wholly written.
///
/// # Errors
/// Where it does not hold.
pub fn dropping_a_write_leaves_the_old_or_the_new_object(harness: &dyn TargetHarness) -> Check {
    let (cx, target) = (&harness.context(), &harness.target());
    let whole = |live: &Live, object: &Object| shows(live, object) && live.owner == Some(Owner::of(&web()));
    let object =
        |verb: &str, waits: usize, content: &str| harness.object(&format!("{verb}-{waits}"), content);
    let sending = |write: Write| async move { target.write(cx, &write).await };
    let create = |waits| Ok(sending(applying(&object("create", waits, "new"), Mode::Apply, Expect::Absent)));
    drop_at_each_wait(harness, create, |waits| {
        let new = object("create", waits, "new");
        let good = there(harness, &new)?.is_none_or(|live| whole(&live, &new));
        ensure!(good, "a create that was dropped at wait {waits} left half an object");
        Ok(())
    })?;
    let change = |waits| {
        applied(harness, &object("change", waits, "old"))?;
        Ok(sending(applying(&object("change", waits, "new"), Mode::Apply, Expect::Any)))
    };
    drop_at_each_wait(harness, change, |waits| {
        let (old, new) = (object("change", waits, "old"), object("change", waits, "new"));
        let found = live(harness, &old)?;
        let good = whole(&found, &old) || whole(&found, &new);
        ensure!(good, "a change that was dropped at wait {waits} left half an object");
        Ok(())
    })
}

/// An error after which the object may have changed says so.
///
/// # Errors
/// Where it does not hold.
pub fn an_error_after_which_something_changed_says_so(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    harness.lose_next_answer(object.id())?;
    let Err(error) = write(harness, &applying(&object, Mode::Apply, Expect::Any)) else { return Ok(()) };
    let changed = there(harness, &object)?.is_some();
    ensure!(!changed || error.may_have_written(), "written, but the error does not say so: {error:?}");
    Ok(())
}
