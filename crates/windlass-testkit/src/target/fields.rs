//! The laws of fields: which are set, which go and which stay.

use windlass_core::{ErrorKind, Expect, Mode};

use super::{TargetHarness, applied, applying, live, mentions, same_body, shows, write};
use crate::suite::{Check, ensure, ok};

/// The object has what was sent and nothing else, but for what only the target sets, and for the owner.
///
/// # Errors
/// Where it does not hold.
pub fn a_write_sends_the_payload_and_nothing_else(harness: &dyn TargetHarness) -> Check {
    for content in ["one", "two"] {
        let object = harness.object("a", content);
        applied(harness, &object)?;
        same_body(harness, &live(harness, &object)?, &object, "the payload")?;
    }
    Ok(())
}

/// A field that the payload of an earlier apply had, and that of this one has not, is taken out.
///
/// # Errors
/// Where it does not hold.
pub fn what_an_apply_no_longer_has_is_taken_out(harness: &dyn TargetHarness) -> Check {
    for (name, content) in [("a", "one"), ("b", "two")] {
        let (more, fewer) = (harness.object_with(name, "one", "canary-more")?, harness.object(name, content));
        applied(harness, &more)?;
        let found = live(harness, &more)?;
        ensure!(mentions(&found, "canary-more"), "the field that must go later was not set");
        applied(harness, &fewer)?;
        let found = live(harness, &fewer)?;
        ensure!(shows(&found, &fewer), "the apply did not set its own field");
        ensure!(!mentions(&found, "canary-more"), "a field that was applied and is wanted no more stays");
    }
    Ok(())
}

/// A field that an apply no longer has stays where somebody else holds it too.
///
/// # Errors
/// Where it does not hold.
pub fn what_somebody_else_holds_too_stays(harness: &dyn TargetHarness) -> Check {
    let (more, fewer) = (harness.object_with("a", "one", "canary-more")?, harness.object("a", "one"));
    applied(harness, &more)?;
    harness.hold_too(&more)?;
    applied(harness, &fewer)?;
    let found = live(harness, &fewer)?;
    ensure!(mentions(&found, "canary-more"), "a field went that somebody else holds too");
    Ok(())
}

/// `Mode::Apply` sets the fields of the payload and leaves those that others set.
///
/// # Errors
/// Where it does not hold.
pub fn an_apply_leaves_alone_what_others_set(harness: &dyn TargetHarness) -> Check {
    let (one, two) = (harness.object("a", "one"), harness.object("a", "two"));
    applied(harness, &one)?;
    harness.add_beside(one.id(), "canary-beside")?;
    applied(harness, &two)?;
    let found = live(harness, &one)?;
    ensure!(shows(&found, &two), "the apply did not set its own field");
    ensure!(mentions(&found, "canary-beside"), "the apply took away a field of somebody else");
    Ok(())
}

/// `Mode::Replace` leaves the payload and nothing that others set.
///
/// # Errors
/// Where it does not hold.
pub fn a_replace_leaves_nothing_of_others(harness: &dyn TargetHarness) -> Check {
    let (one, two) = (harness.object("a", "one"), harness.object("a", "two"));
    applied(harness, &one)?;
    harness.add_beside(one.id(), "canary-beside")?;
    match write(harness, &applying(&two, Mode::Replace, Expect::Any)) {
        Err(error) if error.kind() == ErrorKind::Unsupported => return super::without(Mode::Replace),
        done => ok(done, "replacing")?,
    };
    let found = live(harness, &one)?;
    ensure!(shows(&found, &two), "the replace did not set the payload");
    ensure!(!mentions(&found, "canary-beside"), "the replace left a field of somebody else");
    Ok(())
}
