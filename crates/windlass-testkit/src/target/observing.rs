//! The laws of looking.

use windlass_core::{Digest, ErrorKind, Expect, Key, Known, Mode, Observation, Stamp};

use super::abilities::predict;
use super::{TargetHarness, applied, applying, interest, live, observe, observe_unless, shows, there, write};
use crate::suite::{Check, ensure, exposed, fails, hides, run};

/// The profile says the same every time it is asked.
///
/// # Errors
/// Where it does not hold.
pub fn the_profile_is_the_same_every_time(harness: &dyn TargetHarness) -> Check {
    let target = harness.target();
    let tell = || {
        let profile = target.profile();
        let abilities = [profile.predict.is_some(), profile.watch.is_some(), profile.state.is_some()];
        let rules = [profile.dialects.len(), profile.order.len(), profile.health.len()];
        (profile.place.to_owned(), abilities, rules)
    };
    let first = tell();
    ensure!(!first.0.is_empty(), "the place has no name");
    applied(harness, &harness.object("a", "one"))?;
    let second = tell();
    ensure!(first == second, "the profile said {first:?} and then {second:?}");
    Ok(())
}

/// No body appears in `Debug` of the target or of what it saw, or in an error.
///
/// # Errors
/// Where it does not hold.
pub fn no_body_is_shown(harness: &dyn TargetHarness) -> Check {
    let secret = "canary-5e1f";
    let object = harness.object("a", secret);
    applied(harness, &object)?;
    let again = write(harness, &applying(&object, Mode::Apply, Expect::Absent));
    hides(
        secret,
        &[
            ("target's Debug", format!("{:?}", harness.target())),
            ("profile's Debug", format!("{:?}", harness.target().profile())),
            ("answer to an observe", format!("{:?}", observe(harness, &[&object])?)),
            ("error of a conflict", exposed(&again)),
        ],
    )
}

/// No body appears in what is said of an object that is refused, by a write or by a prediction.
///
/// # Errors
/// Where it does not hold.
pub fn no_body_is_shown_where_an_object_is_refused(harness: &dyn TargetHarness) -> Check {
    let secret = "canary-5e1f";
    let object = harness.invalid_object(secret)?;
    let written = write(harness, &applying(&object, Mode::Apply, Expect::Any));
    let mut texts = vec![("error of a refused write", exposed(&written))];
    fails(written, &[ErrorKind::Invalid], "writing an object that is wrong in itself")?;
    if harness.target().profile().predict.is_some() {
        texts.push(("prediction of a refused write", format!("{:?}", predict(harness, &[&object])?)));
    }
    hides(secret, &texts)
}

/// An observe gives one observation for each object asked for, no more and no fewer.
///
/// # Errors
/// Where it does not hold.
pub fn observing_answers_for_each_object_asked_for(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    applied(harness, &a)?;
    let seen = observe(harness, &[&a, &b])?;
    let ids: Vec<_> = seen.observations.keys().collect();
    ensure!(ids == [a.id(), b.id()], "asked for {} and {}, got {ids:?}", a.id(), b.id());
    let seen = observe(harness, &[])?;
    ensure!(seen.observations.is_empty(), "asked for nothing, got {} observations", seen.observations.len());
    Ok(())
}

/// What is not there is `Absent`.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_not_there_is_absent(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    applied(harness, &a)?;
    let seen = observe(harness, &[&b])?.observations.remove(b.id());
    ensure!(matches!(seen, None | Some(Observation::Absent)), "what is not there is {seen:?}");
    Ok(())
}

/// What cannot be read is `Unreadable`, never `Absent`, and does not hide the rest; or nothing could be looked at.
///
/// # Errors
/// Where it does not hold.
pub fn what_cannot_be_read_is_never_absent(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    applied(harness, &a)?;
    applied(harness, &b)?;
    harness.make_unreadable(a.id())?;
    let cx = harness.context();
    let seen = run(harness, async { harness.target().observe(&cx, &interest(&[&a, &b], None)).await });
    let Ok(seen) = seen else { return Ok(()) };
    let observation = seen.observations.get(a.id());
    ensure!(
        matches!(observation, Some(Observation::Unreadable(_))),
        "what cannot be read is {observation:?}"
    );
    ensure!(
        seen.observations.get(b.id()).is_some_and(|observation| observation.live().is_some()),
        "the rest is hidden"
    );
    Ok(())
}

/// An object of a kind that the target does not know is `Undefined`, seen or written.
///
/// # Errors
/// Where it does not hold.
pub fn an_unknown_kind_is_undefined(harness: &dyn TargetHarness) -> Check {
    let strange = harness.unknown_kind()?;
    let seen = observe(harness, &[&strange])?.observations.remove(strange.id());
    ensure!(matches!(seen, Some(Observation::Undefined)), "an object of an unknown kind is {seen:?}");
    let written = write(harness, &applying(&strange, Mode::Apply, Expect::Any));
    fails(written, &[ErrorKind::Undefined], "writing an object of an unknown kind")?;
    Ok(())
}

/// An observe changes nothing, neither what was asked for nor what was not.
///
/// # Errors
/// Where it does not hold.
pub fn observing_changes_nothing(harness: &dyn TargetHarness) -> Check {
    let [a, b, c] = ["a", "b", "c"].map(|name| harness.object(name, "one"));
    for object in [&a, &b, &c] {
        applied(harness, object)?;
    }
    let before = (live(harness, &a)?, live(harness, &c)?);
    observe(harness, &[&a, &b])?;
    observe(harness, &[&a, &b])?;
    let after = (there(harness, &a)?, there(harness, &c)?);
    let same = |before: &windlass_core::Live, after: &Option<windlass_core::Live>| {
        after.as_ref().is_some_and(|after| after.version == before.version && after.body == before.body)
    };
    ensure!(same(&before.0, &after.0), "an object changed that was looked at");
    ensure!(same(&before.1, &after.1), "an object changed that was not looked at");
    Ok(())
}

/// The body comes when nothing is known of it, and when something else is known than what is there: another stamp, or the same
/// one, not sealed or sealed by another key.
///
/// # Errors
/// Where it does not hold.
pub fn a_body_comes_unless_its_stamp_is_known(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    let (stamp, key) = (live(harness, &object)?.stamp, crate::key());
    let cases = [
        (None, "nothing"),
        (Some(crate::known(Stamp(Digest::of(b"another")))), "another stamp"),
        (Some(Known { sealed: stamp.0, key: key.clone() }), "a stamp that is not sealed"),
        (Some(Known { sealed: stamp.sealed(&Key::new([2; Key::BYTES])), key }), "a stamp of another key"),
    ];
    for (known, what) in cases {
        let seen = observe_unless(harness, &[&object], known)?;
        let seen = seen.observations.get(object.id()).and_then(Observation::live);
        ensure!(seen.is_some_and(|live| shows(live, &object)), "with {what} known, the body does not come");
    }
    Ok(())
}
