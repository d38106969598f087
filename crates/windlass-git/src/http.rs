//! The HTTP under the Git protocol: `ureq` with rustls and ring, behind the trait of gix.
//!
//! Invariants: credentials are sent to the origin of the repository and to no other; a redirect never leaves
//! TLS and changes only the base of the address; each read looks at the cancel flag, the deadline and the
//! limit of bytes. The first failure is kept in the [`Call`], since gix would wrap it beyond recognition.

use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gix_transport::client::blocking_io::http::{GetResponse, Http, PostBodyDataKind, PostResponse};
use ureq::http::{Request, Response, StatusCode, Uri};
use ureq::{Agent, Body};

use crate::location::{Address, Origin};
use windlass_core::{Error, ErrorKind};

/// One conversation with a server: a list of references, or a fetch.
#[derive(Debug)]
pub(crate) struct Call {
    address: Address,
    authorization: Option<Secret>,
    deadline: Instant,
    redirects_max: u32,
    bytes_max: (&'static str, u64),
    bytes_left: AtomicU64,
    cancelled: Arc<AtomicBool>,
    failure: Mutex<Option<Error>>,
}

/// A header value that no `Debug` shows.
struct Secret(String);

/// What the caller of a conversation decides.
#[derive(Debug)]
pub(crate) struct Bounds {
    pub(crate) deadline: Instant,
    /// With the name of the limit.
    pub(crate) bytes_max: (&'static str, u64),
    pub(crate) redirects_max: u32,
}

impl Call {
    pub(crate) fn new(
        address: &Address,
        authorization: Option<String>,
        bounds: &Bounds,
        cancelled: &Arc<AtomicBool>,
    ) -> Arc<Self> {
        Arc::new(Self {
            address: address.clone(),
            authorization: authorization.map(Secret),
            deadline: bounds.deadline,
            redirects_max: bounds.redirects_max,
            bytes_max: bounds.bytes_max,
            bytes_left: AtomicU64::new(bounds.bytes_max.1),
            cancelled: Arc::clone(cancelled),
            failure: Mutex::new(None),
        })
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Takes the failure that ended the conversation, if HTTP is to blame.
    pub(crate) fn take_failure(&self) -> Option<Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the first failure, and gives gix something to pass on.
    fn fail(&self, error: Error) -> io::Error {
        let error = error.with("url", self.address.as_str());
        let passed = io::Error::other(error.to_string());
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        passed
    }

    fn time_left(&self) -> io::Result<Duration> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(self.fail(Error::new(ErrorKind::Cancelled, "cancelled while talking to the server")));
        }
        match self.deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            Some(left) => Ok(left),
            None => Err(self.fail(Error::new(ErrorKind::Timeout, "the server took too long"))),
        }
    }

    fn too_long(&self) -> Error {
        let (limit, bytes) = self.bytes_max;
        Error::new(ErrorKind::Limit, "the answer of the server is too long").with(limit, bytes)
    }

    /// What may be sent to this origin.
    fn authorization_for(&self, origin: &Origin) -> Option<&str> {
        self.authorization
            .as_ref()
            .filter(|_| origin == self.address.origin())
            .map(|secret| secret.0.as_str())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The implementation of gix's HTTP for one [`Call`].
pub(crate) struct Client {
    agent: Agent,
    call: Arc<Call>,
    redirected: Option<String>,
}

impl Client {
    pub(crate) fn new(agent: Agent, call: Arc<Call>) -> Self {
        Self { agent, call, redirected: None }
    }
}

type Headers = Vec<(String, String)>;

impl Http for Client {
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
            agent: self.agent.clone(),
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
            let response = send(&self.agent, &self.call, &url, headers, None)?;
            if !response.status().is_redirection() {
                let base = url.strip_suffix(tail).unwrap_or(&url).to_owned();
                return Ok((Answer::of(response, &self.call)?, base));
            }
            url = redirect(&url, tail, &response).map_err(|error| self.call.fail(error))?;
        }
        Err(self.call.fail(
            Error::new(ErrorKind::Limit, "too many redirects").with("redirects_max", self.call.redirects_max),
        ))
    }
}

/// A request that waits for its body, then its answer.
enum Exchange {
    Asking(Question),
    Answered(Answer),
    Failed,
}

struct Question {
    agent: Agent,
    call: Arc<Call>,
    url: String,
    headers: Headers,
    body: Vec<u8>,
}

struct Answer {
    headers: Option<Vec<u8>>,
    body: Option<BufReader<Metered>>,
}

