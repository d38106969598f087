//! Whose signature an artifact bears.

use std::collections::BTreeSet;

use serde::Deserialize;
use windlass_core::{Digest, Error, ErrorKind, Result};
use windlass_http::Job;
use windlass_verify::sigstore::{Refusal, Signer, Signers, SimpleSignature, Subject};

use crate::OciLimits;
use crate::manifest::{Document, Manifest};
use crate::registry::Registry;

/// The beginning of each media type of a bundle.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// The media type of a payload of the older form, and where the rest of the signature is.
const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const LOGGED: &str = "dev.sigstore.cosign/bundle";
/// The most reasons that one error tells.
const REASONS_MAX: usize = 3;

/// Which signature an artifact must bear before anything of it is given out: one that [cosign](https://docs.sigstore.dev/cosign/)
/// made, by somebody who is trusted.
///
/// Both forms are read: the bundles that refer to the artifact, and the older one under the tag `sha256-….sig`. One
/// signature that counts is enough; others beside it do no harm.
///
/// ```
/// use windlass_oci::{OciSource, Verification};
/// use windlass_verify::sigstore::{PublicKeys, Signers};
///
/// # let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAER8mt3EEILW6qv6kGxpPr20W+VrkH\n\
/// #            vZpV3piAupy5IARPQyOq7FI3q6m++41u6cNp7Td4rN6SdTwo/VbdR8ScKg==\n-----END PUBLIC KEY-----\n";
/// let keys = PublicKeys::new().with_pem(pem)?;
/// let source = OciSource::new("oci://registry.example/fleet/shop")
///     .tag("v1.2.0")
///     .with_verification(Verification::new(Signers::keys(keys)));
/// # Ok::<(), windlass_verify::sigstore::Refusal>(())
/// ```
#[derive(Debug, Clone)]
pub struct Verification {
    signers: Signers,
}

/// Documents that refer to an artifact.
#[derive(Deserialize)]
pub(crate) struct Referrers {
    #[serde(default)]
    pub(crate) manifests: Vec<Referrer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Referrer {
    digest: String,
    #[serde(default)]
    artifact_type: Option<String>,
}

impl Referrer {
    /// Whether it may be a bundle. Where nothing is said of its type, it is looked at.
    fn may_be_bundle(&self) -> bool {
        self.artifact_type.as_ref().is_none_or(|kind| kind.is_empty() || kind.starts_with(BUNDLE))
    }
}

impl Verification {
    /// One of these signers must have signed the artifact.
    #[must_use]
    pub fn new(signers: Signers) -> Self {
        Self { signers }
    }

    /// Looks for a signature that counts, and says who made it.
    pub(crate) fn check(&self, registry: &Registry, job: &Job, digest: Digest) -> Result<String> {
        let mut search = Search {
            registry,
            job,
            signers: &self.signers,
            subject: Subject::new(*digest.as_bytes()),
            digest,
            reasons: Vec::new(),
            count: 0,
        };
        if let Some(signer) = search.bundles()? {
            return Ok(signer.to_string());
        }
        match search.simple()? {
            Some(signer) => Ok(signer.to_string()),
            None => Err(search.refused()),
        }
    }
}

/// A search for a signature that counts, and why those that were found do not.
struct Search<'a> {
    registry: &'a Registry,
    job: &'a Job,
    signers: &'a Signers,
    subject: Subject,
    digest: Digest,
    reasons: Vec<String>,
    count: usize,
}

