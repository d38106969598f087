//! The HTTP under the Git protocol: that of windlass-http, behind the trait of gix.
//!
//! Invariants: credentials are sent to the origin of the repository and to no other; a redirect never leaves
//! TLS and changes only the base of the address; each read looks at the cancel flag, the deadline and the
//! limit of bytes. The first failure is kept in the [`Call`], since gix would wrap it beyond recognition.

mod exchange;
mod send;

use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use gix_transport::client::blocking_io::http::{GetResponse, Http as Speaks, PostBodyDataKind, PostResponse};
use windlass_core::{Error, ErrorKind};
use windlass_http::{Answer as Reply, Http, Job, Origin, Secret, follow};

use self::exchange::{Answer, Exchange, Later, Outgoing, Question};
#[cfg(feature = "ssh")]
pub(crate) use self::send::refused;
use self::send::send;
use crate::location::Address;
use crate::remote::Blame;

/// One conversation with a server: a list of references, or a fetch.
#[derive(Debug)]
pub(crate) struct Call {
    address: Address,
    authorization: Option<Secret>,
    job: Job,
    redirects_max: u32,
    bytes_max: (&'static str, u64),
    bytes_left: AtomicU64,
    failure: Mutex<Option<Error>>,
}

/// What the caller of a conversation decides.
#[derive(Debug)]
pub(crate) struct Bounds {
    /// With the name of the limit.
    pub(crate) bytes_max: (&'static str, u64),
    pub(crate) redirects_max: u32,
}

impl Call {
    pub(crate) fn new(
        address: &Address,
        authorization: Option<Secret>,
        bounds: &Bounds,
        job: &Job,
    ) -> Arc<Self> {
        Arc::new(Self {
            address: address.clone(),
            authorization,
            job: job.clone(),
            redirects_max: bounds.redirects_max,
            bytes_max: bounds.bytes_max,
            bytes_left: AtomicU64::new(bounds.bytes_max.1),
            failure: Mutex::new(None),
        })
    }

    /// Keeps the first failure, and gives gix something to pass on.
    fn fail(&self, error: Error) -> io::Error {
        let error = match error.kind() {
            ErrorKind::Cancelled => Error::new(ErrorKind::Cancelled, "cancelled while talking to the server"),
            _ => error,
        }
        .with("url", self.address.as_str());
        let passed = io::Error::other(error.to_string());
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        passed
    }

    fn too_long(&self) -> Error {
        let (limit, bytes) = self.bytes_max;
        Error::new(ErrorKind::Limit, "the answer of the server is too long").with(limit, bytes)
    }

    /// What may be sent to this origin.
    fn authorization_for(&self, origin: &Origin) -> Option<&Secret> {
        self.authorization.as_ref().filter(|_| origin == self.address.origin())
    }
}

impl Blame for Arc<Call> {
    fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The implementation of gix's HTTP for one [`Call`].
pub(crate) struct Client {
    http: Http,
    call: Arc<Call>,
    redirected: Option<String>,
}

impl Client {
    pub(crate) fn new(http: Http, call: Arc<Call>) -> Self {
        Self { http, call, redirected: None }
    }
}

type Headers = Vec<(String, String)>;

impl Speaks for Client {
    type Headers = Later;
    type ResponseBody = Later;
    type PostBody = Outgoing;

    fn get(
        &mut self,
        url: &str,
        base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> gix::Result<GetResponse<Later, Later>> {
        let headers = split(headers);
        let (answer, base) = self.follow(url, base_url, &headers).map_err(gix::Error::from_error)?;
        self.redirected = (base != base_url).then_some(base);
        let exchange = Arc::new(Mutex::new(Exchange::Answered(answer)));
        Ok(GetResponse { headers: Later::headers(&exchange), body: Later::body(&exchange) })
    }

    fn post(
        &mut self,
        url: &str,
        _base_url: &str,
        headers: impl IntoIterator<Item = impl AsRef<str>>,
        _body: PostBodyDataKind,
    ) -> gix::Result<PostResponse<Later, Later, Outgoing>> {
        let exchange = Arc::new(Mutex::new(Exchange::Asking(Question {
            http: self.http.clone(),
            call: Arc::clone(&self.call),
            url: url.to_owned(),
            headers: split(headers),
            body: Vec::new(),
        })));
        Ok(PostResponse {
            post_body: Outgoing(Arc::clone(&exchange)),
            headers: Later::headers(&exchange),
            body: Later::body(&exchange),
        })
    }

    fn configure(&mut self, _config: &dyn std::any::Any) -> gix::Result {
        Ok(())
    }

    fn redirected_base_url(&self) -> Option<String> {
        self.redirected.clone()
    }
}

impl Client {
    /// Asks and follows redirects that keep the end of the address, as Git asks for.
    fn follow(&self, url: &str, base_url: &str, headers: &Headers) -> io::Result<(Answer, String)> {
        let tail = url.strip_prefix(base_url).unwrap_or_default();
        let mut url = url.to_owned();
        for _ in 0..=self.call.redirects_max {
            let reply = send(&self.http, &self.call, &url, headers, None)?;
            if !matches!(reply.status(), 300..=399) {
                let base = url.strip_suffix(tail).unwrap_or(&url).to_owned();
                return Ok((Answer::of(reply, &url, &self.call)?, base));
            }
            url = redirect(&url, tail, &reply).map_err(|error| self.call.fail(error))?;
        }
        Err(self.call.fail(
            Error::new(ErrorKind::Limit, "too many redirects").with("redirects_max", self.call.redirects_max),
        ))
    }
}

/// Where a redirect leads, if it may be followed.
fn redirect(from: &str, tail: &str, reply: &Reply) -> Result<String, Error> {
    let refuse = |why: &'static str| Error::new(ErrorKind::Denied, why);
    let to = reply.header("location").and_then(|to| follow(from, to)).filter(|to| !to.contains('@'));
    let to = to.ok_or_else(|| refuse("a redirect that leads to no address"))?;
    let (origin, target) = (Origin::of(from), Origin::of(&to));
    let is_secure = |origin: &Option<Origin>| origin.as_ref().is_some_and(Origin::is_secure);
    let shown = target.as_ref().map(Origin::to_string).unwrap_or_default();
    if is_secure(&origin) && !is_secure(&target) {
        return Err(refuse("a redirect from https to http").with("to", shown));
    }
    if tail.is_empty() || !to.ends_with(tail) {
        return Err(refuse("a redirect to something that is not a repository").with("to", shown));
    }
    Ok(to)
}

fn split(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Headers {
    let pair =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    lines.into_iter().filter_map(|line| pair(line.as_ref())).collect()
}
