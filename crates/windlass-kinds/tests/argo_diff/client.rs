//! By a patch of three sides: a strategic one for kinds that Go has a type for, else one of JSON.

use windlass_core::{Limits, Map, Value};
use windlass_diff::{SchemaRef, merge_patch, strategic};

use super::{LAST_APPLIED, Predicted, normal, take, with_defaults};

pub(super) fn predicted(schema: SchemaRef<'_>, config: &Value, live: &Value, _: &Value) -> Predicted {
    let known = !schema.is_any();
    let (config, live) = (&normal(config, known), &normal(live, known));
    let last = live.text_at(&["metadata", "annotations", LAST_APPLIED]);
    let last: Option<Value> = last.and_then(|text| serde_json::from_str(text).ok());
    let base = without_namespace(&last.map_or_else(|| config.clone(), |last| normal(&last, known)));
    let config = without_namespace(config);
    let predicted = if known {
        let limits = Limits::default();
        let patch = strategic::three_way(schema, &base, &config, &with_claims(live, &base), &limits);
        let patch = patch.map_err(|error| error.to_string())?;
        strategic::apply(schema, live, &patch, &limits).map_err(|error| error.to_string())?
    } else {
        let patch = merge_patch::three_way(&base, &config, &named_in(&base, live));
        merge_patch::apply(live, &patch)
    };
    Ok(if known { (with_defaults(live), with_defaults(&predicted)) } else { (live.clone(), predicted) })
}

/// Gives what is live, with only those fields of the templates of claims that a base names: a server does not change these.
fn with_claims(live: &Value, base: &Value) -> Value {
    let claims = |object: &Value| object.at(&["spec", "volumeClaimTemplates"]).cloned();
    let (Some(theirs), Some(ours)) = (claims(live), claims(base)) else { return live.clone() };
    let mut live = live.clone();
    let spec = live.as_map_mut().and_then(|live| live.get_mut("spec")).and_then(Value::as_map_mut);
    spec.map(|spec| spec.insert("volumeClaimTemplates", named_in(&ours, &theirs)));
    live
}

fn without_namespace(object: &Value) -> Value {
    let mut object = object.clone();
    take(&mut object, &["metadata", "namespace"]);
    if object.at(&["metadata", "annotations"]).and_then(Value::as_map).is_some_and(Map::is_empty) {
        take(&mut object, &["metadata", "annotations"]);
    }
    object
}

/// Gives what is live of the fields that a base names.
fn named_in(base: &Value, live: &Value) -> Value {
    match (base, live) {
        (Value::Map(base), Value::Map(live)) => {
            let both = live.iter().filter_map(|(name, live)| Some((name, base.get(name)?, live)));
            both.map(|(name, base, live)| (name.clone(), named_in(base, live))).collect::<Map>().into()
        }
        (Value::List(base), Value::List(live)) => {
            let item = |(at, live): (usize, &Value)| {
                base.get(at).map_or_else(|| live.clone(), |base| named_in(base, live))
            };
            live.iter().enumerate().map(item).collect()
        }
        (_, live) => live.clone(),
    }
}
