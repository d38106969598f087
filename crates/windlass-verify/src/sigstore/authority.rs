//! An authority that issues certificates.

use x509_cert::der::asn1::ObjectIdentifier;

use super::Refusal;
use super::certificate::Held;
use super::root::Period;

/// The most certificates of one chain.
const CHAIN_MAX: usize = 8;

/// The certificates of an authority, of which the last is trusted from the start.
///
/// Invariant: there is at least one.
#[derive(Debug, Clone)]
pub(super) struct Authority {
    chain: Vec<Held>,
    valid: Period,
}

impl Authority {
    pub(super) fn read(chain: &[Vec<u8>], valid: Period) -> Result<Self, Refusal> {
        if chain.is_empty() || chain.len() > CHAIN_MAX {
            return Err(Refusal::Root("an authority has no certificate or too many"));
        }
        let wrong = |_| Refusal::Root("a certificate of an authority cannot be read");
        let chain = chain.iter().map(|der| Held::read(der).map_err(wrong)).collect::<Result<_, _>>()?;
        Ok(Self { chain, valid })
    }

    /// The certificates of the authority.
    pub(super) fn certificates(&self) -> &[Held] {
        &self.chain
    }

    /// Finds the certificate that issued another, by a chain that ends with the one that is trusted. `time` is when all of
    /// them must be valid.
    pub(super) fn issuer(&self, leaf: &Held, usage: ObjectIdentifier, time: u64) -> Result<&Held, Refusal> {
        if !self.valid.has(time) {
            return Err(Refusal::Untrusted("its authority did not count at that time"));
        }
        let mut first = None;
        let (mut below, last) = (leaf, self.chain.len() - 1);
        for depth in 0..self.chain.len() {
            let found = self.chain.iter().enumerate().find(|(_, above)| {
                above.is_authority(depth) && above.is_for(usage, true) && below.is_signed_by(above)
            });
            let (place, above) =
                found.ok_or(Refusal::Untrusted("no authority of the trusted root issued it"))?;
            if !above.is_valid_at(time) {
                return Err(Refusal::Untrusted("its authority was not valid at that time"));
            }
            let first = *first.get_or_insert(above);
            if place == last {
                return Ok(first);
            }
            below = above;
        }
        Err(Refusal::Untrusted("no authority of the trusted root issued it"))
    }
}
