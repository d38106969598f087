//! The laws of preconditions, versions and stamps.

use windlass_core::{ErrorKind, Expect, Mode, Text, Version, Write};

use super::{TargetHarness, applied, applying, deleting, live, there, write};
use crate::suite::{Check, ensure, fails, ok};

/// Gives writes of which none is as expected, each with an object of its own and a name.
fn wrong(harness: &dyn TargetHarness) -> Check<Vec<(&'static str, Write)>> {
    let apply = |name, expect| applying(&harness.object(name, "three"), Mode::Apply, expect);
    let delete = |name, expect| deleting(&harness.object(name, ""), expect);
    let old = older(harness, "a")?;
    applied(harness, &harness.object("b", "two"))?;
    let mut wrong = vec![
        ("an apply at an older version", apply("a", Expect::At(old.clone()))),
        ("an apply to what must be absent and is not", apply("b", Expect::Absent)),
        ("an apply at a version of what is absent", apply("c", Expect::At(old))),
        ("a delete at an older version", delete("d", Expect::At(older(harness, "d")?))),
    ];
    if let Some(uid) = former(harness, "e")? {
        former(harness, "f")?;
        wrong.push(("an apply to what was deleted and created anew", apply("e", Expect::Uid(uid.clone()))));
        wrong.push(("a delete of what was deleted and created anew", delete("f", Expect::Uid(uid.clone()))));
        wrong.push(("an apply to the one that is absent", apply("g", Expect::Uid(uid))));
    }
    Ok(wrong)
}

/// Makes an object and changes it; gives the version that it had before.
fn older(harness: &dyn TargetHarness, name: &str) -> Check<Version> {
    applied(harness, &harness.object(name, "one"))?;
    let old = live(harness, &harness.object(name, "one"))?.version;
    applied(harness, &harness.object(name, "two, longer"))?;
    Ok(old)
}

/// Makes an object, deletes it and makes it again; gives the identity of the first, where the target has any.
fn former(harness: &dyn TargetHarness, name: &str) -> Check<Option<Text>> {
    let object = harness.object(name, "one");
    applied(harness, &object)?;
    let uid = live(harness, &object)?.uid;
    ok(write(harness, &deleting(&object, Expect::Any)), "deleting")?;
    applied(harness, &object)?;
    Ok(uid)
}

/// A write whose expectation does not hold is a `Conflict`.
///
/// # Errors
/// Where it does not hold.
pub fn an_expectation_that_does_not_hold_is_a_conflict(harness: &dyn TargetHarness) -> Check {
    for (what, wrong) in wrong(harness)? {
        fails(write(harness, &wrong), &[ErrorKind::Conflict], what)?;
    }
    Ok(())
}

/// A write that is refused changes nothing.
///
/// # Errors
/// Where it does not hold.
pub fn a_refused_write_changes_nothing(harness: &dyn TargetHarness) -> Check {
    for (what, wrong) in wrong(harness)? {
        let object = harness.object(&wrong.id().name, "");
        let before = there(harness, &object)?;
        let refused = write(harness, &wrong).is_err();
        let after = there(harness, &object)?;
        ensure!(!refused || before == after, "{what} was refused and made {before:?} into {after:?}");
    }
    Ok(())
}

/// A write whose expectation holds happens.
///
/// # Errors
/// Where it does not hold.
pub fn an_expectation_that_holds_lets_the_write_happen(harness: &dyn TargetHarness) -> Check {
    let (one, two) = (harness.object("a", "one"), harness.object("a", "two"));
    ok(write(harness, &applying(&one, Mode::Apply, Expect::Absent)), "creating what is absent")?;
    let version = live(harness, &one)?.version;
    ok(write(harness, &applying(&two, Mode::Apply, Expect::At(version))), "changing the present version")?;
    let version = live(harness, &one)?.version;
    ok(write(harness, &deleting(&one, Expect::At(version))), "deleting the present version")?;
    applied(harness, &one)?;
    let Some(uid) = live(harness, &one)?.uid else { return Ok(()) };
    ok(write(harness, &applying(&two, Mode::Apply, Expect::Uid(uid.clone()))), "changing the very one")?;
    ok(write(harness, &deleting(&one, Expect::Uid(uid))), "deleting the very one")?;
    Ok(())
}

/// What a write gives back has the version, the stamp and the owner that the next observe sees.
///
/// # Errors
/// Where it does not hold.
pub fn the_written_version_is_the_observed_one(harness: &dyn TargetHarness) -> Check {
    for content in ["one", "two", "two"] {
        let object = harness.object("a", content);
        let written = applied(harness, &object)?;
        let seen = live(harness, &object)?;
        let same = written.live().is_some_and(|live| {
            (&live.id, &live.version, live.stamp, &live.uid, &live.owner)
                == (&seen.id, &seen.version, seen.stamp, &seen.uid, &seen.owner)
        });
        ensure!(same, "wrote {written:?}, saw {seen:?}");
    }
    Ok(())
}

/// A version changes with every change, whoever made it, however little it changes.
///
/// A version may come again when the object is again what it was, as where it is a digest.
///
/// # Errors
/// Where it does not hold.
pub fn a_version_changes_with_every_change(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    let version = || live(harness, &object).map(|live| live.version);
    applied(harness, &object)?;
    let one = version()?;
    applied(harness, &harness.object("a", "two"))?;
    let two = version()?;
    ensure!(one != two, "a change by a write left the version {one:?}");
    harness.edit(object.id(), "six");
    let six = version()?;
    ensure!(two != six, "an edit by somebody else left the version {two:?}");
    Ok(())
}

/// A stamp changes with what an apply can set, whoever changed it.
///
/// # Errors
/// Where it does not hold.
pub fn a_stamp_changes_with_what_an_apply_can_set(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    let one = live(harness, &object)?.stamp;
    applied(harness, &harness.object("a", "two"))?;
    let two = live(harness, &object)?.stamp;
    ensure!(one != two, "an apply changed the object, and not its stamp");
    harness.edit(object.id(), "three");
    let three = live(harness, &object)?.stamp;
    ensure!(two != three, "somebody else changed the object, and not its stamp");
    Ok(())
}

/// A stamp stays when only the status changes.
///
/// # Errors
/// Where it does not hold.
pub fn a_stamp_stays_when_only_status_changes(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    let before = live(harness, &object)?.stamp;
    harness.set_status(object.id())?;
    let after = live(harness, &object)?.stamp;
    ensure!(before == after, "a status changed the stamp");
    Ok(())
}
