//! The source: one archive at an address.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use windlass_core::{Artifact, Context, Digest, Error, ErrorKind, Paths, Resolved, Result, Revision, Source};
use windlass_http::Job;

use crate::client::{Asking, Brought, Client};
use crate::options::{Credentials, WebLimits};
use crate::unpacked::{artifact, changed};

/// A tar at an address, packed with gzip or not, as a [`Source`].
///
/// # Guarantees
/// - The revision is the digest of the archive. With a pinned one, [`resolve`](Source::resolve) asks nobody, and
///   [`fetch`](Source::fetch) gives that archive or an error.
/// - Without one, a resolve brings the archive once and keeps it in memory. From then on it asks for it on the condition that
///   it has changed, which is one answer without a body where the server knows ETags or times.
/// - What is fetched is what was resolved: the archive that is kept, or one of the same digest.
/// - Credentials are shown to the origin of the address and to nobody that it redirects to.
///
/// # Cancel safety
/// A dropped call stops at its next read and changes nothing.
#[derive(Debug, Clone)]
pub struct ArchiveSource {
    asking: Asking,
    pin: Option<String>,
    kept: Arc<Mutex<Option<Brought>>>,
}

impl ArchiveSource {
    /// A source of the archive at this address.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { asking: Asking::new(url.into()), pin: None, kept: Arc::default() }
    }

    /// Takes only the archive of this digest, `sha256:…`.
    #[must_use]
    pub fn with_digest(self, digest: impl Into<String>) -> Self {
        self.with(|source| source.pin = Some(digest.into()))
    }

    /// Shows credentials to the server, and to nobody that it redirects to.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        self.with(|source| source.asking.access.credentials = Some(credentials))
    }

    /// Lets the address be one of plain HTTP, where everybody on the way can read and change what is sent, credentials too.
    #[must_use]
    pub fn with_plain_http(self) -> Self {
        self.with(|source| source.asking.access.plain_http = true)
    }

    windlass_http::route_methods!(asking.access.route);

    /// Replaces the limits.
    #[must_use]
    pub fn with_limits(self, limits: WebLimits) -> Self {
        self.with(|source| source.asking.limits = limits)
    }

    /// Another source, which shares nothing with those it was cloned from.
    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.asking.renew();
        self.kept = Arc::default();
        self
    }

    fn place(&self) -> Result<Place> {
        let pin = match &self.pin {
            Some(pin) => Some(pin.parse().map_err(|_| {
                Error::new(ErrorKind::Invalid, "not a digest")
                    .with("digest", pin.escape_debug().take(100).collect::<String>())
                    .with_help("write sha256: and 64 digits")
            })?),
            None => None,
        };
        let client = self.asking.client()?;
        Ok(Place { url: self.asking.url.clone(), pin, client, kept: Arc::clone(&self.kept) })
    }
}

/// What a call works with.
struct Place {
    url: String,
    pin: Option<Digest>,
    client: Arc<Client>,
    kept: Arc<Mutex<Option<Brought>>>,
}

impl Place {
    fn resolve(&self, job: &Job) -> Result<Revision> {
        match self.pin {
            Some(pin) => Ok(Revision::new(pin.to_string())),
            None => Ok(Revision::new(self.newest(job)?.digest.to_string())),
        }
    }

    fn fetch(&self, job: &Job, revision: &Revision) -> Result<Artifact> {
        let wanted: Digest = revision.id.parse().map_err(|_| changed())?;
        let kept = self.kept().clone().filter(|copy| copy.digest == wanted);
        let copy = match kept {
            Some(copy) => copy,
            None => self.newest(job)?,
        };
        if copy.digest != wanted {
            let error = match self.pin == Some(wanted) {
                true => Error::new(ErrorKind::Corrupt, "the archive is not the one of the digest"),
                false => changed(),
            };
            return Err(error.with("found", copy.digest));
        }
        artifact(job, &copy, revision, &self.client.limits)
    }

    /// Brings the archive, unless the one that is kept is it.
    fn newest(&self, job: &Job) -> Result<Brought> {
        let known = self.kept().clone();
        let limit = ("archive_bytes_max", self.client.limits.archive_bytes_max);
        let copy = self.client.get(job, &self.url, limit, known.as_ref())?;
        *self.kept() = Some(copy.clone());
        Ok(copy)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Brought>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Source for ArchiveSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let place = self.place()?;
        let work = move |job: &Job| {
            let job = job.within(place.client.limits.fetch_time_max);
            place.resolve(&job).map(Resolved::new)
        };
        self.asking.threads.run(cx, work).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        let (place, revision) = (self.place()?, revision.clone());
        let work = move |job: &Job| {
            let job = job.within(place.client.limits.fetch_time_max);
            let named = |error: Error| {
                error.with("url", windlass_http::shown(&place.url)).with("revision", revision.short())
            };
            place.fetch(&job, &revision).map_err(named)
        };
        self.asking.threads.run(cx, work).await
    }
}
