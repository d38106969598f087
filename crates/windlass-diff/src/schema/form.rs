//! The written form of a schema: a text, or a map.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use windlass_core::{Text, Value};

use super::{ListKind, Patch, Scalar, Schema, Shape};

const SCALARS: [(&str, Scalar); 8] = [
    ("any", Scalar::Any),
    ("text", Scalar::Text),
    ("int", Scalar::Int),
    ("number", Scalar::Number),
    ("bool", Scalar::Bool),
    ("quantity", Scalar::Quantity),
    ("intOrString", Scalar::IntOrString),
    ("duration", Scalar::Duration),
];

/// A schema as a map.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Long {
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Box<Schema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<BTreeMap<Text, Schema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    map: Option<Box<Schema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<Box<Schema>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<By>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    atomic: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patch_key: Option<Text>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum By {
    Word(Text),
    Keys(Vec<Text>),
}

impl Patch {
    /// Reads `x-kubernetes-patch-strategy`, `None` for a word that it does not have.
    pub(crate) fn read(strategy: &str, key: Option<Text>) -> Option<Self> {
        let mut patch = Self { key, ..Self::default() };
        for word in strategy.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                "merge" => patch.merge = true,
                "replace" => patch.replace = true,
                "retainKeys" => patch.retain_keys = true,
                _ => return None,
            }
        }
        Some(patch)
    }

    fn written(&self) -> Option<Text> {
        let words = [("merge", self.merge), ("replace", self.replace), ("retainKeys", self.retain_keys)];
        let words: Vec<&str> = words.iter().filter(|(_, on)| *on).map(|(word, _)| *word).collect();
        (!words.is_empty()).then(|| words.join(",").into())
    }

    /// What tells the items of a list apart, for a list that only says how it is patched.
    pub(crate) fn list_kind(&self) -> ListKind {
        match (&self.key, self.merge) {
            (Some(key), true) => ListKind::Map(vec![key.clone()]),
            (None, true) => ListKind::Set,
            (_, false) => ListKind::Atomic,
        }
    }
}

impl TryFrom<Long> for Schema {
    type Error = String;

    fn try_from(long: Long) -> Result<Self, String> {
        let patch = Patch::read(long.patch.as_deref().unwrap_or_default(), long.patch_key)
            .ok_or("`patch` must be made of `merge`, `replace` and `retainKeys`")?;
        let is_list = long.list.is_some();
        if long.by.is_some() && !is_list {
            return Err("`by` goes only with `list`".into());
        }
        let schema = match (long.of, long.list, long.fields, long.map) {
            (Some(inner), None, None, None) => *inner,
            (None, Some(items), None, None) => Schema::list(read_by(long.by, &patch)?, *items),
            (None, Some(items), fields, values) => Schema::of(Shape::Either {
                fields: fields.unwrap_or_default(),
                values,
                by: read_by(long.by, &patch)?,
                items,
            }),
            (None, None, fields, values) if fields.is_some() || values.is_some() => {
                Schema::of(Shape::Map { fields: fields.unwrap_or_default(), values })
            }
            (None, None, None, None) => Schema::any(),
            _ => return Err("`of` goes without `list`, `fields` and `map`".into()),
        };
        let patch = if patch == Patch::default() { schema.patch.clone() } else { patch };
        let atomic = long.atomic || schema.atomic;
        Ok(Schema { shape: schema.shape, atomic, default: long.default.or(schema.default), patch })
    }
}

fn read_by(by: Option<By>, patch: &Patch) -> Result<ListKind, String> {
    match by {
        None => Ok(patch.list_kind()),
        Some(By::Word(word)) if word == "atomic" => Ok(ListKind::Atomic),
        Some(By::Word(word)) if word == "set" => Ok(ListKind::Set),
        Some(By::Keys(keys)) if !keys.is_empty() => Ok(ListKind::Map(keys)),
        Some(_) => Err("`by` must be `atomic`, `set`, or a list of field names".into()),
    }
}

fn long(schema: &Schema) -> Long {
    let mut long = Long {
        atomic: schema.atomic,
        default: schema.default.clone(),
        patch: schema.patch.written(),
        patch_key: schema.patch.key.clone(),
        ..Long::default()
    };
    match &schema.shape {
        Shape::Scalar(_) | Shape::Named(_) => long.of = Some(Box::new(Schema::of(schema.shape.clone()))),
        Shape::Map { fields, values } => {
            long.fields = (!fields.is_empty() || values.is_none()).then(|| fields.clone());
            long.map = values.clone();
        }
        Shape::List { by, items } => long_list(&mut long, by, items, &schema.patch),
        Shape::Either { fields, values, by, items } => {
            long.fields = (!fields.is_empty() || values.is_none()).then(|| fields.clone());
            long.map = values.clone();
            long_list(&mut long, by, items, &schema.patch);
        }
    }
    long
}

