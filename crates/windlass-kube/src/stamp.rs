//! Stamps: what of an object we could have set.

use windlass_core::{Digest, Map, Stamp, Value};

/// Gives the stamp of a live object, and takes `managedFields` out of it.
///
/// Where `manager` has applied the object, the stamp covers the fields it owns with their values, and nothing else:
/// so it does not change when a controller counts revisions in an annotation, an autoscaler holds a field that was
/// left to it, or the server fills in a default; and it does change when somebody takes one of our fields, even if
/// the value was put back. Elsewhere it covers the whole body but for status and what only the server sets.
pub(crate) fn take(body: &mut Value, manager: &str) -> Stamp {
    let fields = body.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Value::as_map_mut);
    let entries = fields.and_then(|metadata| metadata.remove("managedFields"));
    let entries = entries.as_ref().and_then(Value::as_list).unwrap_or_default();
    let owned = applied_by(entries, manager);
    Stamp(if owned.is_empty() {
        whole(body)
    } else {
        let values: Vec<Value> = owned.iter().map(|fields| project(body, fields)).collect();
        let owned = Value::List(owned.into_iter().cloned().collect());
        let values = Value::List(values);
        Digest::of_parts([b"owned".as_slice(), owned.canonical().as_bytes(), values.canonical().as_bytes()])
    })
}

/// Gives the field sets that `manager` applied; none if it also replaced the object, as then all of it was set.
fn applied_by<'a>(entries: &'a [Value], manager: &str) -> Vec<&'a Value> {
    let ours = entries.iter().filter(|entry| {
        entry.text_at(&["manager"]) == Some(manager)
            && entry.text_at(&["subresource"]).unwrap_or_default().is_empty()
    });
    let replaced = ours.clone().any(|entry| entry.text_at(&["operation"]) == Some("Update"));
    if replaced { Vec::new() } else { ours.filter_map(|entry| entry.get("fieldsV1")).collect() }
}

/// Gives the field sets that `manager` holds, by whatever operation. `body` still has its `managedFields`.
pub(crate) fn held_by(body: &Value, manager: &str) -> Vec<Value> {
    let entries = body.at(&["metadata", "managedFields"]).and_then(Value::as_list).unwrap_or_default();
    let ours = entries.iter().filter(|entry| {
        entry.text_at(&["manager"]) == Some(manager)
            && entry.text_at(&["subresource"]).unwrap_or_default().is_empty()
    });
    ours.filter_map(|entry| entry.get("fieldsV1").cloned()).collect()
}

/// What only the server sets.
const SERVER_SET: [&str; 9] = [
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
    "clusterName",
];

/// Takes out of `metadata` what only the server sets.
pub(crate) fn strip(body: &mut Value) {
    if let Some(metadata) =
        body.as_map_mut().and_then(|map| map.get_mut("metadata")).and_then(Value::as_map_mut)
    {
        metadata.retain(|key, _| !SERVER_SET.contains(&key));
    }
}

/// Digests all of an object but status and what only the server sets.
pub(crate) fn whole(body: &Value) -> Digest {
    let mut body = body.clone();
    strip(&mut body);
    if let Some(map) = body.as_map_mut() {
        map.remove("status");
    }
    Digest::of_parts([b"whole".as_slice(), body.canonical().as_bytes()])
}

/// Gives the part of `value` that a field set names: the keys of the set with the values found there.
pub(crate) fn project(value: &Value, fields: &Value) -> Value {
    let Some(set) = fields.as_map().filter(|set| !set.is_empty()) else {
        return value.clone();
    };
    let mut out = Map::new();
    for (key, inner) in set.iter() {
        if let Some(found) = step(value, key) {
            out.insert(key.clone(), project(found, inner));
        }
    }
    Value::Map(out)
}