impl Exchange {
    /// Sends the question if that was not done yet.
    fn answer(&mut self) -> io::Result<&mut Answer> {
        if let Self::Asking(_) = self
            && let Self::Asking(question) = std::mem::replace(self, Self::Failed)
        {
            *self = Self::Answered(question.ask()?);
        }
        match self {
            Self::Answered(answer) => Ok(answer),
            _ => Err(io::Error::other("the request has failed before")),
        }
    }
}

impl Question {
    fn ask(self) -> io::Result<Answer> {
        let response = send(&self.agent, &self.call, &self.url, &self.headers, Some(&self.body))?;
        if response.status().is_redirection() {
            let error = Error::new(ErrorKind::Unsupported, "the server redirects a request that has a body");
            return Err(self.call.fail(error));
        }
        Answer::of(response, &self.call)
    }
}

impl Answer {
    /// Keeps what gix looks at of a good answer, and makes an error of all others.
    fn of(response: Response<Body>, call: &Arc<Call>) -> io::Result<Self> {
        if response.status() != StatusCode::OK {
            return Err(call.fail(refusal(&response, call)));
        }
        let kind =
            response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/x-git-upload-pack-") {
            let error =
                Error::new(ErrorKind::Invalid, "no Git repository answers here").with("content", kind);
            return Err(call.fail(error));
        }
        let headers = format!("content-type: {kind}\n").into_bytes();
        let reader = Metered { inner: Box::new(response.into_body().into_reader()), call: Arc::clone(call) };
        let mut body = BufReader::with_capacity(64 << 10, reader);
        if let Some(said) = refused(body.fill_buf()?) {
            return Err(call.fail(said));
        }
        Ok(Self { headers: Some(headers), body: Some(body) })
    }
}

/// The body of a request while it is written.
pub(crate) struct Outgoing(Arc<Mutex<Exchange>>);

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Exchange::Asking(question) => question.body.extend_from_slice(bytes),
            _ => return Err(io::Error::other("the request was sent before its body was complete")),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One half of an answer. The first read of either half sends the request.
pub(crate) struct Later {
    exchange: Arc<Mutex<Exchange>>,
    half: Half,
    reader: Option<Box<dyn BufRead + Send>>,
}

#[derive(Clone, Copy)]
enum Half {
    Headers,
    Body,
}

impl Later {
    fn headers(exchange: &Arc<Mutex<Exchange>>) -> Self {
        Self { exchange: Arc::clone(exchange), half: Half::Headers, reader: None }
    }

    fn body(exchange: &Arc<Mutex<Exchange>>) -> Self {
        Self { exchange: Arc::clone(exchange), half: Half::Body, reader: None }
    }

    fn reader(&mut self) -> io::Result<&mut (dyn BufRead + Send)> {
        if self.reader.is_none() {
            let mut exchange = self.exchange.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = exchange.answer()?;
            let reader: Option<Box<dyn BufRead + Send>> = match self.half {
                Half::Headers => answer.headers.take().map(|text| Box::new(Cursor::new(text)) as _),
                Half::Body => answer.body.take().map(|body| Box::new(body) as _),
            };
            self.reader = Some(reader.unwrap_or_else(|| Box::new(io::empty())));
        }
        Ok(self.reader.as_deref_mut().expect("it was set above"))
    }
}

impl Read for Later {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader()?.read(buffer)
    }
}

impl BufRead for Later {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader()?.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Some(reader) = &mut self.reader {
            reader.consume(amount);
        }
    }
}

/// A body that stops at the limits of its call.
struct Metered {
    inner: Box<dyn Read + Send>,
    call: Arc<Call>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.call.time_left()?;
        let count = self.inner.read(buffer).map_err(|error| self.call.fail(broken(error.into())))?;
        let left = self.call.bytes_left.load(Ordering::Relaxed);
        let left = left.checked_sub(count as u64).ok_or_else(|| self.call.fail(self.call.too_long()))?;
        self.call.bytes_left.store(left, Ordering::Relaxed);
        Ok(count)
    }
}

/// Sends a request. A connection that was kept from before and is closed by now is tried anew, once: all that is
/// asked here only reads.
fn send(
    agent: &Agent,
    call: &Call,
    url: &str,
    headers: &Headers,
    body: Option<&[u8]>,
) -> io::Result<Response<Body>> {
    match send_once(agent, call, url, headers, body)? {
        Err(ureq::Error::Io(error)) if is_closed(error.kind()) => send_once(agent, call, url, headers, body)?,
        answer => answer,
    }
    .map_err(|error| call.fail(broken(error)))
}

