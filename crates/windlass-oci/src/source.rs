//! The source: an address, a reference, and how to ask.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use windlass_core::{Artifact, Context, Digest, Error, ErrorKind, Paths, Resolved, Result, Revision, Source};
use windlass_http::{Job, Workers};

use crate::address::{Address, Parsed};
use crate::layers::{LayerSelector, gather};
use crate::manifest::{Document, Manifest};
use crate::options::{Access, THREAD};
use crate::reference::{Reference, Wanted, choose};
use crate::registry::Registry;
use crate::{Credentials, OciLimits, Verification};

/// The most letters of an annotation that are kept.
const TEXT_MAX: usize = 256;
/// The tag that is meant where none is said.
const LATEST: &str = "latest";

/// An artifact in an OCI registry as a [`Source`].
///
/// A wrong address or reference is an error of the first call, so that a source can be described without `?`.
///
/// # Guarantees
/// - [`resolve`](Source::resolve) of a tag is one request without a body, once it is known how to be let in; of a digest
///   none; of a range the list of tags and one request more.
/// - [`fetch`](Source::fetch) brings the manifest and the layers that are taken. Each is verified against its digest and
///   its size, and nothing is given out of an artifact of which any part is wrong.
/// - With a [`Verification`], signatures are verified before the manifest is read, and nothing is given out without one.
/// - Files are kept in memory, at most [`artifact_bytes_max`](windlass_core::Limits::artifact_bytes_max) of them and their
///   buffer at most twice that. Nothing is written to a disk.
/// - A call ends when the deadline of its context has passed, whatever its thread is at.
///
/// # Cancel safety
/// A dropped call stops at its next read and leaves nothing behind.
#[derive(Debug, Clone)]
pub struct OciSource {
    address: Result<Address>,
    reference: Reference,
    selector: LayerSelector,
    platform: Option<String>,
    verification: Option<Arc<Verification>>,
    access: Access,
    limits: OciLimits,
    registry: Arc<OnceLock<Arc<Registry>>>,
    threads: Workers,
}

impl OciSource {
    /// A source at `oci://host/repository`, at its tag `latest`.
    #[must_use]
    pub fn new(url: impl AsRef<str>) -> Self {
        let address = Address::parse(url.as_ref()).and_then(|Parsed { address, tag }| match tag {
            None => Ok(address),
            Some(tag) => Err(Error::new(ErrorKind::Invalid, "the address has a tag")
                .with("tag", tag)
                .with_help("give the tag apart from the address")),
        });
        let limits = OciLimits::default();
        Self {
            address,
            reference: Reference::Tag(LATEST.to_owned()),
            selector: LayerSelector::default(),
            platform: None,
            verification: None,
            access: Access::default(),
            threads: Workers::new(THREAD, limits.calls_max),
            limits,
            registry: Arc::default(),
        }
    }

    /// Follows a tag.
    #[must_use]
    pub fn tag(self, name: impl Into<String>) -> Self {
        self.reference(Reference::Tag(name.into()))
    }

    /// Follows the highest tag of a range of versions.
    #[must_use]
    pub fn semver(self, range: impl Into<String>) -> Self {
        self.reference(Reference::Semver(range.into()))
    }

    /// Stays at an artifact, given by its digest.
    #[must_use]
    pub fn digest(self, digest: impl Into<String>) -> Self {
        self.reference(Reference::Digest(digest.into()))
    }

    /// Follows what a reference means.
    #[must_use]
    pub fn reference(mut self, reference: Reference) -> Self {
        self.reference = reference;
        self
    }

    /// Says which layer is taken, and what becomes of it.
    #[must_use]
    pub fn with_layer(mut self, selector: LayerSelector) -> Self {
        self.selector = selector;
        self
    }

    /// Takes the manifest for this platform where the artifact is an index, such as `linux/arm64`; `linux/amd64` unless
    /// said, as Flux does.
    #[must_use]
    pub fn with_platform(mut self, platform: impl Into<String>) -> Self {
        self.platform = Some(platform.into());
        self
    }

    /// Gives out only artifacts that somebody who is trusted has signed; says who in the revision of the artifact.
    #[must_use]
    pub fn with_verification(mut self, verification: Verification) -> Self {
        self.verification = Some(Arc::new(verification));
        self
    }

