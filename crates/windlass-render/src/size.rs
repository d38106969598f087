//! How large a value is.

use windlass_core::Value;

/// Counts the bytes of the canonical text of a value without writing it, as far as `max`; `None` if there are more.
pub(crate) fn canonical_bytes(value: &Value, max: usize) -> Option<usize> {
    let mut count = Count { left: max };
    count.value(value)?;
    Some(max - count.left)
}

struct Count {
    left: usize,
}

impl Count {
    fn value(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Null => self.pay(4),
            Value::Bool(truth) => self.pay(5 - usize::from(*truth)),
            Value::Int(number) => self.pay(digits(*number)),
            Value::Float(_) => self.pay(value.canonical().len()),
            Value::Text(text) => self.text(text),
            Value::List(items) => {
                self.pay(2 + items.len().saturating_sub(1))?;
                items.iter().try_for_each(|item| self.value(item))
            }
            Value::Map(map) => {
                self.pay(2 + map.len().saturating_sub(1))?;
                map.iter().try_for_each(|(key, value)| {
                    self.text(key)?;
                    self.pay(1)?;
                    self.value(value)
                })
            }
        }
    }

    fn text(&mut self, text: &str) -> Option<()> {
        // A text that is too long is not looked through.
        self.pay(2 + text.len())?;
        self.pay(escapes(text))
    }

    fn pay(&mut self, bytes: usize) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }
}

fn digits(number: i64) -> usize {
    number.checked_ilog10().map_or_else(|| number.to_string().len(), |log| log as usize + 1)
}

/// Counts what escapes add to a text.
fn escapes(text: &str) -> usize {
    // Most texts have none, and a piece is looked at as a whole faster than byte by byte.
    text.as_bytes()
        .chunks(ESCAPES_PIECE)
        .filter(|piece| has_escapes(piece))
        .flatten()
        .map(|byte| escaped(*byte))
        .sum()
}

const ESCAPES_PIECE: usize = 256;

fn has_escapes(piece: &[u8]) -> bool {
    piece.iter().fold(false, |found, byte| found | matches!(byte, 0..32 | b'"' | b'\\'))
}

/// Gives how many bytes the escape of a byte has beyond it.
const fn escaped(byte: u8) -> usize {
    match byte {
        b'"' | b'\\' | 8 | 9 | 10 | 12 | 13 => 1,
        0..32 => 5,
        _ => 0,
    }
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
            let length = value.canonical().len();
            prop_assert_eq!(canonical_bytes(&value, usize::MAX), Some(length));
            prop_assert_eq!(canonical_bytes(&value, length), Some(length));
            prop_assert_eq!(canonical_bytes(&value, length - 1), None);
        }
    }
}
