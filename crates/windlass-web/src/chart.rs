//! The source: one chart of a Helm repository.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use windlass_core::{Artifact, Context, Digest, Error, ErrorKind, Paths, Resolved, Result, Revision, Source};
use windlass_http::{Job, shown};

use crate::client::{Asking, Brought, Client};
use crate::index::{Release, Releases, index_of, resolved};
use crate::options::{Credentials, WebLimits};
use crate::unpacked::{artifact, changed};

/// A chart of a Helm repository over HTTP as a [`Source`]. The files are those of its archive: a folder called like the chart.
///
/// # Guarantees
/// - [`resolve`](Source::resolve) reads the index, on the condition that it has changed, and chooses a version as Helm does.
///   The revision is the digest that the index has for it; only where it has none the archive is brought.
/// - [`fetch`](Source::fetch) gives the archive of that digest, of whatever version it is, as long as the index names it.
/// - Credentials are shown to the origin of the repository, and to no other unless asked for.
///
/// # Cancel safety
/// A dropped call stops at its next read and changes nothing.
#[derive(Debug, Clone)]
pub struct ChartSource {
    asking: Asking,
    chart: String,
    range: String,
    kept: Arc<Mutex<Kept>>,
}

/// What a source knows of its repository.
#[derive(Debug, Default)]
struct Kept {
    /// The last index without its bytes, and what it says of the chart.
    index: Option<(Brought, Arc<Releases>)>,
    /// The archive that was brought last, of a version that the index gives no digest.
    archive: Option<Brought>,
}

impl ChartSource {
    /// A source of the highest version of a chart that a range allows, such as `1.x`; an empty one allows all that are no
    /// prereleases.
    #[must_use]
    pub fn new(url: impl Into<String>, chart: impl Into<String>, range: impl Into<String>) -> Self {
        let asking = Asking::new(url.into());
        Self { asking, chart: chart.into(), range: range.into(), kept: Arc::default() }
    }

    /// Shows credentials to the server of the repository, and to nobody that it redirects to.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        self.with(|source| source.asking.access.credentials = Some(credentials))
    }

    /// Shows the credentials to whatever server the index names for an archive, as `--pass-credentials` of Helm does.
    #[must_use]
    pub fn with_passed_credentials(self) -> Self {
        self.with(|source| source.asking.access.everywhere = true)
    }

    /// Lets addresses be of plain HTTP, where everybody on the way can read and change what is sent, credentials too.
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
        let client = self.asking.client()?;
        let (url, chart, range) = (self.asking.url.clone(), self.chart.clone(), self.range.clone());
        Ok(Place { url, chart, range, client, kept: Arc::clone(&self.kept) })
    }
}

/// What a call works with.
struct Place {
    url: String,
    chart: String,
    range: String,
    client: Arc<Client>,
    kept: Arc<Mutex<Kept>>,
}

impl Place {
    fn resolve(&self, job: &Job) -> Result<Revision> {
        let releases = self.releases(job)?;
        let release = releases.choose(&self.range)?;
        let digest = match release.digest {
            Some(digest) => digest,
            None => self.undigested(job, release)?.digest,
        };
        Ok(Revision::new(digest.to_string()).with_reference(release.version.clone()))
    }

    fn fetch(&self, job: &Job, revision: &Revision) -> Result<Artifact> {
        let wanted: Digest = revision.id.parse().map_err(|_| changed())?;
        let kept = self.kept().archive.clone().filter(|copy| copy.digest == wanted);
        let copy = match kept {
            Some(copy) => copy,
            None => self.of_digest(job, wanted)?,
        };
        artifact(job, &copy, revision, &self.client.limits)
    }

    /// Brings the archive of a digest.
    fn of_digest(&self, job: &Job, wanted: Digest) -> Result<Brought> {
        let known = self.kept().index.as_ref().map(|(_, releases)| Arc::clone(releases));
        let releases = match known.filter(|releases| releases.of_digest(wanted).is_some()) {
            Some(releases) => releases,
            None => self.releases(job)?,
        };
        if let Some(release) = releases.of_digest(wanted) {
            let copy = self.archive(job, release, None)?;
            return match copy.digest == wanted {
                true => Ok(copy),
                false => Err(Error::new(
                    ErrorKind::Corrupt,
                    "the archive of the chart is not the one that the index names",
                )
                .with("version", release.version.escape_debug())
                .with("found", copy.digest)),
            };
        }
        let release = releases.choose(&self.range)?;
        let copy = match release.digest {
            None => self.undigested(job, release)?,
            Some(_) => return Err(changed()),
        };
        if copy.digest == wanted { Ok(copy) } else { Err(changed()) }
    }

    /// Brings the archive of a version that has no digest in the index, unless the one that is kept is it.
    fn undigested(&self, job: &Job, release: &Release) -> Result<Brought> {
        let known = self.kept().archive.clone();
        let copy = self.archive(job, release, known.as_ref())?;
        self.kept().archive = Some(copy.clone());
        Ok(copy)
    }

    fn archive(&self, job: &Job, release: &Release, known: Option<&Brought>) -> Result<Brought> {
        let url = release.url.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Invalid, "the index names no address for the version")
                .with("version", release.version.escape_debug())
        })?;
        let url = resolved(&self.url, url)?;
        self.client.get(job, &url, ("archive_bytes_max", self.client.limits.archive_bytes_max), known)
    }

    /// Reads the index, unless the one that is kept is it.
    fn releases(&self, job: &Job) -> Result<Arc<Releases>> {
        let known = self.kept().index.clone();
        let limit = ("index_bytes_max", self.client.limits.index_bytes_max);
        let mut copy =
            self.client.get(job, &index_of(&self.url), limit, known.as_ref().map(|(copy, _)| copy))?;
        if let Some((_, releases)) = known.filter(|(before, _)| before.digest == copy.digest) {
            return Ok(releases);
        }
        let releases = Arc::new(Releases::read(&copy.bytes, &self.chart)?);
        copy.bytes = Bytes::new();
        self.kept().index = Some((copy, Arc::clone(&releases)));
        Ok(releases)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn named(&self, error: Error) -> Error {
        error.with("repository", shown(&self.url)).with("chart", self.chart.escape_debug())
    }
}

#[async_trait]
impl Source for ChartSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let place = self.place()?;
        let work = move |job: &Job| {
            let job = job.within(place.client.limits.fetch_time_max);
            place.resolve(&job).map(Resolved::new).map_err(|error| place.named(error))
        };
        self.asking.threads.run(cx, work).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        let (place, revision) = (self.place()?, revision.clone());
        let work = move |job: &Job| {
            let job = job.within(place.client.limits.fetch_time_max);
            let named = |error: Error| place.named(error).with("revision", revision.short());
            place.fetch(&job, &revision).map_err(named)
        };
        self.asking.threads.run(cx, work).await
    }
}
