//! The source: a bucket, a prefix, and how to ask.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use windlass_archive::Gathering;
use windlass_core::{Artifact, Context, Error, Paths, Resolved, Result, Revision, Source};
use windlass_http::{Job, Workers};

use crate::address::Address;
use crate::listing::{Listing, Object};
use crate::options::{Access, BucketLimits, Credentials, Style, THREAD};
use crate::server::{Server, changed};

/// A bucket as a [`Source`]: each object is a file, whose path is its key.
///
/// # Guarantees
/// - [`resolve`](Source::resolve) lists the bucket and fetches nothing. The revision is a digest over the keys and ETags, the
///   same that Flux gives where it leaves no object out.
/// - [`fetch`](Source::fetch) brings only objects whose ETag has changed since the last fetch of this source or a clone of it,
///   and asks for each by its ETag: what it gives is what was listed, or an error. Sizes are verified, and contents where the
///   ETag is their MD5.
/// - The content of an object over the limit of a file is never fetched.
/// - A call ends when the deadline of its context has passed, whatever its threads are at.
///
/// # Assumptions
/// An object that is overwritten with other content has another ETag, as S3 has it.
///
/// # Cancel safety
/// A dropped call stops at its next read. What was fetched last is kept in memory until another fetch has succeeded.
#[derive(Debug, Clone)]
pub struct BucketSource {
    endpoint: String,
    bucket: String,
    prefix: String,
    access: Access,
    limits: BucketLimits,
    server: Arc<OnceLock<Arc<Server>>>,
    kept: Arc<Mutex<Kept>>,
    threads: Workers,
}

/// What a source knows of its bucket.
#[derive(Default)]
struct Kept {
    /// The last listing.
    listing: Option<Arc<Listing>>,
    /// What was fetched last: by key, the ETag and the content.
    objects: Arc<Objects>,
}

type Objects = BTreeMap<String, (String, Bytes)>;

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({} objects)", self.objects.len())
    }
}

impl BucketSource {
    /// A source of all objects of a bucket. `endpoint` is the server: `s3.amazonaws.com`, `minio.example:9000`.
    #[must_use]
    pub fn new(endpoint: impl Into<String>, bucket: impl Into<String>) -> Self {
        let limits = BucketLimits::default();
        Self {
            endpoint: endpoint.into(),
            bucket: bucket.into(),
            prefix: String::new(),
            access: Access::default(),
            threads: Workers::new(THREAD, limits.calls_max),
            limits,
            server: Arc::default(),
            kept: Arc::default(),
        }
    }

    /// Takes only objects whose keys begin like this. Their paths are their whole keys all the same, as with Flux.
    #[must_use]
    pub fn with_prefix(self, prefix: impl Into<String>) -> Self {
        self.with(|source| source.prefix = prefix.into())
    }

    /// Says in which region the bucket is; that of the endpoint, else `us-east-1`, unless said. R2 and Google take `auto`.
    #[must_use]
    pub fn with_region(self, region: impl Into<String>) -> Self {
        self.with(|source| source.access.region = Some(region.into()))
    }

    /// Says where the name of the bucket stands in an address.
    #[must_use]
    pub fn with_style(self, style: Style) -> Self {
        self.with(|source| source.access.style = style)
    }

    /// Signs all that is asked. Without credentials the bucket has to be open to everybody.
    #[must_use]
    pub fn with_credentials(self, credentials: Credentials) -> Self {
        self.with(|source| source.access.credentials = Some(credentials))
    }

    /// Asks over plain HTTP, unless the endpoint begins with `https://`: everybody on the way can read and change all. What
    /// is signed shows no secret key.
    #[must_use]
    pub fn with_plain_http(self) -> Self {
        self.with(|source| source.access.plain_http = true)
    }

    windlass_http::route_methods!(access.route);

    /// Replaces the limits.
    #[must_use]
    pub fn with_limits(self, limits: BucketLimits) -> Self {
        self.with(|source| source.limits = limits)
    }

    /// Another source, which shares nothing with those it was cloned from.
    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self.server = Arc::default();
        self.kept = Arc::default();
        self.threads = Workers::new(THREAD, self.limits.calls_max);
        self
    }

    /// The server, made at the first use and shared by all calls and clones for its connections.
    fn server(&self) -> Result<Arc<Server>> {
        if let Some(server) = self.server.get() {
            return Ok(Arc::clone(server));
        }
        let address = Address::new(&self.endpoint, &self.bucket, &self.access)?;
        let server = Server::new(address, self.prefix.clone(), self.access.clone(), self.limits.clone())?;
        Ok(Arc::clone(self.server.get_or_init(|| Arc::new(server))))
    }
}

