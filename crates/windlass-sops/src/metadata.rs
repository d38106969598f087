//! What SOPS says about a file.

use windlass_core::{Error, ErrorKind, Map, Result, Text, Value};

use crate::MasterKey;
use crate::rule::Rule;

/// Groups of keys, and keys of one group.
const KEYS_MAX: usize = 1000;

/// The metadata of a file.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) rule: Rule,
    /// The encrypted code over all values.
    pub(crate) mac: String,
    pub(crate) last_modified: String,
    /// Only encrypted values count for the code.
    pub(crate) mac_only_encrypted: bool,
    pub(crate) groups: Vec<Vec<MasterKey>>,
    /// How many groups have to open.
    pub(crate) threshold: usize,
}

/// Says that a file is not encrypted.
pub(crate) fn not_found() -> Error {
    Error::new(ErrorKind::Invalid, "sops metadata not found")
}

impl Metadata {
    /// Reads the field `sops`.
    pub(crate) fn of(value: &Value) -> Result<Self> {
        let map = value.as_map().ok_or_else(not_found)?;
        let text = |name: &str| map.get(name).and_then(Value::as_text).unwrap_or_default();
        let mut groups = Vec::new();
        let own = keys(map)?;
        if !own.is_empty() {
            groups.push(own);
        } else if let Some(listed) = map.get("key_groups").and_then(Value::as_list) {
            check(listed.len())?;
            for group in listed {
                groups.push(keys(group.as_map().ok_or_else(|| wrong("a key group is no map"))?)?);
            }
        }
        if groups.is_empty() {
            return Err(wrong("no keys found in the sops metadata"));
        }
        Ok(Self {
            rule: Rule::of(value)?,
            mac: text("mac").to_owned(),
            last_modified: seconds(text("lastmodified")),
            mac_only_encrypted: matches!(map.get("mac_only_encrypted"), Some(Value::Bool(true))),
            threshold: threshold(map.get("shamir_threshold"))?,
            groups,
        })
    }

    /// Reads metadata that are written as one level: `age__list_0__map_enc`.
    pub(crate) fn of_flat<'f>(fields: impl IntoIterator<Item = (&'f str, &'f str)>) -> Result<Self> {
        let mut root = Value::Map(Map::new());
        for (name, value) in fields {
            let value = value.replace("\\n", "\n");
            let value = match name {
                "mac_only_encrypted" => Value::Bool(value == "true"),
                _ => value.into(),
            };
            put(&mut root, name, value)
                .ok_or_else(|| wrong("a field of the sops metadata fits no other").with("field", name))?;
        }
        Self::of(&root)
    }
}

fn wrong(message: &str) -> Error {
    Error::new(ErrorKind::Invalid, message)
}

fn check(count: usize) -> Result<()> {
    if count <= KEYS_MAX {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Limit, "too many keys").with("limit", "keys_max").with("max", KEYS_MAX))
}

/// Gives the keys of a group, age and OpenPGP first, as sops tries them.
fn keys(group: &Map) -> Result<Vec<MasterKey>> {
    const OTHERS: [&str; 5] = ["kms", "gcp_kms", "azure_kv", "hc_vault", "hckms"];
    let mut keys = Vec::new();
    for kind in ["age", "pgp"].into_iter().chain(OTHERS) {
        let listed = group.get(kind).and_then(Value::as_list).unwrap_or_default();
        check(listed.len())?;
        for fields in listed {
            let encrypted = fields.text_at(&["enc"]).unwrap_or_default().into();
            keys.push(MasterKey { kind: kind.into(), fields: fields.clone(), encrypted });
        }
    }
    Ok(keys)
}

fn threshold(value: Option<&Value>) -> Result<usize> {
    let number = match value {
        None | Some(Value::Null) => Some(0),
        Some(Value::Int(number)) => usize::try_from(*number).ok(),
        // Older releases wrote a float.
        Some(Value::Float(number)) => format!("{number}").parse().ok(),
        Some(Value::Text(text)) => text.strip_suffix(".0").unwrap_or(text).parse().ok(),
        Some(_) => None,
    };
    number.ok_or_else(|| wrong("shamir_threshold is no number"))
}

/// The time counts as RFC 3339 writes it, without parts of seconds.
fn seconds(time: &str) -> String {
    let (whole, rest) = time.split_once('.').unwrap_or((time, ""));
    let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let time = format!("{whole}{zone}");
    time.strip_suffix("+00:00").map_or_else(|| time.clone(), |time| format!("{time}Z"))
}

/// Sets a field of a flat name in the value that it stands for. `None` where names do not fit together.
fn put(root: &mut Value, name: &str, value: Value) -> Option<()> {
    let mut place = root;
    for step in steps(name) {
        place = match step {
            Step::Field(field) => {
                if place.is_null() {
                    *place = Value::Map(Map::new());
                }
                place.as_map_mut()?.entry(&field, || Value::Null)
            }
            Step::Item(at) => {
                if place.is_null() {
                    *place = Value::List(Vec::new());
                }
                let Value::List(items) = place else { return None };
                if at >= items.len() {
                    items.resize((at < KEYS_MAX).then_some(at + 1)?, Value::Null);
                }
                items.get_mut(at)?
            }
        };
    }
    *place = value;
    Some(())
}

enum Step {
    Field(Text),
    Item(usize),
}

/// Splits `age__list_0__map_enc` into `age`, 0, `enc`.
fn steps(name: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut rest = name;
    let mut is_list = false;
    loop {
        let next = ["__map_", "__list_"].into_iter().filter_map(|mark| Some((rest.find(mark)?, mark))).min();
        let (end, mark) = next.unwrap_or((rest.len(), ""));
        let part = &rest[..end];
        steps.push(if is_list { Step::Item(part.parse().unwrap_or(0)) } else { Step::Field(part.into()) });
        if mark.is_empty() {
            return steps;
        }
        is_list = mark == "__list_";
        rest = &rest[end + mark.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flat_names_become_lists_and_maps() {
        let mut root = Value::Map(Map::new());
        put(&mut root, "age__list_1__map_enc", "x".into()).unwrap();
        put(&mut root, "age__list_0__map_enc", "y".into()).unwrap();
        put(&mut root, "mac", "z".into()).unwrap();
        assert_eq!(root.canonical(), r#"{"age":[{"enc":"y"},{"enc":"x"}],"mac":"z"}"#);
        assert!(put(&mut root, "mac__map_x", "z".into()).is_none());
        assert!(put(&mut root, "age__list_9999999__map_x", "z".into()).is_none());
    }

    #[test]
    fn parts_of_seconds_do_not_count() {
        assert_eq!(seconds("2025-07-06T17:19:51.5+02:00"), "2025-07-06T17:19:51+02:00");
        assert_eq!(seconds("2025-07-06T17:19:51+00:00"), "2025-07-06T17:19:51Z");
    }
}