fn send_once(
    agent: &Agent,
    call: &Call,
    url: &str,
    headers: &Headers,
    body: Option<&[u8]>,
) -> io::Result<Result<Response<Body>, ureq::Error>> {
    let odd = || call.fail(Error::new(ErrorKind::Invalid, "not an address to ask"));
    let uri: Uri = url.parse().map_err(|_| odd())?;
    let origin = Origin::of(&uri).ok_or_else(odd)?;
    let mut request = Request::builder().uri(uri).method(if body.is_some() { "POST" } else { "GET" });
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if let Some(authorization) = call.authorization_for(&origin) {
        request = request.header("authorization", authorization);
    }
    let left = Some(call.time_left()?);
    let sent = match body {
        None => request
            .body(())
            .map_err(ureq::Error::from)
            .and_then(|request| agent.run(agent.configure_request(request).timeout_global(left).build())),
        Some(body) => request
            .body(body)
            .map_err(ureq::Error::from)
            .and_then(|request| agent.run(agent.configure_request(request).timeout_global(left).build())),
    };
    Ok(sent)
}

fn is_closed(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

/// Where a redirect leads, if it may be followed.
fn redirect(from: &str, tail: &str, response: &Response<Body>) -> Result<String, Error> {
    let refuse = |why: &'static str| Error::new(ErrorKind::Denied, why);
    let location =
        response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let from: Uri = from.parse().map_err(|_| refuse("a redirect from nowhere"))?;
    let origin = Origin::of(&from).ok_or_else(|| refuse("a redirect from nowhere"))?;
    let to = if location.starts_with('/') && !location.starts_with("//") {
        format!("{origin}{location}")
    } else {
        location.to_owned()
    };
    let target = to.parse().ok().and_then(|uri: Uri| Origin::of(&uri).filter(|_| !to.contains('@')));
    let target = target.ok_or_else(|| refuse("a redirect that leads to no address"))?;
    if origin.is_secure() && !target.is_secure() {
        return Err(refuse("a redirect from https to http").with("to", target));
    }
    if tail.is_empty() || !to.ends_with(tail) {
        return Err(refuse("a redirect to something that is not a repository").with("to", target));
    }
    Ok(to)
}

/// The error that a server sends as the first line of an answer, in place of the answer.
fn refused(start: &[u8]) -> Option<Error> {
    let length = usize::from_str_radix(std::str::from_utf8(start.get(..4)?).ok()?, 16).ok()?;
    let said = start.get(4..length.min(start.len()))?.strip_prefix(b"ERR ")?;
    let said: String = String::from_utf8_lossy(said).chars().filter(|c| !c.is_control()).take(300).collect();
    let unknown = ["not our ref", "unadvertised object"].iter().any(|known| said.contains(known));
    let (kind, message) = match unknown {
        true => (ErrorKind::NotFound, "no such commit"),
        false => (ErrorKind::Unavailable, "the server refuses"),
    };
    Some(Error::new(kind, message).with("server", said))
}

/// The error of an answer other than 200.
fn refusal(response: &Response<Body>, call: &Call) -> Error {
    let (kind, message) = match response.status().as_u16() {
        401 if call.authorization.is_some() => {
            (ErrorKind::Denied, "the server does not accept the credentials")
        }
        401 => (ErrorKind::Denied, "the server asks for credentials"),
        403 => (ErrorKind::Denied, "the server denies access"),
        404 | 410 => (ErrorKind::NotFound, "repository not found"),
        407 => (ErrorKind::Denied, "the proxy asks for credentials"),
        408 | 429 | 500..=599 => (ErrorKind::Unavailable, "the server cannot answer now"),
        _ => (ErrorKind::Invalid, "the server gives an answer that Git does not know"),
    };
    Error::new(kind, message).with("status", response.status().as_u16())
}

/// The error of a connection that did not come about or broke.
fn broken(error: ureq::Error) -> Error {
    match error {
        ureq::Error::Timeout(phase) => {
            Error::new(ErrorKind::Timeout, "the server took too long").with("while", phase)
        }
        ureq::Error::HostNotFound => Error::new(ErrorKind::Unavailable, "no such host"),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            Error::new(ErrorKind::Timeout, "the server took too long")
        }
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            Error::new(ErrorKind::Unavailable, "no trusted connection to the server").caused_by(error)
        }
        error => Error::new(ErrorKind::Unavailable, "the server cannot be reached").caused_by(error),
    }
}

fn split(lines: impl IntoIterator<Item = impl AsRef<str>>) -> Headers {
    let pair =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    lines.into_iter().filter_map(|line| pair(line.as_ref())).collect()
}