impl Search<'_> {
    fn limits(&self) -> &OciLimits {
        &self.registry.limits
    }

    /// Looks at the bundles that refer to the artifact.
    fn bundles(&mut self) -> Result<Option<Signer>> {
        let referrers = self.registry.referrers(self.job, self.digest)?;
        for referrer in referrers.iter().filter(|referrer| referrer.may_be_bundle()) {
            // A digest of another kind cannot be verified.
            let Ok(digest) = referrer.digest.parse() else { continue };
            self.counted()?;
            let Some(json) = self.bundle(digest)? else { continue };
            let verified = self.signers.verify_bundle(&json, &self.subject);
            if let Some(signer) = self.noted(verified) {
                return Ok(Some(signer));
            }
        }
        Ok(None)
    }

    /// Brings a bundle. What refers to the artifact may be anything else.
    fn bundle(&mut self, digest: Digest) -> Result<Option<Vec<u8>>> {
        let Some(manifest) = self.manifest(|registry, job| registry.manifest_of(job, digest))? else {
            return Ok(None);
        };
        match &manifest.layers[..] {
            [one] if one.media_type.starts_with(BUNDLE) => self.blob(one.digest),
            _ => Ok(None),
        }
    }

    /// Looks at the signatures of the older form.
    fn simple(&mut self) -> Result<Option<Signer>> {
        let tag = format!("{}.sig", tag(self.digest));
        let Some(manifest) = self.manifest(|registry, job| registry.manifest_at(job, &tag))? else {
            return Ok(None);
        };
        for layer in manifest.layers.iter().filter(|layer| layer.media_type == SIMPLE) {
            self.counted()?;
            let Some(payload) = self.blob(layer.digest)? else { continue };
            let annotation = |name: &str| layer.annotations.get(name).map(String::as_str);
            let signature = SimpleSignature {
                payload: &payload,
                signature: annotation(SIGNATURE).unwrap_or_default(),
                certificate: annotation(CERTIFICATE),
                bundle: annotation(LOGGED),
            };
            let verified = self.signers.verify_simple(&signature, &self.subject);
            if let Some(signer) = self.noted(verified) {
                return Ok(Some(signer));
            }
        }
        Ok(None)
    }

    /// Reads a manifest, if there is one. What is there and broken is a reason.
    fn manifest(
        &mut self,
        bring: impl FnOnce(&Registry, &Job) -> Result<Vec<u8>>,
    ) -> Result<Option<Manifest>> {
        let read =
            bring(self.registry, self.job).and_then(|bytes| Document::read(&bytes, self.limits(), None));
        match self.found(read)? {
            Some(Document::Manifest(manifest)) => Ok(Some(manifest)),
            _ => Ok(None),
        }
    }

    fn blob(&mut self, digest: Digest) -> Result<Option<Vec<u8>>> {
        let read = self.registry.small_blob(self.job, digest);
        self.found(read)
    }

    /// Tells a part that is not there, or is broken, from a registry that does not answer: only that ends the search.
    fn found<T>(&mut self, read: Result<T>) -> Result<Option<T>> {
        let error = match read {
            Ok(found) => return Ok(Some(found)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::NotFound => Ok(None),
            ErrorKind::Corrupt | ErrorKind::Invalid | ErrorKind::Unsupported | ErrorKind::Limit => {
                self.reasons.push(error.to_string());
                Ok(None)
            }
            _ => Err(error),
        }
    }

    fn noted(&mut self, verified: std::result::Result<Signer, Refusal>) -> Option<Signer> {
        verified.map_err(|why| self.reasons.push(why.to_string())).ok()
    }

    fn counted(&mut self) -> Result<()> {
        self.count += 1;
        let max = self.limits().signatures_max;
        if self.count <= max {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Limit, "the artifact has too many signatures")
            .with("digest", self.digest)
            .with("signatures_max", max))
    }

    fn refused(mut self) -> Error {
        let mut told = BTreeSet::new();
        self.reasons.retain(|reason| told.insert(reason.clone()));
        let why = match self.reasons.is_empty() {
            true => "nobody signed it".to_owned(),
            false => self.reasons[..self.reasons.len().min(REASONS_MAX)].join("; "),
        };
        let error = Error::new(ErrorKind::Denied, "no trusted signature").with("digest", self.digest);
        let error = if self.count > 1 { error.with("signatures", self.count) } else { error };
        error
            .with("why", why)
            .with_help("sign it with cosign as somebody who is trusted, or trust whoever signed it")
    }
}

/// The tag of what belongs to an artifact, where a registry does not list it.
pub(crate) fn tag(digest: Digest) -> String {
    digest.to_string().replacen(':', "-", 1)
}
