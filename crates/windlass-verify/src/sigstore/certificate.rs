//! A certificate, and what it says of whoever holds its key.

use x509_cert::Certificate;
use x509_cert::der::asn1::{ObjectIdentifier, Utf8StringRef};
use x509_cert::der::{Decode, Encode, Reader, SliceReader};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName};
use x509_cert::name::Name;

use super::Refusal;
use super::key::{Hash, PublicKey};

/// The most bytes of one certificate.
const CERTIFICATE_BYTES_MAX: usize = 64 << 10;

pub(super) const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// Who vouched, as a text in DER, and in the older form as it stands.
const ISSUER: ObjectIdentifier = oid("1.3.6.1.4.1.57264.1.8");
const ISSUER_OLD: ObjectIdentifier = oid("1.3.6.1.4.1.57264.1.1");
/// The name of somebody who has neither a mailbox nor an address.
const OTHER_NAME: ObjectIdentifier = oid("1.3.6.1.4.1.57264.1.7");
pub(super) const CODE_SIGNING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.3");
pub(super) const TIME_STAMPING: ObjectIdentifier = oid("1.3.6.1.5.5.7.3.8");
const ANY_USAGE: ObjectIdentifier = oid("2.5.29.37.0");
/// What is understood here: usage, names, constraints of an authority, extended usage, the names of keys, policies.
const UNDERSTOOD: [&str; 6] = ["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.37", "2.5.29.14", "2.5.29.35"];

/// How a certificate is signed.
pub(super) const ALGORITHMS: [(&str, Hash); 7] = [
    ("1.2.840.10045.4.3.2", Hash::Sha256),
    ("1.2.840.10045.4.3.3", Hash::Sha384),
    ("1.2.840.10045.4.3.4", Hash::Sha512),
    ("1.2.840.113549.1.1.11", Hash::Sha256),
    ("1.2.840.113549.1.1.12", Hash::Sha384),
    ("1.2.840.113549.1.1.13", Hash::Sha512),
    ("1.3.101.112", Hash::Sha512),
];

/// A certificate whose extensions are all understood where they must be.
#[derive(Debug, Clone)]
pub(super) struct Held {
    der: Vec<u8>,
    certificate: Certificate,
    key: PublicKey,
}

