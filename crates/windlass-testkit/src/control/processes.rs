//! The laws of several processes on one store, one after the other and at once.

use windlass_core::{Control, ControlStore, ErrorKind};

use super::{ControlHarness, approving, ask, ask_through, asked, read_from, suspending, there, web};
use crate::run::join;
use crate::suite::{Check, ensure, fails, ok, run};

/// What a save confirmed is there after a crash.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_asked_survives_a_crash(harness: &dyn ControlHarness) -> Check {
    let version = asked(harness, &web(), None, &approving("a"))?;
    let found = read_from(harness, &*harness.reopen()?)?;
    let expected = Some((version, approving("a")));
    ensure!(found == expected, "asked was {expected:?}, and after a crash it is {found:?}");
    Ok(())
}

/// What one process asked is what another reads, at the version that it can go on from; and the other way round.
///
/// # Errors
/// Where it does not hold.
pub fn another_process_sees_what_was_asked(harness: &dyn ControlHarness) -> Check {
    let other = harness.reopen()?;
    ensure!(read_from(harness, &*other)?.is_none(), "another process reads what nobody asked");
    let version = asked(harness, &web(), None, &suspending("a"))?;
    let found = read_from(harness, &*other)?;
    let expected = Some((version.clone(), suspending("a")));
    ensure!(found == expected, "asked was {expected:?}, and another process reads {found:?}");
    ok(ask_through(harness, &*other, Some(&version), &suspending("b")), "another process going on")?;
    let late = ask(harness, &web(), Some(&version), &suspending("c"));
    fails(late, &[ErrorKind::Conflict], "the first process at a version that is old")?;
    let (_, found) = there(harness, &web())?;
    ensure!(found == suspending("b"), "another process asked for b, and read is {found:?}");
    Ok(())
}

/// Of two saves under way at once that expect the same version, one is saved and the other is a `Conflict`.
///
/// # Errors
/// Where it does not hold.
pub fn of_two_saves_at_once_one_wins(harness: &dyn ControlHarness) -> Check {
    let store = harness.store();
    one_wins(harness, &*store, &*store)
}

/// Of two processes that save at once and expect the same version, one has saved and the other has a `Conflict`.
///
/// # Errors
/// Where it does not hold.
pub fn of_two_processes_at_once_one_wins(harness: &dyn ControlHarness) -> Check {
    one_wins(harness, &*harness.store(), &*harness.reopen()?)
}

fn one_wins(harness: &dyn ControlHarness, here: &dyn ControlStore, there: &dyn ControlStore) -> Check {
    let version = asked(harness, &web(), None, &Control::default())?;
    let (cx, unit, a, b) = (harness.context(), web(), suspending("a"), suspending("b"));
    let (first, second) = run(harness, async {
        let one = here.set_control(&cx, &unit, Some(&version), &a);
        join(one, there.set_control(&cx, &unit, Some(&version), &b)).await
    });
    ensure!(first.is_ok() != second.is_ok(), "of two saves at once, {first:?} and {second:?}");
    let winner = if first.is_ok() { a } else { b };
    fails(first.and(second), &[ErrorKind::Conflict], "the second of two saves at once")?;
    let (_, found) = super::there(harness, &web())?;
    ensure!(found == winner, "saved was {winner:?}, and read is {found:?}");
    Ok(())
}
