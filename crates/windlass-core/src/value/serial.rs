//! Values to and from any serde format.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Map, Value};
use crate::Text;

/// The key under which `serde_json` hides a number when some crate of the build has switched on its feature
/// `arbitrary_precision`: numbers then arrive as a map of this one field. Reading it keeps values the same whatever
/// features the rest of the build switches on.
const SERDE_JSON_NUMBER: &str = "$serde_json::private::Number";

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(truth) => serializer.serialize_bool(*truth),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(items) => serializer.collect_seq(items),
            Self::Map(map) => serializer.collect_map(map.iter()),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Reads any self-describing format. Keys are shared within one call: an object's many `name` are one allocation.
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader { keys: &mut HashSet::new() }.deserialize(deserializer)
    }
}

/// Reads one value, sharing the keys it has seen.
struct Reader<'k> {
    keys: &'k mut HashSet<Text>,
}

impl Reader<'_> {
    fn share(&mut self, key: &str) -> Text {
        if let Some(known) = self.keys.get(key) {
            return known.clone();
        }
        let key = Text::from(key);
        self.keys.insert(key.clone());
        key
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        // Beyond int64 Go's Kubernetes tools go on with float64.
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Value::float(number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Reader { keys: &mut *self.keys })? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut access: A) -> Result<Value, A::Error> {
        let mut fields: Vec<(Text, Value)> = Vec::new();
        while let Some(key) = access.next_key_seed(KeyReader(&mut self))? {
            if fields.is_empty() && key == SERDE_JSON_NUMBER {
                return number(&access.next_value::<String>()?);
            }
            let value = access.next_value_seed(Reader { keys: &mut *self.keys })?;
            fields.push((key, value));
        }
        let count = fields.len();
        let map: Map = fields.into_iter().collect();
        if map.len() != count {
            return Err(A::Error::custom("a key appears twice in one map"));
        }
        Ok(Value::Map(map))
    }
}

/// Reads a key without an allocation of its own where it is known already.
struct KeyReader<'a, 'k>(&'a mut Reader<'k>);

impl<'de> DeserializeSeed<'de> for KeyReader<'_, '_> {
    type Value = Text;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Text, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KeyReader<'_, '_> {
    type Value = Text;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<Text, E> {
        Ok(self.0.share(key))
    }
}

fn number<E: serde::de::Error>(text: &str) -> Result<Value, E> {
    if let Ok(number) = text.parse() {
        return Ok(Value::Int(number));
    }
    text.parse().ok().and_then(Value::float).ok_or_else(|| E::custom("not a number that fits 64 bits"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn integers_beyond_int64_become_floats() {
        assert_eq!(read("9223372036854775807"), Value::Int(i64::MAX));
        assert_eq!(read("9223372036854775808"), Value::Float(9_223_372_036_854_775_808.0));
    }

    #[test]
    fn a_number_hidden_by_arbitrary_precision_is_a_number() {
        assert_eq!(read(r#"{"$serde_json::private::Number":"12"}"#), Value::Int(12));
        assert_eq!(read(r#"{"$serde_json::private::Number":"1.5"}"#), Value::Float(1.5));
    }

    #[test]
    fn a_key_that_appears_twice_is_refused() {
        assert!(serde_json::from_str::<Value>(r#"{"a":1,"a":2}"#).is_err());
    }

    pub(crate) fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_filter_map("finite", Value::float),
            ".{0,8}".prop_map(|text| Value::from(text.as_str())),
        ];
        leaf.prop_recursive(4, 32, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
                prop::collection::vec((".{0,4}", inner), 0..5)
                    .prop_map(|fields| fields.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn canonical_text_reads_back_to_the_same_value(value in any_value()) {
            let text = value.canonical();
            prop_assert_eq!(&read(&text).canonical(), &text);
        }
    }
}
