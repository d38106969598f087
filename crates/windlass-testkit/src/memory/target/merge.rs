//! What an apply makes of an object.

use windlass_core::{Digest, Stamp, Value};

/// Digests all of a body that an apply can set.
pub(super) fn stamp(body: &Value) -> Stamp {
    let mut body = body.clone();
    body.as_map_mut().map(|map| map.remove("status"));
    Stamp(Digest::of_value(&body))
}

/// Gives `live` with the fields of `wanted` set, and without those of `applied` that `wanted` has no more and nobody
/// else holds.
pub(super) fn apply(live: &Value, applied: Option<&Value>, held: Option<&Value>, wanted: &Value) -> Value {
    let mut after = live.clone();
    if let Some(applied) = applied {
        take_out(&mut after, applied, held, Some(wanted));
    }
    set(&mut after, wanted);
    after
}

fn take_out(live: &mut Value, applied: &Value, held: Option<&Value>, wanted: Option<&Value>) {
    let (Some(live), Some(applied)) = (live.as_map_mut(), applied.as_map()) else { return };
    for (key, before) in applied.iter() {
        let (held, wanted) = (held.and_then(|held| held.get(key)), wanted.and_then(|wanted| wanted.get(key)));
        match live.get_mut(key) {
            Some(_) if held.is_none() && wanted.is_none() => drop(live.remove(key)),
            Some(inner) => take_out(inner, before, held, wanted),
            None => {}
        }
    }
}

fn set(live: &mut Value, wanted: &Value) {
    match (live, wanted) {
        (Value::Map(live), Value::Map(wanted)) => {
            for (key, value) in wanted.iter() {
                set(live.entry(key, || Value::Null), value);
            }
        }
        (live, wanted) => live.clone_from(wanted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads `a=1 b.c=2`.
    fn value(text: &str) -> Value {
        let mut root = Value::Map(windlass_core::Map::new());
        for pair in text.split_whitespace() {
            let (path, number) = pair.split_once('=').unwrap();
            let leaf = Value::Int(number.parse().unwrap());
            let one = path.rsplit('.').fold(leaf, |inner, key| Value::from_iter([(key, inner)]));
            set(&mut root, &one);
        }
        root
    }

    #[track_caller]
    fn check(live: &str, applied: &str, wanted: &str, expected: &str) {
        check_held(live, applied, "", wanted, expected);
    }

    #[track_caller]
    fn check_held(live: &str, applied: &str, held: &str, wanted: &str, expected: &str) {
        let after = apply(&value(live), Some(&value(applied)), Some(&value(held)), &value(wanted));
        assert_eq!(after.canonical(), value(expected).canonical());
    }

    #[test]
    fn an_apply_sets_its_fields_and_leaves_those_of_others() {
        check("a=1 b=2", "", "a=3", "a=3 b=2");
        check("a.b=1 a.c=2", "", "a.b=3", "a.b=3 a.c=2");
    }

    #[test]
    fn what_was_applied_and_is_wanted_no_more_goes() {
        check("a=1 b=2", "a=1 b=2", "a=1", "a=1");
        check("a.b=1 a.c=2 a.d=3", "a.b=1 a.c=2", "a.b=1", "a.b=1 a.d=3");
    }

    #[test]
    fn what_somebody_else_holds_too_stays() {
        check_held("a=1 b=2", "a=1 b=2", "b=2", "a=1", "a=1 b=2");
        check_held("a.b=1 a.c=2", "a.b=1 a.c=2", "a.c=2", "d=3", "a.c=2 d=3");
        check_held("a.b=1", "a.b=1", "a.c=2", "a.d=3", "a.d=3");
    }

    fn tree() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::prelude::*;
        let leaf = prop_oneof![(0..3i64).prop_map(Value::Int), Just(Value::Null), Just(Value::List(vec![]))];
        leaf.prop_recursive(3, 24, 4, |inner| {
            proptest::collection::btree_map("[a-d]", inner, 0..4).prop_map(Value::from_iter)
        })
    }

    fn object() -> impl proptest::strategy::Strategy<Value = Value> {
        use proptest::strategy::Strategy as _;
        proptest::collection::btree_map("[a-d]", tree(), 0..4).prop_map(Value::from_iter)
    }

    proptest::proptest! {
        #[test]
        fn an_apply_twice_is_an_apply_once(live in object(), applied in object(), wanted in object()) {
            let once = apply(&live, Some(&applied), None, &wanted);
            proptest::prop_assert_eq!(&apply(&once, Some(&wanted), None, &wanted), &once);
        }

        #[test]
        fn an_apply_of_all_that_is_there_leaves_nothing_else(old in object(), wanted in object()) {
            let after = apply(&old, Some(&old), None, &wanted);
            let extra = after.as_map().unwrap().iter().find(|(key, _)| wanted.get(key).is_none());
            proptest::prop_assert!(extra.is_none(), "{:?} was applied and is wanted no more", extra);
        }
    }
}
