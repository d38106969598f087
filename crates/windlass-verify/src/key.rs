//! Keys of OpenPGP that verify with the curves of rPGP and with those of Brainpool.

use std::io::Write;

use pgp::crypto::hash::HashAlgorithm;
use pgp::crypto::public_key::PublicKeyAlgorithm;
use pgp::errors::{Error, Result};
use pgp::ser::Serialize;
use pgp::types::{
    EcdsaPublicParams, Fingerprint, KeyDetails, KeyId, KeyVersion, PublicParams, SignatureBytes, Timestamp,
    VerifyingKey,
};

use crate::brainpool;

/// A key of rPGP, which is asked first who should verify.
#[derive(Debug)]
pub(crate) struct AnyCurve<'k, K>(pub(crate) &'k K);

impl<K: KeyDetails> KeyDetails for AnyCurve<'_, K> {
    fn version(&self) -> KeyVersion {
        self.0.version()
    }

    fn legacy_key_id(&self) -> KeyId {
        self.0.legacy_key_id()
    }

    fn fingerprint(&self) -> Fingerprint {
        self.0.fingerprint()
    }

    fn algorithm(&self) -> PublicKeyAlgorithm {
        self.0.algorithm()
    }

    fn created_at(&self) -> Timestamp {
        self.0.created_at()
    }

    fn legacy_v3_expiration_days(&self) -> Option<u16> {
        self.0.legacy_v3_expiration_days()
    }

    fn public_params(&self) -> &PublicParams {
        self.0.public_params()
    }
}

impl<K: VerifyingKey> VerifyingKey for AnyCurve<'_, K> {
    fn verify(&self, hash: HashAlgorithm, digest: &[u8], signature: &SignatureBytes) -> Result<()> {
        let PublicParams::ECDSA(EcdsaPublicParams::Unsupported { curve, opaque }) = self.public_params()
        else {
            return self.0.verify(hash, digest, signature);
        };
        let SignatureBytes::Mpis(numbers) = signature else { return Err(forged()) };
        let [r, s] = &numbers[..] else { return Err(forged()) };
        if brainpool::verifies(curve, opaque, digest, r.as_ref(), s.as_ref()) {
            Ok(())
        } else {
            Err(forged())
        }
    }
}

impl<K: Serialize> Serialize for AnyCurve<'_, K> {
    fn to_writer<W: Write>(&self, writer: &mut W) -> Result<()> {
        self.0.to_writer(writer)
    }

    fn write_len(&self) -> usize {
        self.0.write_len()
    }
}

fn forged() -> Error {
    Error::from(std::io::Error::other("not signed by this key"))
}
