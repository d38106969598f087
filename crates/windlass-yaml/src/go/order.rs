//! The order of keys: natural, as go-yaml sorts.

use std::cmp::Ordering;

use windlass_core::{Map, Text, Value};

use super::Version;

/// A field of a map.
pub(super) type Field<'v> = (&'v Text, &'v Value);

/// Gives the fields in the order in which go-yaml writes them.
///
/// go-yaml v2 has keys that are each before the next in a circle (`1a`, `9a`, `10`). What it writes then depends on
/// chance; here it is always the same.
pub(super) fn sorted(map: &Map, version: Version) -> Vec<Field<'_>> {
    let mut fields: Vec<Field<'_>> = map.iter().collect();
    let in_order = fields.windows(2).all(|pair| natural(pair[0].0, pair[1].0, version).is_le());
    if !in_order {
        merge_sort(&mut fields, version);
    }
    fields
}

/// The standard library's sort may panic where the order has circles.
fn merge_sort(fields: &mut Vec<Field<'_>>, version: Version) {
    let mut width = 1;
    while width < fields.len() {
        let mut merged = Vec::with_capacity(fields.len());
        for pair in fields.chunks(2 * width) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            merge(left, right, version, &mut merged);
        }
        *fields = merged;
        width *= 2;
    }
}

fn merge<'v>(mut left: &[Field<'v>], mut right: &[Field<'v>], version: Version, out: &mut Vec<Field<'v>>) {
    while let ([first, rest @ ..], [other, others @ ..]) = (left, right) {
        if natural(other.0, first.0, version).is_lt() {
            out.push(*other);
            right = others;
        } else {
            out.push(*first);
            left = rest;
        }
    }
    out.extend_from_slice(left);
    out.extend_from_slice(right);
}

/// Compares keys: runs of digits by their number, other characters before letters, letters by their code. Behind a
/// digit, version 3 has letters first.
fn natural(a: &str, b: &str, version: Version) -> Ordering {
    let common = common_prefix(a, b);
    let (before, a, b) = (&a[..common], &a[common..], &b[common..]);
    let (Some(first), Some(other)) = (a.chars().next(), b.chars().next()) else {
        return a.is_empty().cmp(&b.is_empty()).reverse();
    };
    match (is_letter(first), is_letter(other)) {
        (true, true) => first.cmp(&other),
        (false, false) => numbers(before, a, b).then(first.cmp(&other)),
        (letter, _) => {
            let letters_first = version == Version::V3 && before.chars().next_back().is_some_and(is_digit);
            if letter == letters_first { Ordering::Less } else { Ordering::Greater }
        }
    }
}

/// Compares the numbers at which two keys go different ways, then how many digits they have.
fn numbers(before: &str, a: &str, b: &str) -> Ordering {
    let has_zero = a.starts_with('0') || b.starts_with('0');
    // Behind `1`, a `0` is a digit of a number, where it would else be a zero in front of one.
    let inside = before.chars().rev().take_while(|c| is_digit(*c)).any(|c| c != '0');
    let start = i64::from(has_zero && inside);
    let ((a, a_digits), (b, b_digits)) = (number(a, start), number(b, start));
    a.cmp(&b).then(a_digits.cmp(&b_digits))
}

/// Reads digits, and counts them. Go's numbers overflow here too.
fn number(text: &str, start: i64) -> (i64, usize) {
    text.chars().take_while(|c| is_digit(*c)).fold((start, 0), |(number, digits), c| {
        let digit = i64::from(u32::from(c)) - i64::from(u32::from('0'));
        (number.wrapping_mul(10).wrapping_add(digit), digits + 1)
    })
}

/// Counts the bytes of the characters with which both begin.
fn common_prefix(a: &str, b: &str) -> usize {
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    (0..=same).rev().find(|at| a.is_char_boundary(*at) && b.is_char_boundary(*at)).unwrap_or(0)
}

fn is_letter(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { c.is_alphabetic() }
}

fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { c.is_numeric() && !c.is_alphabetic() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(version: Version, expected: &str) {
        let map: Map = expected.split(' ').map(|key| (key, Value::Null)).collect();
        let keys: Vec<&str> = sorted(&map, version).iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys.join(" "), expected);
    }

    #[test]
    fn runs_of_digits_are_compared_as_numbers() {
        check(Version::V2, "a a1 a2 a10 a010 b");
        check(Version::V3, "a a1 a2 a10 a010 b");
    }

    #[test]
    fn letters_come_last_but_behind_a_digit_in_version_3() {
        check(Version::V2, ".a /x 1 A a-b a.b aB ab");
        check(Version::V2, "a1 a1- a1b");
        check(Version::V3, "a1 a1b a1-");
    }

    #[test]
    fn a_circle_of_keys_is_written_whole() {
        let map: Map = ["1a", "9a", "10"].map(|key| (key, Value::Null)).into_iter().collect();
        assert_eq!(sorted(&map, Version::V2).len(), 3);
    }
}