    /// Shows credentials to the registry and to the server of tokens that it names, and to nobody that they redirect to.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        self.with(|source| source.access.credentials = Some(credentials))
    }

    /// Asks over plain HTTP, where everybody on the way can read and change what is sent, credentials too.
    #[must_use]
    pub fn with_plain_http(self) -> Self {
        self.with(|source| source.access.plain_http = true)
    }

    windlass_http::route_methods!(access.route);

    /// Replaces the limits.
    #[must_use]
    pub fn with_limits(self, limits: OciLimits) -> Self {
        self.with(|source| source.limits = limits)
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.registry = Arc::default();
        self.threads = Workers::new(THREAD, self.limits.calls_max);
        self
    }

    /// The registry, made at the first use and shared by all calls and clones for its connections and tokens.
    fn registry(&self) -> Result<Arc<Registry>> {
        if let Some(registry) = self.registry.get() {
            return Ok(Arc::clone(registry));
        }
        let registry = Registry::new(self.address.clone()?, self.access.clone(), self.limits.clone())?;
        Ok(Arc::clone(self.registry.get_or_init(|| Arc::new(registry))))
    }
}

#[async_trait]
impl Source for OciSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let (registry, wanted) = (self.registry()?, Wanted::read(&self.reference)?);
        let work = move |job: &Job| {
            let job = job.within(job.limits().request_timeout);
            resolve(&registry, &job, &wanted).map(Resolved::new)
        };
        self.threads.run(cx, work).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        let (registry, revision) = (self.registry()?, revision.clone());
        let wish = Wish {
            selector: self.selector.clone(),
            platform: self.platform.clone(),
            verification: self.verification.clone(),
        };
        let work = move |job: &Job| {
            let job = job.within(registry.limits.fetch_time_max);
            fetch(&registry, &job, revision, &wish)
        };
        self.threads.run(cx, work).await
    }
}

fn resolve(registry: &Registry, job: &Job, wanted: &Wanted) -> Result<Revision> {
    let tag = match wanted {
        Wanted::Digest(digest) => return Ok(Revision::new(digest.to_string())),
        Wanted::Tag(tag) => tag.clone(),
        Wanted::Semver { range, constraint } => choose(&registry.tags(job)?, range, constraint)
            .map_err(|error| error.with("repository", registry.address()))?,
    };
    let digest = registry.digest_of(job, &tag)?;
    Ok(Revision::new(digest.to_string()).with_reference(tag))
}

/// What of an artifact is fetched, and by whom it must be signed.
struct Wish {
    selector: LayerSelector,
    platform: Option<String>,
    verification: Option<Arc<Verification>>,
}

fn fetch(registry: &Registry, job: &Job, mut revision: Revision, wish: &Wish) -> Result<Artifact> {
    let unknown = || Error::new(ErrorKind::NotFound, "no revision of a registry").with("revision", &revision);
    let digest: Digest = revision.id.parse().map_err(|_| unknown())?;
    let named = |error: Error| error.with("repository", registry.address());
    let bytes = registry.manifest_of(job, digest).map_err(named)?;
    if let Some(verification) = &wish.verification {
        revision.signer = Some(verification.check(registry, job, digest).map_err(named)?.into());
    }
    let manifest = manifest(registry, job, (digest, &bytes), wish.platform.as_deref()).map_err(named)?;
    let gathered = gather(registry, job, &manifest, &wish.selector).map_err(named)?;
    let tree = gathered.done(registry.limits.links_max);
    let described = described(revision, &manifest.annotations);
    Ok(Artifact::new(described, tree.digest(), Arc::new(tree)))
}

/// Reads a manifest, or an index and the manifest of it that is meant.
fn manifest(
    registry: &Registry,
    job: &Job,
    (digest, bytes): (Digest, &[u8]),
    platform: Option<&str>,
) -> Result<Manifest> {
    let read = |digest: Digest, bytes: &[u8]| {
        Document::read(bytes, &registry.limits, platform).map_err(|error| error.with("digest", digest))
    };
    let chosen = match read(digest, bytes)? {
        Document::Manifest(manifest) => return Ok(manifest),
        Document::Index(chosen) => chosen.digest,
    };
    match read(chosen, &registry.manifest_of(job, chosen)?)? {
        Document::Manifest(manifest) => Ok(manifest),
        Document::Index(_) => {
            Err(Error::new(ErrorKind::Unsupported, "the artifact is an index of indexes")
                .with("digest", digest))
        }
    }
}

/// Adds what the artifact says of its making: from where, of which revision, and when.
fn described(mut revision: Revision, annotations: &BTreeMap<String, String>) -> Revision {
    let said = |name: &str| {
        let text = annotations.get(&format!("org.opencontainers.image.{name}"))?;
        let text: String = text.trim().chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect();
        (!text.is_empty()).then_some(text)
    };
    if let Some(time) = said("created").and_then(|text| text.parse().ok()) {
        revision.time = Some(time);
    }
    // A source may be an address with a password in it, which is shown to nobody.
    let source = said("source").filter(|source| !source.contains('@'));
    let message = match (said("revision"), source) {
        (Some(of), Some(from)) => Some(format!("{of} of {from}")),
        (of, from) => of.or(from),
    };
    if let Some(message) = message {
        revision.message = Some(message.into());
    }
    revision
}
