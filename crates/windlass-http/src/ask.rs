//! One request and its answer.

use std::io::{self, Read};
use std::time::Duration;

use ureq::Body;
use ureq::http::HeaderMap;
use windlass_core::{Error, ErrorKind, Result, Retry};

use crate::access::{Peer, Secret};
use crate::fail::{broken, unwrapped};
use crate::job::Job;

/// The longest wait that a server may ask for.
const RETRY_SECONDS_MAX: u64 = 3600;

/// A request. `Debug` shows no header.
#[derive(Clone)]
pub struct Ask<'a> {
    /// `GET`, `HEAD`, `POST` or `PUT`.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// How errors name the address: without its query, unless this says otherwise.
    pub called: Option<String>,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// What is shown to the origin of the address.
    pub authorization: Option<Secret>,
    /// What is sent.
    pub body: Option<&'a [u8]>,
}

impl Ask<'_> {
    /// Asks for what lies at an address.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        let (url, headers) = (url.into(), Vec::new());
        Self { method: "GET", url, called: None, headers, authorization: None, body: None }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// How errors name the address.
    pub(crate) fn named(&self) -> &str {
        self.called.as_deref().unwrap_or_else(|| shown(&self.url))
    }
}

impl std::fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Ask({} {})", self.method, self.named())
    }
}

/// An address without its query, which may be a signature.
#[must_use]
pub fn shown(url: &str) -> &str {
    url.split_once('?').map_or(url, |(place, _)| place)
}

/// An answer whose body is not read yet.
#[derive(Debug)]
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
    pub(crate) peer: Peer,
}

impl Answer {
    /// Gives the status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Says whether this leads elsewhere.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// Gives a header that is text: the first of that name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Gives all headers of a name that are text.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// Reads the body as it comes. A read that ends it wraps an error of ours, which [`unwrapped`] gives back.
    #[must_use]
    pub fn reader(self, job: &Job, limit: (&'static str, u64)) -> Reader {
        let inner = Box::new(self.body.into_reader());
        Reader { inner, job: job.clone(), peer: self.peer, limit, left: limit.1 }
    }

    /// Reads the whole body, which may be as long as the named limit says.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`], [`ErrorKind::Timeout`], [`ErrorKind::Cancelled`], and [`ErrorKind::Unavailable`] for a
    /// connection that broke.
    pub fn bytes(self, job: &Job, limit: (&'static str, u64)) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader(job, limit).read_to_end(&mut bytes).map_err(unwrapped)?;
        Ok(bytes)
    }

    /// Makes an error of an answer that is not the one hoped for. What the body says of it is for the caller to read: it
    /// may repeat what it was shown.
    #[must_use]
    pub fn refusal(&self, showed_credentials: bool) -> Error {
        let peer = self.peer;
        let (kind, message) = match self.status {
            401 if showed_credentials => (ErrorKind::Denied, peer.says("does not accept the credentials")),
            401 => (ErrorKind::Denied, peer.says("asks for credentials")),
            403 => (ErrorKind::Denied, peer.says("denies access")),
            404 | 410 => (ErrorKind::NotFound, peer.missing.to_owned()),
            407 => (ErrorKind::Denied, "the proxy asks for credentials".to_owned()),
            408 | 429 | 500..=599 => (ErrorKind::Unavailable, peer.says("cannot answer now")),
            _ => (ErrorKind::Invalid, peer.odd.to_owned()),
        };
        let error = Error::new(kind, message).with("status", self.status);
        let wait = self.header("retry-after").and_then(|value| value.parse().ok());
        match wait.filter(|_| kind == ErrorKind::Unavailable) {
            Some(seconds) => {
                error.retrying(Retry::After(Duration::from_secs(u64::min(seconds, RETRY_SECONDS_MAX))))
            }
            None => error,
        }
    }
}

/// A body that stops at the limits of its job.
pub struct Reader {
    inner: Box<dyn Read + Send>,
    job: Job,
    peer: Peer,
    limit: (&'static str, u64),
    left: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.job.left_of(self.peer).map_err(io::Error::other)?;
        let count =
            self.inner.read(buffer).map_err(|error| io::Error::other(broken(self.peer, error.into())))?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            let (name, bytes) = self.limit;
            let message = format!("the answer of the {} is too long", self.peer.name);
            io::Error::other(Error::new(ErrorKind::Limit, message).with(name, bytes))
        })?;
        Ok(count)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("left", &self.left).finish_non_exhaustive()
    }
}
