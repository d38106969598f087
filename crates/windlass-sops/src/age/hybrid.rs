//! Keys of type mlkem768x25519: X-Wing under [HPKE](https://www.rfc-editor.org/rfc/rfc9180) with HKDF-SHA256 and
//! ChaCha20-Poly1305.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hkdf::Hkdf;
use ml_kem::kem::Decapsulate;
use ml_kem::{DecapsulationKey768, Seed};
use sha2::Sha256;
use sha3::{Digest, Sha3_256};
use shake::{ExtendableOutput, Shake256, Update, XofReader};
use x25519_dalek::{PublicKey, StaticSecret};

use super::header::Stanza;
use super::unwrap;
use crate::Secret;

const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
/// Of the identity of the suite: X-Wing, HKDF-SHA256, ChaCha20-Poly1305.
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const LABEL: &[u8] = br"\.//^\";
const LATTICE: usize = 1088;

pub(super) struct Key {
    lattice: DecapsulationKey768,
    curve: StaticSecret,
}

impl Key {
    pub(super) fn new(seed: &[u8]) -> Option<Self> {
        if seed.len() != 32 {
            return None;
        }
        let mut expanded = Shake256::default();
        expanded.update(seed);
        let mut reader = expanded.finalize_xof();
        let (mut lattice, mut curve) = ([0; 64], [0; 32]);
        reader.read(&mut lattice);
        reader.read(&mut curve);
        let lattice = DecapsulationKey768::from_seed(Seed::from(lattice));
        Some(Self { lattice, curve: StaticSecret::from(curve) })
    }

    pub(super) fn open(&self, stanza: &Stanza) -> Option<Secret> {
        let [share] = stanza.arguments.as_slice() else { return None };
        if stanza.kind != "mlkem768x25519" {
            return None;
        }
        let share = STANDARD_NO_PAD.decode(share).ok()?;
        let shared = self.shared(&share)?;
        let (key, nonce) = schedule(&shared)?;
        unwrap(&key, nonce, &stanza.body)
    }

    /// The secret of X-Wing.
    fn shared(&self, share: &[u8]) -> Option<[u8; 32]> {
        let (lattice, curve) = share.split_at_checked(LATTICE)?;
        let curve = <[u8; 32]>::try_from(curve).ok()?;
        let by_lattice = self.lattice.decapsulate_slice(lattice).ok()?;
        let by_curve = self.curve.diffie_hellman(&PublicKey::from(curve));
        if !by_curve.was_contributory() {
            return None;
        }
        let hash = Sha3_256::new()
            .chain_update(by_lattice)
            .chain_update(by_curve.as_bytes())
            .chain_update(curve)
            .chain_update(PublicKey::from(&self.curve).as_bytes())
            .chain_update(LABEL);
        Some(hash.finalize().into())
    }
}

/// The key and the nonce of HPKE's base mode.
fn schedule(shared: &[u8]) -> Option<([u8; 32], [u8; 12])> {
    let mut context = vec![0];
    context.extend(extract(&[], b"psk_id_hash", &[]));
    context.extend(extract(&[], b"info_hash", INFO));
    let secret = extract(shared, b"secret", &[]);
    let expander = Hkdf::<Sha256>::from_prk(&secret).ok()?;
    let (mut key, mut nonce) = ([0; 32], [0; 12]);
    expander.expand_multi_info(&[b"\x00\x20HPKE-v1", SUITE, b"key", &context], &mut key).ok()?;
    expander.expand_multi_info(&[b"\x00\x0cHPKE-v1", SUITE, b"base_nonce", &context], &mut nonce).ok()?;
    Some((key, nonce))
}

fn extract(salt: &[u8], label: &[u8], input: &[u8]) -> [u8; 32] {
    let input = [b"HPKE-v1", SUITE, label, input].concat();
    Hkdf::<Sha256>::extract(Some(salt), &input).0.into()
}
