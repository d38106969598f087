//! Signatures of OpenPGP, by rPGP.

use pgp::composed::{Deserializable as _, DetachedSignature, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{KeyFlags, Signature, SignatureType};
use pgp::types::{KeyDetails as _, Tag, Timestamp};

use crate::key::AnyCurve;
use crate::{Format, KEYS_MAX, Refusal, Signed, Signer, armor};

/// A primary key with what hangs on it.
#[derive(Debug, Clone)]
pub(crate) struct Ring(SignedPublicKey);

impl Ring {
    /// Reads the keys of an armored text.
    pub(crate) fn read(armored: &str) -> Result<Vec<Self>, Refusal> {
        let wrong = |error: pgp::errors::Error| Refusal::KeyRing(error.to_string());
        let (keys, _) = SignedPublicKey::from_armor_many(armored.trim_start().as_bytes()).map_err(wrong)?;
        let keys: Vec<Self> =
            keys.take(KEYS_MAX + 1).map(|key| key.map(Ring)).collect::<Result<_, _>>().map_err(wrong)?;
        if keys.is_empty() { Err(Refusal::KeyRing("no key".into())) } else { Ok(keys) }
    }

    pub(crate) fn fingerprint(&self) -> String {
        format!("{:X}", self.0.primary_key.fingerprint())
    }

    fn key_id(&self) -> String {
        self.0.primary_key.legacy_key_id().as_ref().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// Whether a key of this ring, valid at the time, made the signature.
    fn made(&self, signature: &DetachedSignature, payload: &[u8], at: u64) -> bool {
        let key = &self.0;
        let Some(own) = self.own_signature() else { return false };
        if self.is_revoked() || !lives(key.primary_key.created_at().as_secs(), own, at) {
            return false;
        }
        // A key without flags may do everything.
        let flags = own.key_flags();
        if (flags.sign() || flags == KeyFlags::default())
            && signature.verify(&AnyCurve(&key.primary_key), payload).is_ok()
        {
            return true;
        }
        key.public_subkeys
            .iter()
            .any(|subkey| signature.verify(&AnyCurve(&subkey.key), payload).is_ok() && self.binds(subkey, at))
    }

    fn is_revoked(&self) -> bool {
        let key = &self.0;
        key.details
            .revocation_signatures
            .iter()
            .any(|own| own.verify_key(&AnyCurve(&key.primary_key)).is_ok())
    }

    /// The newest signature by which the key says something of itself.
    fn own_signature(&self) -> Option<&Signature> {
        let (key, details) = (AnyCurve(&self.0.primary_key), &self.0.details);
        let direct = details.direct_signatures.iter().filter(|own| own.verify_key(&key).is_ok());
        let of_users = details.users.iter().flat_map(|user| {
            let own = user.signatures.iter().filter(|own| own.is_certification());
            own.filter(|own| own.verify_certification(&key, Tag::UserId, &user.id).is_ok())
        });
        direct.chain(of_users).max_by_key(|own| own.created().map(Timestamp::as_secs))
    }

    /// Whether the subkey was bound to sign at the time, and knew of it.
    fn binds(&self, subkey: &SignedPublicSubKey, at: u64) -> bool {
        let (primary, inner) = (AnyCurve(&self.0.primary_key), AnyCurve(&subkey.key));
        let own = subkey.signatures.iter().filter(|own| own.verify_subkey_binding(&primary, &inner).is_ok());
        let (revoked, bound): (Vec<_>, Vec<_>) =
            own.partition(|own| own.typ() == Some(SignatureType::SubkeyRevocation));
        let newest = bound.into_iter().max_by_key(|own| own.created().map(Timestamp::as_secs));
        let Some(newest) = newest.filter(|_| revoked.is_empty()) else { return false };
        let back = newest.embedded_signature();
        newest.key_flags().sign()
            && back.is_some_and(|back| back.verify_primary_key_binding(&inner, &primary).is_ok())
            && lives(subkey.key.created_at().as_secs(), newest, at)
    }
}

/// Whether a key was there at a time and had not expired by what its signature says.
fn lives(created: u32, own: &Signature, at: u64) -> bool {
    let created = u64::from(created);
    let life = own.key_expiration_time().map_or(0, |life| u64::from(life.as_secs()));
    created <= at && (life == 0 || at < created + life)
}

pub(crate) fn verify(rings: &[Ring], signed: &Signed<'_>) -> Result<Signer, Refusal> {
    let bytes = armor::bytes(signed.signature(), "PGP SIGNATURE").ok_or(Refusal::Malformed)?;
    let signature = DetachedSignature::from_bytes(&bytes[..]).map_err(|_| Refusal::Malformed)?;
    let inner = &signature.signature;
    let known = matches!(inner.typ(), Some(SignatureType::Binary | SignatureType::Text));
    let strong = inner.hash_alg().is_some_and(is_strong);
    let at = inner.created().filter(|_| known && strong).ok_or(Refusal::NoKey)?;
    let at = u64::from(at.as_secs());
    let made = rings.iter().find(|ring| ring.made(&signature, signed.payload(), at));
    made.ok_or(Refusal::NoKey).map(|ring| Signer {
        format: Format::OpenPgp,
        fingerprint: ring.fingerprint(),
        key_id: Some(ring.key_id()),
        principals: None,
    })
}

fn is_strong(hash: HashAlgorithm) -> bool {
    use HashAlgorithm::{Sha3_256, Sha3_512, Sha224, Sha256, Sha384, Sha512};
    matches!(hash, Sha224 | Sha256 | Sha384 | Sha512 | Sha3_256 | Sha3_512)
}