fn long_list(long: &mut Long, by: &ListKind, items: &Schema, patch: &Patch) {
    long.list = Some(Box::new(items.clone()));
    long.by = (*by != patch.list_kind()).then(|| match by {
        ListKind::Atomic => By::Word("atomic".into()),
        ListKind::Set => By::Word("set".into()),
        ListKind::Map(keys) => By::Keys(keys.clone()),
    });
}

fn short(schema: &Schema) -> Option<String> {
    match &schema.shape {
        _ if *schema != Schema::of(schema.shape.clone()) => None,
        Shape::Named(name) => Some(format!("@{name}")),
        Shape::Scalar(scalar) => {
            SCALARS.iter().find(|(_, known)| known == scalar).map(|(word, _)| (*word).to_owned())
        }
        _ => None,
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match short(self) {
            Some(word) => serializer.serialize_str(&word),
            None => long(self).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

/// Reads either form; by hand, because the errors of an untagged enum name nothing.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Schema;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a schema: a word such as `text` or `@Name`, or a map")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Schema, E> {
        if let Some(name) = word.strip_prefix('@').filter(|name| !name.is_empty()) {
            return Ok(Schema::named(name));
        }
        let scalar = SCALARS.iter().find(|(known, _)| *known == word).map(|(_, scalar)| *scalar);
        scalar.map(Schema::scalar).ok_or_else(|| E::custom(format_args!("`{word}` is no schema")))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Schema, A::Error> {
        let long = Long::deserialize(MapAccessDeserializer::new(map))?;
        Schema::try_from(long).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, expected: &str) {
        let schema: Schema = serde_json::from_str(written).unwrap();
        assert_eq!(serde_json::to_string(&schema).unwrap(), expected);
        assert_eq!(serde_json::from_str::<Schema>(expected).unwrap(), schema, "reads back");
    }

    fn check_err(written: &str, expected: &str) {
        let error = serde_json::from_str::<Schema>(written).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn short_forms_stay_short() {
        check(r#""quantity""#, r#""quantity""#);
        check(r#""@Pod""#, r#""@Pod""#);
        check(r#"{"of":"@Pod"}"#, r#""@Pod""#);
        check("{}", r#""any""#);
    }

    #[test]
    fn long_forms_keep_what_goes_with_them() {
        check(r#"{"of":"text","default":"TCP"}"#, r#"{"of":"text","default":"TCP"}"#);
        check(r#"{"of":"@Selector","atomic":true}"#, r#"{"of":"@Selector","atomic":true}"#);
        check(r#"{"map":"quantity"}"#, r#"{"map":"quantity"}"#);
        check(r#"{"fields":{}}"#, r#"{"fields":{}}"#);
    }

    #[test]
    fn a_list_without_by_takes_it_from_its_patch() {
        let expected = r#"{"list":"any","patch":"merge","patchKey":"name"}"#;
        check(r#"{"list":"any","by":["name"],"patch":"merge","patchKey":"name"}"#, expected);
        check(r#"{"list":"text","by":"atomic"}"#, r#"{"list":"text"}"#);
        check(
            r#"{"list":"text","by":"atomic","patch":"merge"}"#,
            r#"{"list":"text","by":"atomic","patch":"merge"}"#,
        );
    }

    #[test]
    fn what_may_be_a_list_or_a_map_has_both() {
        check(r#"{"list":"text","by":"set","map":"int"}"#, r#"{"map":"int","list":"text","by":"set"}"#);
        check(r#"{"list":"any","fields":{"a":"int"}}"#, r#"{"fields":{"a":"int"},"list":"any"}"#);
    }

    #[test]
    fn what_is_wrong_is_named() {
        check_err(r#""texts""#, "`texts` is no schema");
        check_err(r#"{"list":"any","by":"name"}"#, "`by` must be");
        check_err(r#"{"list":"any","by":[]}"#, "`by` must be");
        check_err(r#"{"map":"any","by":"set"}"#, "`by` goes only with `list`");
        check_err(r#"{"of":"any","map":"any"}"#, "`of` goes without");
        check_err(r#"{"list":"any","patch":"mrege"}"#, "`patch` must be");
        check_err(r#"{"lists":"any"}"#, "unknown field");
    }
}
