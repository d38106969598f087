//! Lists of custom kinds: which of them have keys is told by the entries of those who wrote them.

use windlass_core::{Map, Text, Value};

use super::fields::{Fields, child, child_mut};

/// How an entry names the items of a list.
enum Items {
    /// By these keys.
    Keyed(Vec<Text>),
    /// By their values.
    Set,
}

/// Tells the items of lists apart that count as one value in `wanted` and whose items somebody holds in `held`.
pub(crate) fn told_apart(wanted: &Fields, value: &Value, held: &Fields) -> Fields {
    let mut apart = if wanted.has_itself() { Fields::whole() } else { Fields::default() };
    for (step, fields) in wanted.steps() {
        let below = match (child(value, step), held.get(step)) {
            (Some(Value::List(items)), Some(held)) if fields.is_whole() => {
                items_of(held).map_or_else(|| fields.clone(), |by| by.fields(items))
            }
            (Some(value), Some(held)) => told_apart(fields, value, held),
            _ => fields.clone(),
        };
        apart = apart.union(&below.under(step));
    }
    apart
}

/// Puts the items of `live` that are not in `wanted` beside those that are, in lists that [`told_apart`] has told apart.
pub(crate) fn set_beside(fields: &Fields, wanted: &mut Value, live: &Value) {
    for (step, fields) in fields.steps() {
        let Some(have) = child(live, step) else { continue };
        match (child_mut(wanted, step), have, items_of(fields)) {
            (Some(Value::List(want)), Value::List(have), Some(by)) => {
                for item in have {
                    match by.step(item).and_then(|step| crate::stamp::item(want, &step)) {
                        Some(at) => fill_in(&mut want[at], item),
                        None => want.push(item.clone()),
                    }
                }
            }
            (Some(want), have, _) => set_beside(fields, want, have),
            _ => {}
        }
    }
}

fn items_of(held: &Fields) -> Option<Items> {
    held.steps().find_map(|(step, _)| match step.split_once(':')? {
        ("v", _) => Some(Items::Set),
        ("k", keys) => {
            let keys: Value = serde_json::from_str(keys).ok()?;
            Some(Items::Keyed(keys.as_map()?.iter().map(|(name, _)| name.clone()).collect()))
        }
        _ => None,
    })
}

impl Items {
    /// Gives the step to an item; `None` where it lacks a key.
    fn step(&self, item: &Value) -> Option<String> {
        match self {
            Self::Set => Some(format!("v:{}", item.canonical())),
            Self::Keyed(names) => {
                let keys: Option<Map> =
                    names.iter().map(|name| Some((name.clone(), item.get(name)?.clone()))).collect();
                Some(format!("k:{}", Value::Map(keys?).canonical()))
            }
        }
    }

    fn fields(&self, items: &[Value]) -> Fields {
        items.iter().fold(Fields::default(), |all, item| {
            let Some(step) = self.step(item) else { return all };
            let below = match self {
                Self::Set => Fields::whole(),
                Self::Keyed(_) => Fields::whole().union(&super::settle::all_of(item)),
            };
            all.union(&below.under(&step.into()))
        })
    }
}

/// Fills in what a map lacks.
fn fill_in(wanted: &mut Value, live: &Value) {
    let (Some(want), Some(have)) = (wanted.as_map_mut(), live.as_map()) else { return };
    for (name, value) in have.iter() {
        if !want.contains(name) {
            want.insert(name.clone(), value.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::past::all_of;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    const HELD: &str =
        r#"{"f:spec":{"f:tags":{"v:\"y\"":{}},"f:relays":{"k:{\"name\":\"a\"}":{".":{},"f:name":{}}}}}"#;

    fn apart(spec: &str) -> Fields {
        let body = read(&format!(
            r#"{{"apiVersion":"x.example/v1","kind":"X","metadata":{{"name":"x"}},"spec":{spec}}}"#
        ));
        told_apart(&all_of(&body), &body, &Fields::read(&read(HELD)))
    }

    #[test]
    fn what_others_hold_says_how_the_items_of_a_list_are_told_apart() {
        let told = |spec: &str| apart(spec).at(&["spec".into()]).write().canonical();
        assert_eq!(
            told(r#"{"tags":["x"],"steps":["p"]}"#),
            r#"{"f:spec":{"f:steps":{},"f:tags":{"v:\"x\"":{}}}}"#
        );
        assert_eq!(
            told(r#"{"relays":[{"name":"b","port":1}]}"#),
            r#"{"f:spec":{"f:relays":{"k:{\"name\":\"b\"}":{".":{},"f:name":{},"f:port":{}}}}}"#
        );
    }

    #[test]
    fn items_of_others_stay_beside_those_that_are_wanted() {
        let spec = r#"{"relays":[{"name":"a","host":"h"},{"name":"b"}],"steps":["p"],"tags":["x"]}"#;
        let mut wanted = read(&format!(r#"{{"spec":{spec}}}"#));
        let live =
            r#"{"spec":{"relays":[{"name":"a","port":80},{"name":"c"}],"steps":["q"],"tags":["y","x"]}}"#;
        set_beside(&apart(spec), &mut wanted, &read(live));
        assert_eq!(
            wanted.canonical(),
            r#"{"spec":{"relays":[{"host":"h","name":"a","port":80},{"name":"b"},{"name":"c"}],"steps":["p"],"tags":["x","y"]}}"#
        );
    }
}
