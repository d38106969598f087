//! Shamir's secret sharing over GF(2^8), as sops takes it from Vault: the last byte of a share is its x.

use windlass_core::{Error, ErrorKind, Result};

use crate::Secret;

/// Joins shares, all of which count.
pub(crate) fn combine(shares: &[Secret]) -> Result<Secret> {
    let wrong = |message: &str| Error::new(ErrorKind::Invalid, message);
    let length = shares.first().map_or(0, |share| share.as_slice().len());
    if shares.len() < 2 || length < 2 {
        return Err(wrong("a shared key needs two shares of two bytes"));
    }
    if shares.iter().any(|share| share.as_slice().len() != length) {
        return Err(wrong("the shares of a key have different lengths"));
    }
    let places: Vec<u8> = shares.iter().map(|share| share.as_slice()[length - 1]).collect();
    let is_twice = |(at, place): (usize, &u8)| places[..at].contains(place);
    if places.iter().enumerate().any(is_twice) {
        return Err(wrong("a share of the key appears twice"));
    }
    let bytes = (0..length - 1).map(|at| {
        let values: Vec<u8> = shares.iter().map(|share| share.as_slice()[at]).collect();
        at_zero(&places, &values)
    });
    Ok(Secret::new(bytes.collect()))
}

/// Gives what the polynomial through these points is at zero, by Lagrange.
fn at_zero(places: &[u8], values: &[u8]) -> u8 {
    let term = |at: usize| {
        let others = places.iter().enumerate().filter(|(other, _)| *other != at);
        others.fold(values[at], |term, (_, other)| times(term, divided(*other, places[at] ^ other)))
    };
    (0..places.len()).fold(0, |sum, at| sum ^ term(at))
}

/// Multiplies modulo x^8 + x^4 + x^3 + x + 1, in the same time for all values.
fn times(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0_u8, |product, bit| {
        let reduce = 0_u8.wrapping_sub(product >> 7) & 0x1b;
        let add = 0_u8.wrapping_sub(b >> bit & 1) & a;
        (product << 1) ^ reduce ^ add
    })
}

/// Divides; b^254 is the inverse of b.
fn divided(a: u8, b: u8) -> u8 {
    let inverse = (0..253).fold(b, |power, _| times(power, b));
    times(a, inverse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_shares_of_a_line_give_its_beginning() {
        // f(x) = 0x41 + 0x17 x
        let share = |x: u8| Secret::new(vec![0x41 ^ times(0x17, x), x]);
        assert_eq!(combine(&[share(1), share(3)]).unwrap().as_slice(), [0x41]);
        assert_eq!(combine(&[share(7), share(200)]).unwrap().as_slice(), [0x41]);
    }

    #[test]
    fn every_number_but_zero_has_an_inverse() {
        for number in 1..=255 {
            assert_eq!(times(number, divided(1, number)), 1);
        }
    }

    #[test]
    fn shares_that_do_not_fit_are_refused() {
        let share = |bytes: &[u8]| Secret::new(bytes.to_vec());
        for shares in
            [vec![], vec![share(b"ab")], vec![share(b"ab"), share(b"abc")], vec![share(b"ab"), share(b"cb")]]
        {
            assert!(combine(&shares).is_err());
        }
    }
}
