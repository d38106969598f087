//! Floats as Go's strconv spells them.

/// Writes a finite float as encoding/json does: in plain digits from 1e-6 up to below 1e21, else with an exponent of at
/// least one digit.
pub(super) fn json(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) { exponent(number, 1) } else { number.to_string() }
}

/// Writes a finite float as `FormatFloat(number, 'g', -1, 64)` does: with an exponent of at least two digits below 1e-4
/// and from 1e6 on.
pub(super) fn general(number: f64) -> String {
    let scientific = exponent(number, 2);
    let power = scientific.rsplit_once('e').and_then(|(_, power)| power.parse::<i32>().ok());
    if number == 0.0 || power.is_some_and(|power| (-4..6).contains(&power)) {
        number.to_string()
    } else {
        scientific
    }
}

/// Writes the shortest digits that read back, with a signed exponent of at least `digits` digits.
fn exponent(number: f64, digits: usize) -> String {
    let text = format!("{number:e}");
    let Some((mantissa, power)) = text.split_once('e') else { return text };
    let (sign, power) = power.strip_prefix('-').map_or(('+', power), |power| ('-', power));
    format!("{mantissa}e{sign}{power:0>digits$}")
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
