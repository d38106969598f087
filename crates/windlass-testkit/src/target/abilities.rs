//! The laws of predicting and watching.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use windlass_core::{
    Admitted, Context, Expect, Item, Mark, Notice, NoticeStream, Object, Origin, Predict, Prediction, Sight,
    Want,
};

use super::{
    TargetHarness, applied, applying, contains, deleting, interest, live, observe, there, web, write,
};
use crate::suite::{Check, Unmet, ensure, ok, run};

/// How long a watch may be silent, on the clock of the harness, before it counts as dumb.
const SILENCE_MAX: Duration = Duration::from_secs(30);

fn item(object: &Object) -> Item {
    Item::new(object.clone(), Origin::default())
}

/// Takes the word of the profile that the target cannot.
fn unable<T>(ability: &str) -> Check<T> {
    Err(Unmet::Stated(format!("the profile says that it cannot {ability}")))
}

/// Runs work with the ability to predict.
fn predicting<T>(
    harness: &dyn TargetHarness,
    work: impl AsyncFnOnce(&dyn Predict, &Context) -> windlass_core::Result<T>,
) -> Check<T> {
    let (target, cx) = (harness.target(), harness.context());
    let Some(predict) = target.profile().predict else { return unable("predict") };
    ok(run(harness, async { work(predict, &cx).await }), "predicting")
}

/// Predicts applies of the unit `web`.
fn predict(harness: &dyn TargetHarness, objects: &[&Object]) -> Check<Vec<Prediction>> {
    let mut seen = observe(harness, objects)?.sights;
    let sights: Vec<Sight> =
        objects.iter().map(|object| seen.remove(object.id()).unwrap_or(Sight::Absent)).collect();
    let (items, mark): (Vec<Item>, Mark) =
        (objects.iter().map(|object| item(object)).collect(), Mark::of(&web()));
    let wants: Vec<Want<'_>> =
        items.iter().zip(&sights).map(|(item, sight)| Want { item, sight, mark: &mark }).collect();
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

/// A write of the predicted payload right afterwards ends in the predicted object; the target may add to it.
///
/// # Errors
/// Where it does not hold.
pub fn a_write_of_the_prediction_ends_as_predicted(harness: &dyn TargetHarness) -> Check {
    applied(harness, &harness.object("a", "old"))?;
    for object in [harness.object("a", "new"), harness.object("b", "new")] {
        let Some(Prediction::Change { payload, after, mode, .. }) = predict(harness, &[&object])?.pop()
        else {
            return Err(Unmet::broken("a change is not predicted as one"));
        };
        ok(write(harness, &applying(&payload, mode, Expect::Any)), "writing what was predicted")?;
        let found = live(harness, &object)?.body;
        let as_predicted = found.is_some_and(|found| contains(found.body(), after.body()));
        ensure!(as_predicted, "{} is not as predicted", object.id());
    }
    Ok(())
}

/// Begins to watch for `a` and `b`.
fn watching(harness: &dyn TargetHarness) -> Check<NoticeStream> {
    let (target, cx) = (harness.target(), harness.context());
    let Some(watch) = target.profile().watch else { return unable("watch") };
    let interest = interest(&[&harness.object("a", ""), &harness.object("b", "")], None);
    ok(run(harness, async { watch.watch(&cx, &interest).await }), "beginning to watch")
}

/// Waits for the next notice, not for ever.
fn next(harness: &dyn TargetHarness, news: &mut NoticeStream) -> Check<Notice> {
    let cx = harness.context();
    let notice = run(harness, async {
        let mut silence = std::pin::pin!(cx.sleep(SILENCE_MAX));
        poll_fn(|waiting| match news.as_mut().poll_next(waiting) {
            Poll::Ready(notice) => Poll::Ready(notice),
            Poll::Pending => silence.as_mut().poll(waiting).map(|_| None),
        })
        .await
    });
    notice.ok_or_else(|| Unmet::broken("the watch is silent where it must tell something"))
}

/// A watch tells each object of the interest that exists, once, and then that it is synced.
///
/// # Errors
/// Where it does not hold.
pub fn a_watch_tells_what_is_there_then_synced(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    let mut news = watching(harness)?;
    let mut seen = Vec::new();
    loop {
        match next(harness, &mut news)? {
            Notice::Seen(live) => seen.push(live.id),
            Notice::Synced => break,
            other => return Err(Unmet::Broken(format!("before it is synced, a watch tells {other:?}"))),
        }
    }
    ensure!(seen == [object.id().clone()], "a is there, told is {seen:?}");
    Ok(())
}

/// A watch tells of every change after it was synced: created, changed, deleted.
///
/// # Errors
/// Where it does not hold.
pub fn a_watch_tells_of_changes_and_deletions(harness: &dyn TargetHarness) -> Check {
    let mut news = watching(harness)?;
    while !matches!(next(harness, &mut news)?, Notice::Synced) {}
    let object = harness.object("b", "one");
    let mut told = None;
    for content in ["one", "two"] {
        applied(harness, &harness.object("b", content))?;
        let last = told.take();
        until(harness, &mut news, |notice| match notice {
            Notice::Seen(live) if live.id == *object.id() && Some(&live.version) != last.as_ref() => {
                told = Some(live.version.clone());
                true
            }
            _ => false,
        })?;
    }
    ok(write(harness, &deleting(&object, Expect::Any)), "deleting")?;
    until(harness, &mut news, |notice| matches!(notice, Notice::Gone(id, _) if id == object.id()))
}

fn until(
    harness: &dyn TargetHarness,
    news: &mut NoticeStream,
    mut wanted: impl FnMut(&Notice) -> bool,
) -> Check {
    while !wanted(&next(harness, news)?) {}
    Ok(())
}
