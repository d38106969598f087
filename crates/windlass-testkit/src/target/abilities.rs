//! The laws of predicting.

use windlass_core::{
    Admitted, Context, Expect, Item, Object, Observation, Origin, Owner, Predict, Prediction, Want,
};

use super::{TargetHarness, applied, applying, beside, live, observe, same_body, there, unable, web, write};
use crate::suite::{Check, Unmet, ensure, ok, run};

fn item(object: &Object) -> Item {
    Item::new(object.clone(), Origin::default())
}

/// Runs work with the ability to predict.
pub(super) fn predicting<T>(
    harness: &dyn TargetHarness,
    work: impl AsyncFnOnce(&dyn Predict, &Context) -> windlass_core::Result<T>,
) -> Check<T> {
    let (target, cx) = (harness.target(), harness.context());
    let Some(predict) = target.profile().predict else { return unable("predict") };
    ok(run(harness, async { work(predict, &cx).await }), "predicting")
}

/// Predicts applies of the unit `web`.
pub(super) fn predict(harness: &dyn TargetHarness, objects: &[&Object]) -> Check<Vec<Prediction>> {
    let mut seen = observe(harness, objects)?.observations;
    let observations: Vec<Observation> =
        objects.iter().map(|object| seen.remove(object.id()).unwrap_or(Observation::Absent)).collect();
    let (items, owner): (Vec<Item>, Owner) =
        (objects.iter().map(|object| item(object)).collect(), Owner::of(&web()));
    let wants: Vec<Want<'_>> = items
        .iter()
        .zip(&observations)
        .map(|(item, observation)| Want { item, observation, owner: &owner })
        .collect();
    predicting(harness, async |predict, cx| predict.predict(cx, &wants).await)
}

/// Admission gives one answer for each item, in their order.
///
/// # Errors
/// Where it does not hold.
pub fn each_item_is_admitted_in_its_order(harness: &dyn TargetHarness) -> Check {
    let names = ["c", "a", "b"];
    let items: Vec<Item> = names.iter().map(|name| item(&harness.object(name, "one"))).collect();
    let admitted = predicting(harness, async |predict, cx| predict.admit(cx, items.clone()).await)?;
    let answered: Vec<_> = admitted
        .iter()
        .map(|admitted| match admitted {
            Admitted::Item(item) | Admitted::Later { item, .. } | Admitted::Refused(item, _) => {
                &item.id().name
            }
        })
        .collect();
    let asked: Vec<_> = items.iter().map(|item| &item.id().name).collect();
    ensure!(answered == asked, "asked for {asked:?}, answered {answered:?}");
    Ok(())
}

/// A prediction is given for each want, in their order.
///
/// # Errors
/// Where it does not hold.
pub fn each_want_is_predicted_in_its_order(harness: &dyn TargetHarness) -> Check {
    let [c, a, b] = ["c", "a", "b"].map(|name| harness.object(name, "one"));
    applied(harness, &harness.object("a", "old"))?;
    let wanted = [&c, &a, &b];
    let predictions = predict(harness, &wanted)?;
    ensure!(predictions.len() == 3, "3 wants, {} predictions", predictions.len());
    for (want, prediction) in wanted.iter().zip(&predictions) {
        let (Prediction::Change { payload, .. } | Prediction::Deferred { payload, .. }) = prediction else {
            continue;
        };
        ensure!(payload.id() == want.id(), "the prediction for {} is of {}", want.id(), payload.id());
    }
    Ok(())
}

/// Predicting changes nothing.
///
/// # Errors
/// Where it does not hold.
pub fn predicting_changes_nothing(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    applied(harness, &a)?;
    let before = live(harness, &a)?;
    predict(harness, &[&harness.object("a", "two"), &b])?;
    ensure!(live(harness, &a)? == before, "predicting a change made it");
    ensure!(there(harness, &b)?.is_none(), "predicting a create made it");
    Ok(())
}

/// What is as wanted already is predicted to stay the same.
///
/// # Errors
/// Where it does not hold.
pub fn what_is_as_wanted_is_predicted_the_same(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    let predictions = predict(harness, &[&object])?;
    ensure!(predictions == [Prediction::Same], "what is as wanted is predicted as {predictions:?}");
    Ok(())
}

/// A write of the predicted payload right afterwards ends in the predicted object, but for what only the target sets:
/// where it is created, where it is changed beside a field of somebody else, and where it loses a field.
///
/// # Errors
/// Where it does not hold.
pub fn a_write_of_the_prediction_ends_as_predicted(harness: &dyn TargetHarness) -> Check {
    let [a, b] = ["a", "b"].map(|name| harness.object(name, "new"));
    applied(harness, &harness.object("a", "old"))?;
    beside(harness, a.id(), "canary-beside")?;
    let mut wanted = vec![a, b];
    if let Ok(more) = harness.object_with("c", "one", "canary-more") {
        applied(harness, &more)?;
        wanted.push(harness.object("c", "new"));
    }
    for object in wanted {
        let Some(Prediction::Change { payload, after, mode, .. }) = predict(harness, &[&object])?.pop()
        else {
            return Err(Unmet::Broken(format!("the change of {} is not predicted as one", object.id())));
        };
        ok(write(harness, &applying(&payload, mode, Expect::Any)), "writing what was predicted")?;
        same_body(harness, &live(harness, &object)?, &after, "the prediction")?;
    }
    Ok(())
}
