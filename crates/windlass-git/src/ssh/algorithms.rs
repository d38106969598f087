//! What is agreed upon with a server: strong algorithms only, and first the kinds of keys that the host is known by.

use std::borrow::Cow;

use russh::client::{Config, GexParams};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{Preferred, SshId, cipher, kex};

/// The largest packet, as OpenSSH has it.
const PACKET_BYTES_MAX: u32 = 32 << 10;

/// How much a server may send before it is read.
const WINDOW_BYTES: u32 = 2 << 20;

/// Key exchanges, the best first. Without SHA-1; with the curves of NIST, which some hosts have and nothing better.
const EXCHANGES: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::ECDH_SHA2_NISTP256,
    kex::ECDH_SHA2_NISTP384,
    kex::ECDH_SHA2_NISTP521,
    kex::DH_GEX_SHA256,
    kex::DH_G16_SHA512,
    kex::DH_G18_SHA512,
    kex::DH_G14_SHA256,
    kex::EXTENSION_SUPPORT_AS_CLIENT,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_CLIENT,
];

const CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_256_GCM,
    cipher::AES_128_GCM,
    cipher::AES_256_CTR,
    cipher::AES_192_CTR,
    cipher::AES_128_CTR,
];

/// The settings of a connection to a host that is known by keys of these kinds.
pub(super) fn config(known: &[&str], messages_max: usize) -> Config {
    let preferred = Preferred {
        kex: Cow::Borrowed(EXCHANGES),
        key: Cow::Owned(host_keys(known)),
        cipher: Cow::Borrowed(CIPHERS),
        ..Preferred::DEFAULT
    };
    Config {
        client_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-windlass_", env!("CARGO_PKG_VERSION")))),
        window_size: WINDOW_BYTES,
        maximum_packet_size: PACKET_BYTES_MAX,
        channel_buffer_size: messages_max,
        preferred,
        // A large group takes seconds; OpenSSH asks for one that is as strong as the ciphers are.
        gex: GexParams::new(2048, 3072, 8192).unwrap_or_default(),
        ..Config::default()
    }
}

/// The kinds of host keys, those that the host is known by first. A host that shows another kind is then refused with the
/// fingerprint of what it showed, instead of for having nothing in common.
fn host_keys(known: &[&str]) -> Vec<Algorithm> {
    let ecdsa = |curve| Algorithm::Ecdsa { curve };
    let rsa = |hash| Algorithm::Rsa { hash: Some(hash) };
    let all = [
        Algorithm::Ed25519,
        ecdsa(EcdsaCurve::NistP256),
        ecdsa(EcdsaCurve::NistP384),
        ecdsa(EcdsaCurve::NistP521),
        rsa(HashAlg::Sha512),
        rsa(HashAlg::Sha256),
    ];
    // A key of RSA is of one kind, whatever is hashed.
    let kind = |algorithm: &Algorithm| match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa".to_owned(),
        other => other.as_str().to_owned(),
    };
    let (first, rest): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|algorithm| known.contains(&kind(algorithm).as_str()));
    first.into_iter().chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_that_a_host_is_known_by_come_first() {
        let names = |known: &[&str]| {
            host_keys(known).iter().map(|kind| kind.as_str().to_owned()).collect::<Vec<_>>().join(" ")
        };
        let rest = "ssh-ed25519 ecdsa-sha2-nistp256 ecdsa-sha2-nistp384 ecdsa-sha2-nistp521";
        assert_eq!(names(&["ssh-rsa"]), format!("rsa-sha2-512 rsa-sha2-256 {rest}"));
        assert_eq!(names(&[]), format!("{rest} rsa-sha2-512 rsa-sha2-256"));
        assert!(names(&["ecdsa-sha2-nistp521", "ssh-dss"]).starts_with("ecdsa-sha2-nistp521 ssh-ed25519"));
    }
}