/// Follows one step of a field set: `f:name`, `k:{"name":"web"}`, `v:"text"`, `i:0`. The step `.` is the value itself,
/// which its other steps describe.
fn step<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match key.split_once(':')? {
        ("f", name) => value.get(name),
        _ => value.as_list()?.get(item(value.as_list()?, key)?),
    }
}

/// Finds the item of a list that a step names.
pub(crate) fn item(items: &[Value], step: &str) -> Option<usize> {
    let (sort, rest) = step.split_once(':')?;
    match sort {
        "k" => {
            let keys: Value = serde_json::from_str(rest).ok()?;
            let keys = keys.as_map()?;
            items.iter().position(|item| keys.iter().all(|(key, wanted)| item.get(key) == Some(wanted)))
        }
        "v" => {
            let wanted: Value = serde_json::from_str(rest).ok()?;
            items.iter().position(|item| *item == wanted)
        }
        "i" => rest.parse().ok().filter(|at| *at < items.len()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = r#"{"manager":"windlass","operation":"Apply","apiVersion":"apps/v1","fieldsType":"FieldsV1","fieldsV1":
        {"f:spec":{"f:template":{"f:spec":{"f:containers":{"k:{\"name\":\"web\"}":{".":{},"f:image":{}}}}}}}}"#;

    fn stamp(managed: &str, rest: &str) -> Stamp {
        let text = format!(r#"{{"metadata":{{"name":"web","managedFields":[{managed}]}},{rest}}}"#);
        let mut body: Value = serde_json::from_str(&text).unwrap();
        let stamp = take(&mut body, "windlass");
        assert!(body.at(&["metadata", "managedFields"]).is_none());
        stamp
    }

    fn spec(image: &str, more: &str) -> String {
        format!(
            r#""spec":{{"template":{{"spec":{{"containers":[{{"name":"log"}},{{"name":"web","image":"{image}"{more}}}]}}}}}}"#
        )
    }

    #[test]
    fn a_field_of_ours_with_another_value_changes_the_stamp() {
        assert_ne!(stamp(OURS, &spec("a", "")), stamp(OURS, &spec("b", "")));
    }

    #[test]
    fn a_field_that_is_not_ours_does_not_change_the_stamp() {
        let more = format!(r#"{},"status":{{"replicas":1}}"#, spec("a", r#","tty":true"#));
        assert_eq!(stamp(OURS, &spec("a", "")), stamp(OURS, &more));
    }

    #[test]
    fn a_field_that_was_taken_from_us_changes_the_stamp_even_with_its_value_put_back() {
        let less = OURS.replace(r#","f:image":{}"#, "");
        assert_ne!(stamp(OURS, &spec("a", "")), stamp(&less, &spec("a", "")));
    }

    #[test]
    fn without_fields_of_ours_the_whole_body_but_status_counts() {
        let theirs = OURS.replace("windlass", "kubectl");
        assert_ne!(stamp(&theirs, &spec("a", "")), stamp(&theirs, &spec("a", r#","tty":true"#)));
        let status = format!(r#"{},"status":{{"replicas":1}}"#, spec("a", ""));
        assert_eq!(stamp(&theirs, &spec("a", "")), stamp("", &status));
    }

    #[test]
    fn after_a_replace_the_whole_body_counts() {
        let both = format!("{OURS},{}", OURS.replace("Apply", "Update"));
        assert_ne!(stamp(&both, &spec("a", "")), stamp(&both, &spec("a", r#","tty":true"#)));
    }

    #[test]
    fn an_odd_field_set_is_no_panic() {
        for odd in ["f", "k:[]", "k:x", "i:-1", "i:9", "v:{", "q:1"] {
            let odd = format!(
                r#"{{"manager":"windlass","operation":"Apply","fieldsV1":{{"f:spec":{{{odd:?}:{{}}}}}}}}"#
            );
            assert_eq!(stamp(&odd, r#""spec":[1]"#), stamp(&odd, r#""spec":[2]"#));
        }
    }
}
