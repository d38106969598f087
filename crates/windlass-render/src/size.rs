//! How large a value is.

use windlass_core::Value;

/// Counts the bytes of the canonical text of a value without writing it.
pub(crate) fn canonical_bytes(value: &Value) -> usize {
    match value {
        Value::Null => 4,
        Value::Bool(truth) => 5 - usize::from(*truth),
        Value::Int(number) => {
            number.checked_ilog10().map_or_else(|| number.to_string().len(), |log| log as usize + 1)
        }
        Value::Float(_) => value.canonical().len(),
        Value::Text(text) => text_bytes(text),
        Value::List(items) => {
            2 + items.iter().map(|item| canonical_bytes(item) + 1).sum::<usize>() - commas(items.len())
        }
        Value::Map(map) => {
            let fields = map.iter().map(|(key, value)| text_bytes(key) + canonical_bytes(value) + 2);
            2 + fields.sum::<usize>() - commas(map.len())
        }
    }
}

/// There is one comma less than items, where there are any.
fn commas(items: usize) -> usize {
    usize::from(items > 0)
}

fn text_bytes(text: &str) -> usize {
    let escaped = |byte: u8| match byte {
        b'"' | b'\\' | 8 | 9 | 10 | 12 | 13 => 1,
        0..32 => 5,
        _ => 0,
    };
    2 + text.len() + text.bytes().map(escaped).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<f64>().prop_filter_map("finite", Value::float),
            "[a\"\\\\\n\u{1}é]{0,8}".prop_map(Value::from),
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
        fn the_count_is_that_of_the_text(value in any_value()) {
            prop_assert_eq!(canonical_bytes(&value), value.canonical().len());
        }
    }
}
