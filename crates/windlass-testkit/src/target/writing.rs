//! The laws of what a write does.

use windlass_core::{ErrorKind, Expect, Mode, Owner, Write, Written};

use super::{TargetHarness, applied, applying, deleting, live, shows, there, without, write};
use crate::suite::{Check, Unmet, ensure, not_applicable, ok};
use crate::unit;

/// After a write the object has all of the payload, when it is created and when it is changed.
///
/// # Errors
/// Where it does not hold.
pub fn a_write_sets_the_whole_payload(harness: &dyn TargetHarness) -> Check {
    let long = "\u{e4}\"\\: #{}\t\n  \u{1f600}".repeat(200);
    for content in ["", "true", "1e3", &long, "~"] {
        let object = harness.object("a", content);
        applied(harness, &object)?;
        let found = live(harness, &object)?;
        ensure!(shows(&found, &object), "a content of {} characters did not arrive", content.len());
    }
    Ok(())
}

/// What was written is seen by the next observe: created, changed, deleted.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_written_is_seen_at_once(harness: &dyn TargetHarness) -> Check {
    let (one, two) = (harness.object("a", "one"), harness.object("a", "two"));
    applied(harness, &one)?;
    ensure!(there(harness, &one)?.is_some(), "what was created is not seen");
    applied(harness, &two)?;
    ensure!(shows(&live(harness, &one)?, &two), "what was changed is not seen");
    let done = ok(write(harness, &deleting(&one, Expect::Any)), "deleting")?;
    let gone = there(harness, &one)?.is_none();
    ensure!(gone || matches!(done, Written::Deleting(_)), "what was deleted is still seen");
    Ok(())
}

/// A write says what it did: created, changed, gone or going.
///
/// # Errors
/// Where it does not hold.
pub fn a_write_says_what_it_did(harness: &dyn TargetHarness) -> Check {
    let done = applied(harness, &harness.object("a", "one"))?;
    ensure!(matches!(done, Written::Created(_)), "a create says {done:?}");
    let done = applied(harness, &harness.object("a", "two"))?;
    ensure!(matches!(done, Written::Changed(_)), "a change says {done:?}");
    let done = ok(write(harness, &deleting(&harness.object("a", ""), Expect::Any)), "deleting")?;
    ensure!(matches!(done, Written::Gone | Written::Deleting(_)), "a delete says {done:?}");
    Ok(())
}

/// The same apply a second time says `Unchanged` and leaves version and stamp, in each mode the target has.
///
/// # Errors
/// Where it does not hold.
pub fn writing_again_says_unchanged_and_changes_nothing(harness: &dyn TargetHarness) -> Check {
    let mut lacking = Vec::new();
    for mode in [Mode::Apply, Mode::Replace, Mode::Recreate, Mode::CreateOnly] {
        let object = harness.object("a", &format!("{mode:?}"));
        let apply = applying(&object, mode, Expect::Any);
        match write(harness, &apply) {
            Err(error) if error.kind() == ErrorKind::Unsupported && mode != Mode::Apply => {
                lacking.push(mode.name());
                continue;
            }
            done => ok(done, &format!("writing ({mode:?})"))?,
        };
        let before = live(harness, &object)?;
        let again = ok(write(harness, &apply), "writing again")?;
        ensure!(matches!(again, Written::Unchanged(_)), "writing again ({mode:?}) says {again:?}");
        let after = live(harness, &object)?;
        ensure!(before == after, "writing again ({mode:?}) made {before:?} into {after:?}");
    }
    match lacking[..] {
        [] => Ok(()),
        _ => not_applicable(&format!(
            "it has no mode {}; in its other modes the law holds",
            lacking.join(", ")
        )),
    }
}

/// Deleting what is absent succeeds, whatever version was expected.
///
/// # Errors
/// Where it does not hold.
pub fn deleting_what_is_absent_is_gone(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    let version = live(harness, &object)?.version;
    for expect in [Expect::Any, Expect::Any, Expect::At(version)] {
        let done = write(harness, &deleting(&object, expect));
        let good = matches!(done, Ok(Written::Gone | Written::Deleting(_)));
        ensure!(good, "deleting once more must succeed, but: {done:?}");
    }
    Ok(())
}

/// A deletion that something holds says `Deleting`, and the object is seen until it goes.
///
/// # Errors
/// Where it does not hold.
pub fn a_held_deletion_is_told_and_the_object_still_seen(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    harness.hold_deletes(object.id())?;
    for _time in ["first", "again"] {
        let done = ok(write(harness, &deleting(&object, Expect::Any)), "deleting")?;
        ensure!(matches!(done, Written::Deleting(_)), "a deletion that is held says {done:?}");
        ensure!(there(harness, &object)?.is_some(), "an object is hidden whose deletion is held");
    }
    Ok(())
}

/// An object that was told to go and is still there says so, and one that was not does not.
///
/// # Errors
/// Where it does not hold.
pub fn an_object_that_is_being_deleted_says_so(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    // A harness that cannot says so for the law above.
    match harness.hold_deletes(object.id()) {
        Err(Unmet::Lacking(_)) => return not_applicable("the harness cannot hold a deletion"),
        held => held?,
    }
    let before = live(harness, &object)?.deletion;
    ensure!(before.is_none(), "nobody deleted the object, and it is {before:?}");
    ok(write(harness, &deleting(&object, Expect::Any)), "deleting")?;
    if let Some(going) = there(harness, &object)? {
        ensure!(
            going.deletion.is_some(),
            "the object was told to go and is still there, and does not say so"
        );
    }
    Ok(())
}

/// `Mode::CreateOnly` creates what is absent and leaves alone what is there, its owner too.
///
/// # Errors
/// Where it does not hold.
pub fn create_only_leaves_alone_what_is_there(harness: &dyn TargetHarness) -> Check {
    let (one, two) = (harness.object("a", "one"), harness.object("a", "two"));
    let create = |payload, name| {
        let owner = Owner::of(&unit(name));
        write(harness, &Write::apply(payload, Mode::CreateOnly, Expect::Any, owner))
    };
    match create(one.clone(), "web") {
        Err(error) if error.kind() == ErrorKind::Unsupported => return without(Mode::CreateOnly),
        done => ok(done, "creating what is absent")?,
    };
    let before = live(harness, &one)?;
    ok(create(two, "other"), "creating what is there")?;
    let after = live(harness, &one)?;
    ensure!(before == after, "create-only changed what was there");
    Ok(())
}

/// `Mode::Recreate` gives an object that differs a new identity, where the target has one.
///
/// # Errors
/// Where it does not hold.
pub fn a_recreated_object_has_another_uid(harness: &dyn TargetHarness) -> Check {
    let (one, two) = (harness.object("a", "one"), harness.object("a", "two"));
    applied(harness, &one)?;
    let before = live(harness, &one)?.uid;
    match write(harness, &applying(&two, Mode::Recreate, Expect::Any)) {
        Err(error) if error.kind() == ErrorKind::Unsupported => return without(Mode::Recreate),
        done => ok(done, "recreating")?,
    };
    let after = live(harness, &one)?;
    ensure!(shows(&after, &two), "the recreated object is not the payload");
    if before.is_none() {
        return not_applicable("its objects have no identity but their name");
    }
    ensure!(before != after.uid, "the recreated object has the old identity");
    Ok(())
}
