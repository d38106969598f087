//! The laws of [`HealthCheck`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use windlass_core::{Health, HealthCheck, HealthStatus, Map, NoChildren, Object, Value};

use crate::suite::{Check, Findings, Harness, Unmet, ensure, not_applicable, run_all};

/// A check, and live objects for it.
pub trait HealthHarness: Harness {
    /// Gives the check.
    fn check(&self) -> Arc<dyn HealthCheck>;

    /// Makes objects that it has a rule for, and tells how they are.
    fn known(&self) -> Vec<(Object, HealthStatus)>;

    /// Makes an object of a kind that it has no rule for.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where it has a rule for every kind.
    fn unknown(&self) -> Check<Object> {
        not_applicable("the harness knows no kind without a rule")
    }
}

crate::__health_laws!(__law_table(HealthHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: HealthHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn HealthHarness>(LAWS, || Box::new(make()))
}

fn assess(harness: &dyn HealthHarness, object: &Object) -> Option<Health> {
    harness.check().assess(object, &NoChildren)
}

fn known(harness: &dyn HealthHarness) -> Check<Vec<(Object, HealthStatus)>> {
    let known = harness.known();
    ensure!(!known.is_empty(), "the harness must have objects that there is a rule for");
    Ok(known)
}

/// What there is a rule for is found to be as it is.
///
/// # Errors
/// Where it does not hold.
pub fn what_there_is_a_rule_for_is_assessed(harness: &dyn HealthHarness) -> Check {
    for (object, expected) in known(harness)? {
        let found = assess(harness, &object).map(|health| health.status);
        ensure!(found == Some(expected), "{} is {expected:?}, and found to be {found:?}", object.id());
    }
    Ok(())
}

/// Assessing twice gives the same.
///
/// # Errors
/// Where it does not hold.
pub fn assessing_twice_gives_the_same(harness: &dyn HealthHarness) -> Check {
    for (object, _) in known(harness)? {
        let (first, second) = (assess(harness, &object), assess(harness, &object));
        ensure!(first == second, "{} is {first:?}, and then {second:?}", object.id());
    }
    Ok(())
}

/// For a kind that there is no rule for there is no answer, so that the next check is asked.
///
/// # Errors
/// Where it does not hold.
pub fn a_kind_without_a_rule_has_no_answer(harness: &dyn HealthHarness) -> Check {
    let object = harness.unknown()?;
    let found = assess(harness, &object);
    ensure!(found.is_none(), "there is no rule for {}, and it is {found:?}", object.id());
    Ok(())
}

/// No body makes it panic, however little it follows its schema: each part of a known one is taken out and replaced.
///
/// # Errors
/// Where it does not hold.
pub fn no_body_makes_it_panic(harness: &dyn HealthHarness) -> Check {
    for (object, _) in known(harness)? {
        for path in paths(object.body()) {
            for odd in odd_values() {
                let Ok(bent) = object.edit(|body| put(body, &path, odd.as_ref())) else { continue };
                let assessed = catch_unwind(AssertUnwindSafe(|| drop(assess(harness, &bent))));
                ensure!(assessed.is_ok(), "{} with {odd:?} at {path:?} makes it panic", object.id());
            }
        }
    }
    Ok(())
}

/// What stands where something else belongs; `None` is nothing at all.
fn odd_values() -> Vec<Option<Value>> {
    let list = |value| Value::List(vec![value]);
    let odd = [
        Value::Null,
        "".into(),
        "99999999999999999999Gi\u{e9}".into(),
        Value::Int(i64::MIN),
        Value::Int(i64::MAX),
        true.into(),
        list(Value::Null),
        list(list(Value::Map(Map::new()))),
        Value::Map(Map::new()),
    ];
    odd.into_iter().map(Some).chain([None]).collect()
}

/// Names each part of a body: by keys, and by places in lists.
fn paths(body: &Value) -> Vec<Vec<String>> {
    let inner: Vec<(String, &Value)> = match body {
        Value::Map(map) => map.iter().map(|(key, value)| (key.to_string(), value)).collect(),
        Value::List(list) => list.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => Vec::new(),
    };
    let mut found = Vec::new();
    for (key, value) in inner {
        found.push(vec![key.clone()]);
        found.extend(paths(value).into_iter().map(|rest| [vec![key.clone()], rest].concat()));
    }
    found
}

fn put(body: &mut Value, path: &[String], value: Option<&Value>) {
    let [key, rest @ ..] = path else { return };
    match (body, rest) {
        (Value::Map(map), []) => match value {
            Some(value) => drop(map.insert(key.as_str(), value.clone())),
            None => drop(map.remove(key)),
        },
        (Value::Map(map), rest) => {
            if let Some(inner) = map.get_mut(key) {
                put(inner, rest, value);
            }
        }
        (Value::List(list), rest) => {
            let Some(at) = key.parse().ok().filter(|at| *at < list.len()) else { return };
            match (rest, value) {
                ([], Some(value)) => list[at] = value.clone(),
                ([], None) => drop(list.remove(at)),
                (rest, value) => put(&mut list[at], rest, value),
            }
        }
        _ => {}
    }
}

/// Nothing that a Secret holds is in a message.
///
/// # Errors
/// Where it does not hold.
pub fn nothing_of_a_secret_is_told(harness: &dyn HealthHarness) -> Check {
    let secret = "canary-5e1f";
    for (object, _) in known(harness)? {
        let bend = |body: &mut Value| {
            let Some(body) = body.as_map_mut() else { return };
            let data = || Value::from_iter([("token", Value::from(secret))]);
            for (field, value) in [("apiVersion", "v1".into()), ("kind", "Secret".into())]
                .into_iter()
                .chain([("data", data()), ("stringData", data()), ("type", secret.into())])
            {
                body.insert(field, value);
            }
        };
        let of_kind_secret = object.edit(bend).map_err(Unmet::broken)?;
        let found = format!("{:?}", assess(harness, &of_kind_secret));
        ensure!(!found.contains(secret), "a message shows what a Secret holds");
    }
    Ok(())
}
