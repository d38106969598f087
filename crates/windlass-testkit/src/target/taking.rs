//! The laws of what would go with an object, and of what is served.

use windlass_core::{Item, Object, Observation, Origin, Owner, Rivalry, Taken, Text, Want};

use super::abilities::predicting;
use super::{TargetHarness, applied, live, there, web};
use crate::suite::{Check, ensure, not_applicable};

/// Says what else would go with these objects.
fn takes(harness: &dyn TargetHarness, objects: &[&Object]) -> Check<Vec<(Object, Vec<Taken>)>> {
    let ids: Vec<_> = objects.iter().map(|object| object.id().clone()).collect();
    let mut taken = predicting(harness, async |predict, cx| predict.takes(cx, &ids).await)?;
    let asked = objects.iter().filter_map(|object| Some(((*object).clone(), taken.remove(object.id())?)));
    let answered = asked.collect();
    ensure!(taken.is_empty(), "it says what goes with objects that nobody asked for: {:?}", taken.keys());
    Ok(answered)
}

/// What would go with an object is said beforehand, with its owner, and nothing goes yet.
///
/// # Errors
/// Where it does not hold.
pub fn what_goes_with_an_object_is_said_beforehand(harness: &dyn TargetHarness) -> Check {
    predicting(harness, async |_, _| Ok(()))?;
    let (outer, inner) = harness.object_inside()?;
    applied(harness, &outer)?;
    applied(harness, &inner)?;
    let before = live(harness, &inner)?;
    let taken = takes(harness, &[&outer])?;
    let found = taken.iter().flat_map(|(_, taken)| taken).find(|taken| taken.id == *inner.id());
    ensure!(found.is_some(), "{} goes with {}, and is not said to", inner.id(), outer.id());
    let owner = found.and_then(|taken| taken.owner.clone());
    ensure!(owner == Some(Owner::of(&web())), "{} owns {}, and is said to be {owner:?}", web(), inner.id());
    ensure!(there(harness, &inner)?.as_ref() == Some(&before), "it went when it was asked what would go");
    Ok(())
}

/// An object with which nothing goes has no entry, be it there or not.
///
/// # Errors
/// Where it does not hold.
pub fn what_takes_nothing_along_has_no_entry(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    applied(harness, &a)?;
    let taken = takes(harness, &[&a, &b])?;
    ensure!(taken.is_empty(), "nothing goes with these objects, and it says {taken:?}");
    Ok(())
}

/// An object that the target takes beside another is not excluded by it, though that is about to be deleted.
///
/// # Errors
/// Where it does not hold.
pub fn what_excludes_nothing_is_not_said_to(harness: &dyn TargetHarness) -> Check {
    let (leaving, wanted) = (harness.object("a", "one"), harness.object("b", "one"));
    applied(harness, &leaving)?;
    let live = live(harness, &leaving)?;
    let (item, owner) = (Item::new(wanted, Origin::default()), Owner::of(&web()));
    let want = Want { item: &item, observation: &Observation::Absent, owner: &owner };
    let rivalry = Rivalry { want, refused: None, leaving: [&live].into(), all_leaving: [&live].into() };
    let said = predicting(harness, async |predict, cx| predict.exclusions(cx, &[rivalry]).await)?;
    ensure!(said.len() == 1, "1 rivalry, {} answers", said.len());
    ensure!(said[0].is_none(), "{} is said to be in the way of {}: {:?}", leaving.id(), item.id(), said[0]);
    ensure!(
        there(harness, &leaving)?.as_ref() == Some(&live),
        "it changed when it was asked what it excludes"
    );
    Ok(())
}

/// What the target serves has the `apiVersion` and the kind of the objects that it takes.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_served_names_the_kinds_that_are_taken(harness: &dyn TargetHarness) -> Check {
    let served = predicting(harness, async |predict, cx| predict.capabilities(cx).await)?;
    let Some(served) = served else { return not_applicable("the target has no notion of what it serves") };
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    let version = object.api_version();
    for name in [version.to_string(), format!("{version}/{}", object.id().kind)] {
        ensure!(served.apis.contains(&Text::from(&*name)), "{name} was applied, and is not served");
    }
    Ok(())
}
