//! Bech32 of [BIP 173](https://github.com/bitcoin/bips/blob/master/bip-0173.mediawiki), without its limit of length.

const SYMBOLS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const CHECKSUM: usize = 6;

/// Gives the part in front, in lower case, and the bytes behind; `None` for anything else.
pub(super) fn decode(text: &str) -> Option<(String, Vec<u8>)> {
    let mixed = text.bytes().any(|byte| byte.is_ascii_lowercase())
        && text.bytes().any(|byte| byte.is_ascii_uppercase());
    let lower = text.to_ascii_lowercase();
    let (prefix, data) = lower.rsplit_once('1')?;
    if mixed
        || prefix.is_empty()
        || data.len() < CHECKSUM
        || !prefix.bytes().all(|byte| (33..127).contains(&byte))
    {
        return None;
    }
    let values: Option<Vec<u8>> = data
        .bytes()
        .map(|byte| SYMBOLS.iter().position(|symbol| *symbol == byte).and_then(|at| u8::try_from(at).ok()))
        .collect();
    let values = values?;
    if checksum(prefix, &values) != 1 {
        return None;
    }
    Some((prefix.to_owned(), bytes(&values[..values.len() - CHECKSUM])?))
}

fn checksum(prefix: &str, values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    let all = high.chain([0]).chain(low).chain(values.iter().copied());
    all.fold(1, |sum, value| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
        (0..5).filter(|bit| top >> bit & 1 == 1).fold(next, |next, bit| next ^ GENERATOR[bit])
    })
}

/// Joins groups of five bits to bytes; what is left over has to be zero.
fn bytes(values: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(values.len() * 5 / 8);
    let (mut bits, mut count) = (0_u32, 0);
    for value in values {
        bits = (bits << 5 | u32::from(*value)) & 0xfff;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    let rest = bits & ((1 << count) - 1);
    (count < 5 && rest == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_decoded_in_one_case_only() {
        let (prefix, bytes) = decode("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw").unwrap();
        assert_eq!((prefix.as_str(), bytes.len()), ("abcdef", 20));
        assert!(decode("ABCDEF1QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LMQQQXW").is_some());
        assert!(decode("ABCDEF1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw").is_none());
    }

    #[test]
    fn a_changed_text_is_refused() {
        for text in ["abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxx", "abcdef", "1qqqqqq", "a1", "abcdef1b"] {
            assert!(decode(text).is_none(), "{text}");
        }
    }
}
