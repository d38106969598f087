//! The laws of [`Target`] and of its abilities [`Predict`](windlass_core::Predict) and
//! [`Watch`](windlass_core::Watch). Its ability to keep state is checked by the [store suite](crate::store) on
//! [`StateOf`](crate::store::StateOf).

mod abilities;
mod expecting;
mod observing;
mod safety;
mod writing;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use abilities::*;
pub use expecting::*;
pub use observing::*;
pub use safety::*;
use windlass_core::{
    Cascade, Context, Expect, Interest, Live, Look, Mark, Mode, Object, ObjectId, Observed, Result, Sight,
    Stamp, Target, UnitId, Value, Write, Written,
};
pub use writing::*;

use crate::suite::{Bench, Check, Findings, Unmet, lacking, ok, run, run_all};

/// A fresh target, and the means to interfere with it.
pub trait TargetHarness: Bench {
    /// Gives the target; the same one each time.
    fn target(&self) -> Arc<dyn Target>;

    /// Makes an object that the target takes: its name says which, and `content` is in it as a text. Two that differ
    /// in `content` alone differ in nothing else.
    fn object(&self, name: &str, content: &str) -> Object {
        crate::config_map("shop", name, content)
    }

    /// Somebody else gives an object that is there another `content`.
    fn edit(&self, id: &ObjectId, content: &str);

    /// Somebody else adds a field that [`object`](Self::object) never sets; `value` is in it as a text.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where objects have no other fields.
    fn add_beside(&self, id: &ObjectId, value: &str) -> Check {
        let _ = (id, value);
        lacking("add_beside")
    }

    /// Changes the status of an object, which no apply can set.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where objects have no status.
    fn set_status(&self, id: &ObjectId) -> Check {
        let _ = id;
        lacking("set_status")
    }

    /// Makes one object unreadable that is there.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where that cannot be done.
    fn make_unreadable(&self, id: &ObjectId) -> Check {
        let _ = id;
        lacking("make_unreadable")
    }

    /// Gives an object of a kind that the target does not know.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where it takes any kind.
    fn unknown_kind(&self) -> Check<Object> {
        lacking("unknown_kind")
    }

    /// Holds the deletion of an object, as a finalizer does.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where a deletion cannot be held.
    fn hold_deletes(&self, id: &ObjectId) -> Check {
        let _ = id;
        lacking("hold_deletes")
    }

    /// Lets the next write of an object be carried out and its answer be lost.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where that cannot be done.
    fn lose_next_answer(&self, id: &ObjectId) -> Check {
        let _ = id;
        lacking("lose_next_answer")
    }
}

crate::__target_laws!(__law_table(TargetHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: TargetHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn TargetHarness>(LAWS, || Box::new(make()))
}

fn web() -> UnitId {
    crate::unit("web")
}

fn interest(objects: &[&Object], known: Option<Stamp>) -> Interest {
    let look = |object: &&Object| (object.id().clone(), Look::new(object.api_version()).unless(known));
    Interest { unit: web(), objects: objects.iter().map(look).collect::<BTreeMap<_, _>>() }
}

/// Observes for the unit `web`.
fn observe(harness: &dyn TargetHarness, objects: &[&Object]) -> Check<Observed> {
    observe_unless(harness, objects, None)
}

fn observe_unless(harness: &dyn TargetHarness, objects: &[&Object], known: Option<Stamp>) -> Check<Observed> {
    let (cx, interest) = (harness.context(), interest(objects, known));
    ok(run(harness, async { harness.target().observe(&cx, &interest).await }), "observing")
}

/// Looks at one object; `None` where nothing is there.
fn there(harness: &dyn TargetHarness, object: &Object) -> Check<Option<Live>> {
    match observe(harness, &[object])?.sights.remove(object.id()) {
        Some(Sight::Live(live)) => Ok(Some(live)),
        Some(Sight::Unreadable(error)) => {
            Err(Unmet::Broken(format!("{} cannot be read: {error:?}", object.id())))
        }
        _ => Ok(None),
    }
}

/// Looks at one object that must be there.
fn live(harness: &dyn TargetHarness, object: &Object) -> Check<Live> {
    there(harness, object)?.ok_or_else(|| Unmet::Broken(format!("{} must be there, and is not", object.id())))
}

fn applying(object: &Object, mode: Mode, expect: Expect) -> Write {
    Write::apply(object.clone(), mode, expect, Mark::of(&web()))
}

fn deleting(object: &Object, expect: Expect) -> Write {
    let (id, api_version) = (object.id().clone(), object.api_version().into());
    Write::Delete { id, api_version, expect, cascade: Cascade::Background }
}

fn write(harness: &dyn TargetHarness, write: &Write) -> Result<Written> {
    write_in(harness, &harness.context(), write)
}

fn write_in(harness: &dyn TargetHarness, cx: &Context, write: &Write) -> Result<Written> {
    run(harness, async { harness.target().write(cx, write).await })
}

/// Applies, for the unit `web`, what must be applied.
fn applied(harness: &dyn TargetHarness, object: &Object) -> Check<Written> {
    let done = write(harness, &applying(object, Mode::Apply, Expect::Any));
    ok(done, &format!("applying {}", object.id()))
}

/// Says whether the body shows all that was wanted; it may show more.
fn shows(live: &Live, wanted: &Object) -> bool {
    live.body.as_ref().is_some_and(|body| contains(body.body(), wanted.body()))
}

fn contains(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Map(live), Value::Map(wanted)) => {
            wanted.iter().all(|(key, value)| live.get(key).is_some_and(|have| contains(have, value)))
        }
        (Value::List(live), Value::List(wanted)) => {
            live.len() == wanted.len() && live.iter().zip(wanted).all(|(live, wanted)| contains(live, wanted))
        }
        (live, wanted) => live == wanted,
    }
}

/// Says whether a text is anywhere in the body.
fn mentions(live: &Live, text: &str) -> bool {
    live.body.as_ref().is_some_and(|body| body.body().canonical().contains(text))
}
