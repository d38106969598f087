//! The laws of [`Target`](windlass_core::Target) and of its abilities [`Predict`](windlass_core::Predict),
//! [`List`](windlass_core::List) and [`Watch`](windlass_core::Watch). Its ability to keep state is checked by the [store suite](crate::store) on
//! [`StateOf`](crate::store::StateOf).

mod abilities;
mod expecting;
mod fields;
mod hanging;
mod harness;
mod listing;
mod observing;
mod owners;
mod safety;
mod taking;
mod watching;
mod writing;

use std::collections::BTreeMap;

pub use abilities::*;
pub use expecting::*;
pub use fields::*;
pub use hanging::*;
pub use harness::TargetHarness;
pub use listing::*;
pub use observing::*;
pub use owners::*;
pub use safety::*;
pub use taking::*;
pub use watching::*;
use windlass_core::{
    Cascade, Context, Expect, Interest, Known, Live, Look, Mode, Object, ObjectId, Observation, Observed,
    Owner, Result, UnitId, Value, Write, Written,
};
pub use writing::*;

use crate::suite::{Check, Findings, Unmet, not_applicable, ok, run, run_all};

crate::__target_laws!(__law_table(TargetHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: TargetHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn TargetHarness>(LAWS, || Box::new(make()))
}

fn web() -> UnitId {
    crate::unit("web")
}

fn interest(objects: &[&Object], known: Option<Known>) -> Interest {
    let look = |object: &&Object| {
        (object.id().clone(), Look { known: known.clone(), ..Look::new(object.api_version()) })
    };
    Interest { unit: web(), objects: objects.iter().map(look).collect::<BTreeMap<_, _>>() }
}

/// Observes for the unit `web`.
fn observe(harness: &dyn TargetHarness, objects: &[&Object]) -> Check<Observed> {
    observe_unless(harness, objects, None)
}

fn observe_unless(harness: &dyn TargetHarness, objects: &[&Object], known: Option<Known>) -> Check<Observed> {
    let (cx, interest) = (harness.context(), interest(objects, known));
    ok(run(harness, async { harness.target().observe(&cx, &interest).await }), "observing")
}

/// Looks at one object; `None` where nothing is there.
fn there(harness: &dyn TargetHarness, object: &Object) -> Check<Option<Live>> {
    match observe(harness, &[object])?.observations.remove(object.id()) {
        Some(Observation::Live(live)) => Ok(Some(live)),
        Some(Observation::Unreadable(error)) => {
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
    Write::apply(object.clone(), mode, expect, Owner::of(&web()))
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

/// Checks that a body is the one expected, but for what only the target sets.
fn same_body(harness: &dyn TargetHarness, live: &Live, expected: &Object, what: &str) -> Check {
    let plain = |object: &Object| harness.normalise(object.body()).canonical();
    let (found, expected) = (live.body.as_ref().map(plain), plain(expected));
    match found {
        Some(found) if found == expected => Ok(()),
        found => Err(Unmet::Broken(format!("{} is not {what}: {expected} and {found:?}", live.id))),
    }
}

/// Lets somebody else add a field, where objects have any.
fn beside(harness: &dyn TargetHarness, id: &ObjectId, value: &str) -> Check {
    match harness.add_beside(id, value) {
        Err(Unmet::Broken(why)) => Err(Unmet::Broken(why)),
        _ => Ok(()),
    }
}

/// Takes the word of the profile that the target cannot.
fn unable<T>(ability: &str) -> Check<T> {
    not_applicable(&format!("the profile says that it cannot {ability}"))
}

/// Takes the word of the target that it does not have a mode.
fn without(mode: Mode) -> Check {
    not_applicable(&format!("the target has no mode {}", mode.name()))
}

/// Says whether a text is anywhere in the body.
fn mentions(live: &Live, text: &str) -> bool {
    live.body.as_ref().is_some_and(|body| body.body().canonical().contains(text))
}