#[async_trait]
impl Source for BucketSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let (server, kept) = (self.server()?, Arc::clone(&self.kept));
        let work = move |job: &Job| {
            let job = job.within(job.limits().request_timeout);
            let listing = server.list(&job).map_err(|error| server.named(error))?;
            let revision = Revision::new(listing.digest.to_string());
            held(&kept).listing = Some(Arc::new(listing));
            Ok(Resolved::new(revision))
        };
        self.threads.run(cx, work).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, _paths: &Paths) -> Result<Artifact> {
        let (server, kept, revision) = (self.server()?, Arc::clone(&self.kept), revision.clone());
        let work = move |job: &Job| {
            let job = job.within(server.limits.fetch_time_max);
            let named = |error: Error| server.named(error).with("revision", revision.short());
            fetch(&server, &kept, &job, &revision).map_err(named)
        };
        self.threads.run(cx, work).await
    }
}

fn held(kept: &Mutex<Kept>) -> std::sync::MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fetch(server: &Server, kept: &Mutex<Kept>, job: &Job, revision: &Revision) -> Result<Artifact> {
    let is_it = |listing: &Listing| listing.digest.to_string() == revision.id.as_str();
    let (known, before) = {
        let kept = held(kept);
        (kept.listing.clone().filter(|listing| is_it(listing)), Arc::clone(&kept.objects))
    };
    let listing = match known {
        Some(listing) => listing,
        None => Arc::new(server.list(job)?),
    };
    if !is_it(&listing) {
        return Err(changed());
    }
    let objects = Arc::new(bring(server, job, &listing, &before)?);
    let mut into = Gathering::new(job.limits()).telling_case();
    for object in &listing.objects {
        match objects.get(&object.key) {
            Some((_, bytes)) => into.put_file(&object.path, bytes.clone())?,
            None => into.put_large(&object.path, object.size, &object.etag)?,
        }
    }
    let tree = into.done(0);
    *held(kept) = Kept { listing: Some(listing), objects };
    Ok(Artifact::new(revision.clone(), tree.digest(), Arc::new(tree)))
}

/// Gives the content of every object that is not too large: what is there already, and what has to be fetched.
fn bring(server: &Server, job: &Job, listing: &Listing, before: &Objects) -> Result<Objects> {
    let fits = |object: &&Object| object.size <= job.limits().file_bytes_max;
    let (mut all, mut missing) = (Objects::new(), Vec::new());
    for object in listing.objects.iter().filter(fits) {
        match before.get(&object.key).filter(|(etag, bytes)| is_same(object, etag, bytes)) {
            Some(have) => drop(all.insert(object.key.clone(), have.clone())),
            None => missing.push(object),
        }
    }
    for (object, bytes) in missing.iter().zip(download(server, job, &missing)?) {
        all.insert(object.key.clone(), (object.etag.clone(), bytes));
    }
    Ok(all)
}

fn is_same(object: &Object, etag: &str, bytes: &Bytes) -> bool {
    !etag.is_empty() && etag == object.etag && bytes.len() as u64 == object.size
}

/// Fetches objects, several at once, and gives them in their order. The first failure ends it.
fn download(server: &Server, job: &Job, objects: &[&Object]) -> Result<Vec<Bytes>> {
    let (next, failed, failure) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(None::<Error>));
    let done: Vec<OnceLock<Bytes>> = objects.iter().map(|_| OnceLock::new()).collect();
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let (Some(object), Some(place)) = (objects.get(at), done.get(at)) else { return };
            match server.object(job, object) {
                Ok(bytes) => drop(place.set(bytes)),
                Err(error) => {
                    failed.store(true, Ordering::Relaxed);
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..server.limits.downloads_max.min(objects.len()) {
            // Where no thread can be had, the others do its work.
            let _ = std::thread::Builder::new().name(THREAD.to_owned()).spawn_scoped(scope, work);
        }
        work();
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(done.into_iter().filter_map(OnceLock::into_inner).collect()),
    }
}