impl Held {
    pub(super) fn read(der: &[u8]) -> Result<Self, Refusal> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(Refusal::TooLarge(CERTIFICATE_BYTES_MAX));
        }
        let wrong = |_| Refusal::Malformed("certificate");
        let certificate = Certificate::from_der(der).map_err(wrong)?;
        let extensions = certificate.tbs_certificate().extensions().into_iter().flatten();
        let is_understood =
            |id: &ObjectIdentifier| UNDERSTOOD.iter().any(|understood| oid(understood) == *id);
        if extensions.into_iter().any(|extension| extension.critical && !is_understood(&extension.extn_id)) {
            return Err(Refusal::Untrusted("it has a critical extension that is not understood"));
        }
        let info = certificate.tbs_certificate().subject_public_key_info().to_der().map_err(wrong)?;
        let key =
            PublicKey::read(&info).ok_or(Refusal::Untrusted("its key is of a kind that is not taken"))?;
        Ok(Self { der: der.to_owned(), certificate, key })
    }

    pub(super) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn key(&self) -> &PublicKey {
        &self.key
    }

    pub(super) fn subject(&self) -> &Name {
        self.certificate.tbs_certificate().subject()
    }

    pub(super) fn issuer(&self) -> &Name {
        self.certificate.tbs_certificate().issuer()
    }

    pub(super) fn is_valid_at(&self, time: u64) -> bool {
        let validity = self.certificate.tbs_certificate().validity();
        let seconds = |time: x509_cert::time::Time| time.to_unix_duration().as_secs();
        (seconds(validity.not_before)..=seconds(validity.not_after)).contains(&time)
    }

    /// What the certificate's issuer signed of it, as it stands there.
    pub(super) fn signed(&self) -> Option<&[u8]> {
        let mut reader = SliceReader::new(&self.der).ok()?;
        reader
            .sequence(|inside| {
                let signed = inside.tlv_bytes()?;
                inside.tlv_bytes()?;
                inside.tlv_bytes()?;
                Ok::<_, x509_cert::der::Error>(signed)
            })
            .ok()
    }

    /// Whether the key of another certificate signed this one.
    pub(super) fn is_signed_by(&self, issuer: &Self) -> bool {
        let algorithm = &self.certificate.signature_algorithm().oid;
        let hash = ALGORITHMS.iter().find(|(id, _)| oid(id) == *algorithm).map(|(_, hash)| *hash);
        let signature = self.certificate.signature().as_bytes();
        let (Some(hash), Some(signature), Some(signed)) = (hash, signature, self.signed()) else {
            return false;
        };
        self.issuer() == issuer.subject() && issuer.key.made_with(hash, signature, signed)
    }

    /// Whether the certificate may issue others, with so many authorities below it.
    pub(super) fn is_authority(&self, below: usize) -> bool {
        let tbs = self.certificate.tbs_certificate();
        let Ok(Some((_, constraints))) = tbs.get_extension::<BasicConstraints>() else { return false };
        let may_sign = match tbs.get_extension::<KeyUsage>() {
            Ok(None) => true,
            Ok(Some((_, usage))) => usage.key_cert_sign(),
            Err(_) => false,
        };
        let is_short = constraints.path_len_constraint.is_none_or(|max| below <= usize::from(max));
        constraints.ca && may_sign && is_short
    }

    /// Whether the certificate is for this use. An authority that says nothing of it may be for any.
    pub(super) fn is_for(&self, usage: ObjectIdentifier, unless_said: bool) -> bool {
        match self.certificate.tbs_certificate().get_extension::<ExtendedKeyUsage>() {
            Ok(None) => unless_said,
            Ok(Some((_, named))) => named.0.contains(&usage) || named.0.contains(&ANY_USAGE),
            Err(_) => false,
        }
    }

    /// Whether its key may sign.
    pub(super) fn may_sign(&self) -> bool {
        match self.certificate.tbs_certificate().get_extension::<KeyUsage>() {
            Ok(None) => true,
            Ok(Some((_, usage))) => usage.digital_signature(),
            Err(_) => false,
        }
    }

    /// The content of an extension.
    pub(super) fn extension(&self, id: ObjectIdentifier) -> Option<&[u8]> {
        let extensions = self.certificate.tbs_certificate().extensions()?;
        extensions
            .iter()
            .find(|extension| extension.extn_id == id)
            .map(|extension| extension.extn_value.as_bytes())
    }

    /// Whom the certificate names, and who vouched for that.
    pub(super) fn identity(&self) -> Result<(String, String), Refusal> {
        let names = self.certificate.tbs_certificate().get_extension::<SubjectAltName>();
        let names = names.map_err(|_| Refusal::Malformed("names of the certificate"))?;
        let names = names.map(|(_, names)| names.0).unwrap_or_default();
        let [name] = &names[..] else {
            return Err(Refusal::Untrusted("it does not name one subject"));
        };
        let subject = match name {
            GeneralName::Rfc822Name(text) => text.as_str().to_owned(),
            GeneralName::UniformResourceIdentifier(text) => text.as_str().to_owned(),
            GeneralName::OtherName(other) if other.type_id == OTHER_NAME => {
                let text = other.value.decode_as::<Utf8StringRef<'_>>();
                text.map_err(|_| Refusal::Malformed("name of the certificate"))?.as_str().to_owned()
            }
            _ => return Err(Refusal::Untrusted("it does not name a subject that can be one")),
        };
        let issuer = match (self.extension(ISSUER), self.extension(ISSUER_OLD)) {
            (Some(der), _) => Utf8StringRef::from_der(der).ok().map(|text| text.as_str().to_owned()),
            (None, Some(text)) => String::from_utf8(text.to_vec()).ok(),
            (None, None) => None,
        };
        let issuer = issuer.ok_or(Refusal::Untrusted("it does not say who vouched for its subject"))?;
        Ok((subject, issuer))
    }
}
