//! ECDSA over the curves of Brainpool ([RFC 5639](https://www.rfc-editor.org/rfc/rfc5639)), which rPGP reads and does not
//! verify. No kept library has all three. Only public numbers are computed with, so that no time can give anything away.

use num_bigint::BigUint;
use pgp::crypto::ecc_curve::ECCCurve;

/// A curve `y² = x³ + ax + b` over the numbers below `p`, and a point of the order `q` on it.
struct Curve {
    bytes: usize,
    p: BigUint,
    a: BigUint,
    b: BigUint,
    base: Point,
    q: BigUint,
}

/// A point as `x/z²`, `y/z³`; where `z` is 0, the one at infinity.
#[derive(Clone)]
struct Point {
    x: BigUint,
    y: BigUint,
    z: BigUint,
}

/// The numbers of a curve, in hexadecimal digits: `p`, `a`, `b`, the point's `x` and `y`, `q`.
type Digits = [&'static str; 6];

const P256: Digits = [
    "a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377",
    "7d5a0975fc2c3057eef67530417affe7fb8055c126dc5c6ce94a4b44f330b5d9",
    "26dc5c6ce94a4b44f330b5d9bbd77cbf958416295cf7e1ce6bccdc18ff8c07b6",
    "8bd2aeb9cb7e57cb2c4b482ffc81b7afb9de27e1e3bd23c23a4453bd9ace3262",
    "547ef835c3dac4fd97f8461a14611dc9c27745132ded8e545c1d54c72f046997",
    "a9fb57dba1eea9bc3e660a909d838d718c397aa3b561a6f7901e0e82974856a7",
];

const P384: Digits = [
    "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b412b1da197fb71123acd3a729901d1a71874700133107ec53",
    "7bc382c63d8c150c3c72080ace05afa0c2bea28e4fb22787139165efba91f90f8aa5814a503ad4eb04a8c7dd22ce2826",
    "04a8c7dd22ce28268b39b55416f0447c2fb77de107dcd2a62e880ea53eeb62d57cb4390295dbc9943ab78696fa504c11",
    "1d1c64f068cf45ffa2a63a81b7c13f6b8847a3e77ef14fe3db7fcafe0cbd10e8e826e03436d646aaef87b2e247d4af1e",
    "8abe1d7520f9c2a45cb1eb8e95cfd55262b70b29feec5864e19c054ff99129280e4646217791811142820341263c5315",
    "8cb91e82a3386d280f5d6f7e50e641df152f7109ed5456b31f166e6cac0425a7cf3ab6af6b7fc3103b883202e9046565",
];

const P512: Digits = [
    "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca703308717d4d9b009bc66842aecda12ae6a380e62881ff2f2d82c68528aa6056583a48f3",
    "7830a3318b603b89e2327145ac234cc594cbdd8d3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94ca",
    "3df91610a83441caea9863bc2ded5d5aa8253aa10a2ef1c98b9ac8b57f1117a72bf2c7b9e7c1ac4d77fc94cadc083e67984050b75ebae5dd2809bd638016f723",
    "81aee4bdd82ed9645a21322e9c4c6a9385ed9f70b5d916c1b43b62eef4d0098eff3b1f78e2d0d48d50d1687b93b97d5f7c6d5047406a5e688b352209bcb9f822",
    "7dde385d566332ecc0eabfa9cf7822fdf209f70024a57b1aa000c55b881f8111b2dcde494a5f485e5bca4bd88a2763aed1ca2b2fa8f0540678cd1e0f3ad80892",
    "aadd9db8dbe9c48b3fd4e6ae33c9fc07cb308db3b3c9d20ed6639cca70330870553e5c414ca92619418661197fac10471db1d381085ddaddb58796829ca90069",
];

/// Whether `r` and `s` sign a digest by the key whose point is given as the packet holds it: its bits, then `04`, `x`, `y`.
pub(crate) fn verifies(curve: &ECCCurve, point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> bool {
    let digits = match curve {
        ECCCurve::BrainpoolP256r1 => &P256,
        ECCCurve::BrainpoolP384r1 => &P384,
        ECCCurve::BrainpoolP512r1 => &P512,
        _ => return false,
    };
    let Some(curve) = Curve::new(digits) else { return false };
    let key = curve.point(point.get(2..).unwrap_or_default());
    // RFC 9580: the digest is at least as long as the numbers of the curve.
    let Some(key) = key.filter(|_| digest.len() >= curve.bytes) else { return false };
    curve.verifies(&key, &digest[..curve.bytes], &BigUint::from_bytes_be(r), &BigUint::from_bytes_be(s))
}

impl Curve {
    fn new(digits: &Digits) -> Option<Self> {
        let number = |place: usize| BigUint::parse_bytes(digits[place].as_bytes(), 16);
        let base = Point { x: number(3)?, y: number(4)?, z: BigUint::from(1_u8) };
        Some(Self {
            bytes: digits[0].len() / 2,
            p: number(0)?,
            a: number(1)?,
            b: number(2)?,
            base,
            q: number(5)?,
        })
    }

    /// The point that an uncompressed text of it tells, if it is on the curve.
    fn point(&self, bytes: &[u8]) -> Option<Point> {
        let numbers = bytes.strip_prefix(&[4]).filter(|numbers| numbers.len() == 2 * self.bytes)?;
        let (x, y) = numbers.split_at(self.bytes);
        let (x, y) = (BigUint::from_bytes_be(x), BigUint::from_bytes_be(y));
        let right = (&x * &x * &x + &self.a * &x + &self.b) % &self.p;
        let is_on = x < self.p && y < self.p && &y * &y % &self.p == right;
        is_on.then(|| Point { x, y, z: BigUint::from(1_u8) })
    }

    fn verifies(&self, key: &Point, digest: &[u8], r: &BigUint, s: &BigUint) -> bool {
        let zero = BigUint::ZERO;
        if *r == zero || *s == zero || *r >= self.q || *s >= self.q {
            return false;
        }
        let Some(inverse) = s.modinv(&self.q) else { return false };
        let first = BigUint::from_bytes_be(digest) * &inverse % &self.q;
        let second = r * &inverse % &self.q;
        let sum = self.sum(&first, key, &second);
        sum.z.modinv(&self.p).is_some_and(|inverse| sum.x * &inverse * &inverse % &self.p % &self.q == *r)
    }

    /// The base point times one number, plus a key times another.
    fn sum(&self, first: &BigUint, key: &Point, second: &BigUint) -> Point {
        let both = self.add(&self.base, key);
        let mut sum = Point { x: BigUint::from(1_u8), y: BigUint::from(1_u8), z: BigUint::ZERO };
        for bit in (0..first.bits().max(second.bits())).rev() {
            sum = self.double(&sum);
            match (first.bit(bit), second.bit(bit)) {
                (true, true) => sum = self.add(&sum, &both),
                (true, false) => sum = self.add(&sum, &self.base),
                (false, true) => sum = self.add(&sum, key),
                (false, false) => {}
            }
        }
        sum
    }

    fn double(&self, point: &Point) -> Point {
        let Point { x, y, z } = point;
        let yy = y * y % &self.p;
        let zz = z * z % &self.p;
        let s = x * &yy * 4_u8 % &self.p;
        let m = (x * x * 3_u8 + &self.a * &zz * &zz) % &self.p;
        let new_x = self.less(&m * &m, &s * 2_u8);
        let new_y = self.less(&m * self.less(s, &new_x), &yy * &yy * 8_u8);
        Point { x: new_x, y: new_y, z: y * z * 2_u8 % &self.p }
    }

    fn add(&self, one: &Point, other: &Point) -> Point {
        let zero = BigUint::ZERO;
        if one.z == zero {
            return other.clone();
        }
        if other.z == zero {
            return one.clone();
        }
        let (zz1, zz2) = (&one.z * &one.z % &self.p, &other.z * &other.z % &self.p);
        let (u1, u2) = (&one.x * &zz2 % &self.p, &other.x * &zz1 % &self.p);
        let (s1, s2) = (&one.y * &zz2 * &other.z % &self.p, &other.y * &zz1 * &one.z % &self.p);
        let (h, r) = (self.less(u2, &u1), self.less(s2, &s1));
        if h == zero && r == zero {
            return self.double(one);
        }
        let hh = &h * &h % &self.p;
        let hhh = &hh * &h % &self.p;
        let v = &u1 * &hh % &self.p;
        let x = self.less(&r * &r, &hhh + &v * 2_u8);
        let y = self.less(&r * self.less(v, &x), s1 * hhh);
        // Of a point and its opposite, `h` is 0, and so is this.
        Point { x, y, z: h * &one.z * &other.z % &self.p }
    }

    /// One number less another, of those below `p`.
    fn less(&self, one: BigUint, other: impl std::borrow::Borrow<BigUint>) -> BigUint {
        let other = other.borrow() % &self.p;
        (one + &self.p - other) % &self.p
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_point_is_on_its_curve_and_has_its_order() {
        for digits in [&P256, &P384, &P512] {
            let curve = Curve::new(digits).unwrap();
            let point = [&[4][..], &curve.base.x.to_bytes_be(), &curve.base.y.to_bytes_be()].concat();
            assert!(curve.point(&point).is_some(), "{} bytes", curve.bytes);
            let infinity = curve.sum(&curve.q, &curve.base, &BigUint::ZERO);
            assert_eq!(infinity.z, BigUint::ZERO, "{} bytes", curve.bytes);
        }
    }

    #[test]
    fn points_off_the_curve_and_numbers_out_of_range_verify_nothing() {
        let curve = Curve::new(&P256).unwrap();
        assert!(curve.point(&[4; 65]).is_none() && curve.point(&[4]).is_none() && curve.point(&[]).is_none());
        let one = BigUint::from(1_u8);
        for (r, s) in [(&BigUint::ZERO, &one), (&one, &BigUint::ZERO), (&curve.q, &one), (&one, &curve.q)] {
            assert!(!curve.verifies(&curve.base, &[1; 32], r, s));
        }
    }
}
