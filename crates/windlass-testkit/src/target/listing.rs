//! The laws of listing.

use windlass_core::{Context, ErrorKind, Expect, List, Mode, Object, Owner, Selection, Value, Write};

use super::{TargetHarness, applied, contains, unable, write};
use crate::suite::{Check, Unmet, ensure, ok, run};

/// Runs a list in a context.
fn listed_in(
    harness: &dyn TargetHarness,
    cx: &Context,
    selection: &Selection,
) -> Check<windlass_core::Result<Vec<Object>>> {
    let target = harness.target();
    let Some(list) = target.profile().list else { return unable("list") };
    Ok(run(harness, async { List::list(list, cx, selection).await }))
}

fn listed(harness: &dyn TargetHarness, selection: &Selection) -> Check<Vec<Object>> {
    ok(listed_in(harness, &harness.context(), selection)?, "listing")
}

/// Selects the kind and the namespace of an object.
fn around(object: &Object) -> Selection {
    let id = object.id();
    Selection::new(object.api_version(), &*id.kind).in_namespace(&*id.namespace)
}

fn named(objects: &[Object]) -> Vec<&str> {
    objects.iter().map(|object| &*object.id().name).collect()
}

/// Gives an object a label.
fn labelled(object: &Object, name: &str, value: &str) -> Check<Object> {
    let label = |body: &mut Value| {
        let metadata = body.as_map_mut().and_then(|body| body.get_mut("metadata")?.as_map_mut());
        if let Some(metadata) = metadata {
            metadata.insert("labels", Value::from_iter([(name, Value::from(value))]));
        }
    };
    object.edit(label).map_err(Unmet::broken)
}

/// A list has every object of the kind, with its body, whoever owns it; sorted.
///
/// # Errors
/// Where it does not hold.
pub fn a_list_has_every_object_of_the_kind_whoever_owns_it(harness: &dyn TargetHarness) -> Check {
    let [c, a, b] = ["c", "a", "b"].map(|name| harness.object(name, "one"));
    applied(harness, &c)?;
    applied(harness, &a)?;
    let of_other = Owner::of(&crate::unit("other"));
    let apply = Write::apply(b.clone(), Mode::Apply, Expect::Any, of_other);
    ok(write(harness, &apply), "a write of another unit")?;
    let found = listed(harness, &around(&a))?;
    let ours: Vec<Object> =
        found.iter().filter(|found| [&a, &b, &c].iter().any(|own| own.id() == found.id())).cloned().collect();
    ensure!(named(&ours) == ["a", "b", "c"], "three objects were written, and listed is {:?}", named(&found));
    for (found, wanted) in ours.iter().zip([&a, &b, &c]) {
        ensure!(contains(found.body(), wanted.body()), "{} is listed without what was written", wanted.id());
    }
    Ok(())
}

/// A list of a namespace has no object of another, and one of all namespaces has both.
///
/// # Errors
/// Where it does not hold.
pub fn a_list_keeps_to_its_namespace(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    if object.id().namespace.is_empty() {
        return crate::suite::not_applicable("the objects of the harness lie in no namespace");
    }
    applied(harness, &object)?;
    let is_in = |selection: &Selection| -> Check<bool> {
        Ok(listed(harness, selection)?.iter().any(|found| found.id() == object.id()))
    };
    ensure!(is_in(&around(&object).in_namespace(""))?, "{} is in no list of all namespaces", object.id());
    let elsewhere = around(&object).in_namespace("windlass-elsewhere");
    ensure!(!is_in(&elsewhere)?, "{} is in the list of another namespace", object.id());
    Ok(())
}

/// A list by labels has what has all of them and nothing else.
///
/// # Errors
/// Where it does not hold.
pub fn a_list_keeps_to_its_labels(harness: &dyn TargetHarness) -> Check {
    let with = labelled(&harness.object("a", "one"), "windlass-test", "yes")?;
    applied(harness, &with)?;
    applied(harness, &labelled(&harness.object("b", "one"), "windlass-test", "no")?)?;
    applied(harness, &harness.object("c", "one"))?;
    let found = listed(harness, &around(&with).with_label("windlass-test", "yes"))?;
    ensure!(named(&found) == ["a"], "a alone has the label, and listed is {:?}", named(&found));
    Ok(())
}

/// What cannot be read is never left out of a list.
///
/// # Errors
/// Where it does not hold.
pub fn what_cannot_be_read_is_never_left_out_of_a_list(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    listed(harness, &around(&object))?;
    harness.make_unreadable(object.id())?;
    let Ok(found) = listed_in(harness, &harness.context(), &around(&object))? else { return Ok(()) };
    let is_there = found.iter().any(|found| found.id() == object.id());
    ensure!(is_there, "{} cannot be read, and the list is as if it were not there", object.id());
    Ok(())
}

/// A list of a kind that the target does not know is undefined, never empty.
///
/// # Errors
/// Where it does not hold.
pub fn a_list_of_an_unknown_kind_is_undefined(harness: &dyn TargetHarness) -> Check {
    listed(harness, &around(&harness.object("a", "one")))?;
    let unknown = harness.unknown_kind()?;
    match listed_in(harness, &harness.context(), &around(&unknown))? {
        Err(error) if error.kind() == ErrorKind::Undefined => Ok(()),
        other => Err(Unmet::Broken(format!(
            "the kind of {} is not known, and a list of it is {:?}",
            unknown.id(),
            other.map(|found| found.len())
        ))),
    }
}

/// More objects than the limit are refused.
///
/// # Errors
/// Where it does not hold.
pub fn a_list_over_the_limit_is_refused(harness: &dyn TargetHarness) -> Check {
    let (a, b) = (harness.object("a", "one"), harness.object("b", "one"));
    applied(harness, &a)?;
    applied(harness, &b)?;
    let cx = harness.context();
    let mut limits = cx.limits().clone();
    limits.objects_max = 1;
    match listed_in(harness, &cx.with_limits(limits), &around(&a))? {
        Err(error) if error.kind() == ErrorKind::Limit => Ok(()),
        other => Err(Unmet::Broken(format!(
            "two objects where one is allowed must be a limit, and not {:?}",
            other.map(|found| found.len())
        ))),
    }
}
