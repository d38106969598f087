//! Floats as Go's strconv spells them.

use std::borrow::Cow;

/// Writes a finite float as encoding/json does: in plain digits from 1e-6 up to below 1e21, else with an exponent of at
/// least one digit.
pub(super) fn json(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) { exponent(number, 1) } else { digits(number) }
}

/// Writes a finite float as `FormatFloat(number, 'g', -1, 64)` does: with an exponent of at least two digits below 1e-4
/// and from 1e6 on.
pub(super) fn general(number: f64) -> String {
    let scientific = exponent(number, 2);
    let power = scientific.rsplit_once('e').and_then(|(_, power)| power.parse::<i32>().ok());
    if number == 0.0 || power.is_some_and(|power| (-4..6).contains(&power)) {
        digits(number)
    } else {
        scientific
    }
}

/// Writes the shortest digits that read back, with a signed exponent of at least `digits` digits.
fn exponent(number: f64, digits: usize) -> String {
    let text = format!("{number:e}");
    let Some((mantissa, power)) = text.split_once('e') else { return text };
    let mantissa = even(number, mantissa);
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}e{sign}{power:0>digits$}")
}

/// Writes the shortest digits that read back, without an exponent.
fn digits(number: f64) -> String {
    let text = number.to_string();
    even(number, &text).into_owned()
}

/// Where the number is just between two texts of the same length, Go ends with the even digit, and Rust with the larger.
fn even(number: f64, text: &str) -> Cow<'_, str> {
    /// Shorter texts are never between.
    const DIGITS_MIN: usize = 15;
    const DIGITS_EXACT: usize = 60;
    let significant: String = text.chars().filter(char::is_ascii_digit).collect();
    let significant = significant.trim_start_matches('0');
    let is_odd = text.ends_with(['1', '3', '5', '7', '9']);
    if !is_odd || significant.len() < DIGITS_MIN {
        return Cow::Borrowed(text);
    }
    let exact: String = format!("{number:.DIGITS_EXACT$e}")
        .chars()
        .take_while(|c| *c != 'e')
        .filter(char::is_ascii_digit)
        .collect();
    let (above, below) = exact.split_at(significant.len());
    if above == significant || below.trim_end_matches('0') != "5" {
        return Cow::Borrowed(text);
    }
    let (rest, last) = text.split_at(text.len() - 1);
    Cow::Owned(
        last.parse::<u8>()
            .map_or_else(|_| text.to_owned(), |last| format!("{rest}{}", last.saturating_sub(1))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_takes_an_exponent_for_the_very_small_and_the_very_large() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (1e-10, "1e-10"),
        ] {
            assert_eq!(json(number), expected);
        }
    }

    #[test]
    fn between_two_texts_the_even_one_is_taken() {
        assert_eq!(json(1_765_075_301_142_547.0 + 0.25), "1765075301142547.2");
        assert_eq!(general(1_765_075_301_142_547.0 + 0.25), "1.7650753011425472e+15");
        assert_eq!(json(1_765_075_301_142_547.0 + 0.75), "1765075301142547.8");
        assert_eq!(general(5e-324), "5e-324");
    }

    #[test]
    fn general_takes_an_exponent_from_a_million_on() {
        for (number, expected) in [
            (0.0, "0"),
            (999_999.5, "999999.5"),
            (1e6, "1e+06"),
            (1_234_567.5, "1.2345675e+06"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e300, "1e+300"),
        ] {
            assert_eq!(general(number), expected);
        }
    }
}
