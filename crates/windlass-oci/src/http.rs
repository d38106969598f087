//! One request and its answer: `ureq` with rustls and ring.
//!
//! Invariants: nothing follows a redirect here; each read of a body looks at the job, its deadline and the limit of bytes.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use ureq::http::{HeaderMap, Request, StatusCode, Uri};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, Body};
use windlass_core::{Error, ErrorKind, Result, Retry};

use crate::job::Job;
use crate::options::{Access, OciLimits, Secret};

/// The longest wait that a server may ask for.
const RETRY_SECONDS_MAX: u64 = 3600;
/// The most bytes of the explanation of a refusal that are read.
const REFUSAL_BYTES_MAX: u64 = 64 << 10;

/// Who is told of us.
const AGENT: &str = concat!("windlass/", env!("CARGO_PKG_VERSION"));

/// A request.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) authorization: Option<Secret>,
    pub(crate) body: Option<&'a [u8]>,
}

impl Ask<'_> {
    pub(crate) fn get(url: String) -> Self {
        Self { method: "GET", url, headers: Vec::new(), authorization: None, body: None }
    }
}

/// An answer whose body is not read yet.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Body,
}

impl Answer {
    /// Gives a header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Reads the body as it comes.
    pub(crate) fn reader(self, job: &Job, limit: (&'static str, u64)) -> Reader {
        Reader { inner: Box::new(self.body.into_reader()), job: job.clone(), limit, left: limit.1 }
    }

    /// Reads the whole body.
    pub(crate) fn bytes(self, job: &Job, limit: (&'static str, u64)) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader(job, limit).read_to_end(&mut bytes).map_err(unwrapped)?;
        Ok(bytes)
    }

    /// Makes an error of an answer that is not the one hoped for. What a server says of it is told by its code alone: the
    /// message may repeat what it was shown.
    pub(crate) fn refusal(self, job: &Job, showed_credentials: bool) -> Error {
        let status = self.status.as_u16();
        let (kind, message) = match status {
            401 if showed_credentials => (ErrorKind::Denied, "the registry does not accept the credentials"),
            401 => (ErrorKind::Denied, "the registry asks for credentials"),
            403 => (ErrorKind::Denied, "the registry denies access"),
            404 | 410 => (ErrorKind::NotFound, "the registry has no such artifact"),
            407 => (ErrorKind::Denied, "the proxy asks for credentials"),
            408 | 429 | 500..=599 => (ErrorKind::Unavailable, "the registry cannot answer now"),
            _ => (ErrorKind::Invalid, "the registry gives an answer that none gives"),
        };
        let error = Error::new(kind, message).with("status", status);
        let wait = self.header("retry-after").and_then(|value| value.parse().ok());
        let error = match wait.filter(|_| kind == ErrorKind::Unavailable) {
            Some(seconds) => {
                error.retrying(Retry::After(Duration::from_secs(u64::min(seconds, RETRY_SECONDS_MAX))))
            }
            None => error,
        };
        match self.bytes(job, ("refusal_bytes_max", REFUSAL_BYTES_MAX)).ok().and_then(|said| code(&said)) {
            Some(code) => error.with("code", code),
            None => error,
        }
    }
}

/// The code of the first error that a registry names, such as `MANIFEST_UNKNOWN`.
fn code(said: &[u8]) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(said).ok()?;
    let code = said.get("errors")?.get(0)?.get("code")?.as_str()?;
    let fits = code.len() <= 40 && code.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    fits.then(|| code.to_owned())
}

/// A body that stops at the limits of its job.
pub(crate) struct Reader {
    inner: Box<dyn Read + Send>,
    job: Job,
    limit: (&'static str, u64),
    left: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.job.time_left().map_err(io::Error::other)?;
        let count = self.inner.read(buffer).map_err(|error| io::Error::other(broken(error.into())))?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            let (name, bytes) = self.limit;
            io::Error::other(
                Error::new(ErrorKind::Limit, "the answer of the registry is too long").with(name, bytes),
            )
        })?;
        Ok(count)
    }
}

/// Takes an error of ours out of one of the system again.
pub(crate) fn unwrapped(error: io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(ours) => ours.clone(),
        None => broken(error.into()),
    }
}

/// Connections to one registry and to what it names.
#[derive(Debug, Clone)]
pub(crate) struct Http(Agent);

impl Http {
    pub(crate) fn new(access: &Access, limits: &OciLimits) -> Result<Self> {
        let proxy = match &access.proxy {
            Some(proxy) => {
                let proxy = ureq::Proxy::new(&proxy.0);
                Some(proxy.map_err(|_| Error::new(ErrorKind::Invalid, "not the address of a proxy"))?)
            }
            None => None,
        };
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .user_agent(AGENT)
            .proxy(proxy)
            .timeout_connect(Some(limits.connect_time_max))
            .timeout_per_read(Some(limits.idle_time_max))
            .timeout_per_write(Some(limits.idle_time_max))
            .max_idle_connections_per_host(1)
            .max_idle_age(Duration::from_secs(10))
            .tls_config(tls(access)?)
            .build();
        Ok(Self(Agent::new_with_config(config)))
    }

    /// Sends a request. A connection that was kept from before and is closed by now is tried anew, once: all that is sent
    /// here can be sent twice.
    pub(crate) fn send(&self, job: &Job, ask: &Ask<'_>) -> Result<Answer> {
        let named = |error: Error| error.with("url", shown(&ask.url));
        match self.send_once(job, ask).map_err(named)? {
            Err(ureq::Error::Io(error)) if is_closed(error.kind()) => {
                self.send_once(job, ask).map_err(named)?
            }
            answer => answer,
        }
        .map_err(|error| named(broken(error)))
    }

    fn send_once(&self, job: &Job, ask: &Ask<'_>) -> Result<Result<Answer, ureq::Error>> {
        let odd = || Error::new(ErrorKind::Invalid, "not an address to ask");
        let uri: Uri = ask.url.parse().map_err(|_| odd())?;
        let mut request = Request::builder().uri(uri).method(ask.method);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(authorization) = &ask.authorization {
            request = request.header("authorization", &authorization.0);
        }
        let left = job.time_left()?;
        let sent = match ask.body {
            None => request.body(()).map_err(ureq::Error::from).and_then(|request| {
                self.0.run(self.0.configure_request(request).timeout_global(left).build())
            }),
            Some(body) => request.body(body).map_err(ureq::Error::from).and_then(|request| {
                self.0.run(self.0.configure_request(request).timeout_global(left).build())
            }),
        };
        Ok(sent.map(|response| {
            let (parts, body) = response.into_parts();
            Answer { status: parts.status, headers: parts.headers, body }
        }))
    }
}

/// An address without its query, which may be a signature.
pub(crate) fn shown(url: &str) -> &str {
    url.split_once('?').map_or(url, |(place, _)| place)
}

fn is_closed(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
    )
}

fn tls(access: &Access) -> Result<TlsConfig> {
    let roots = roots(&access.authorities)?;
    if !access.plain_http && roots.is_empty() {
        return Err(Error::new(
            ErrorKind::Unavailable,
            "the platform trusts no authority and none was given",
        ));
    }
    Ok(TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&roots))
        .client_cert(client(access).map_err(|error| error.with("option", "client_certificate"))?)
        .build())
}

/// The authorities of the platform and those of the options.
fn roots(extra: &[Vec<u8>]) -> Result<Vec<Certificate<'static>>> {
    let platform = rustls_native_certs::load_native_certs();
    let mut roots: Vec<_> =
        platform.certs.iter().map(|root| Certificate::from_der(root).to_owned()).collect();
    for pem in extra {
        roots.append(&mut certificates(pem).map_err(|error| error.with("option", "authorities"))?);
    }
    Ok(roots)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>> {
    let wrong = || Error::new(ErrorKind::Invalid, "not a certificate in PEM");
    let mut found = Vec::new();
    for item in ureq::tls::parse_pem(pem) {
        if let PemItem::Certificate(certificate) = item.map_err(|_| wrong())? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong()) } else { Ok(found) }
}

fn client(access: &Access) -> Result<Option<ClientCert>> {
    let Some(certificate) = &access.certificate else { return Ok(None) };
    let chain = certificates(&certificate.chain)?;
    let wrong = |message: &'static str| Error::new(ErrorKind::Invalid, message);
    let key = PrivateKey::from_pem(&certificate.key).map_err(|_| wrong("not a private key in PEM"))?;
    // The client would panic over a pair that does not fit.
    let ders = chain.iter().map(|one| CertificateDer::from(one.der().to_vec())).collect();
    let key_der =
        PrivateKeyDer::from_pem_slice(&certificate.key).map_err(|_| wrong("not a private key in PEM"))?;
    CertifiedKey::from_der(ders, key_der, &rustls::crypto::ring::default_provider())
        .map_err(|error| wrong("the certificate and its private key do not fit").caused_by(error))?;
    Ok(Some(ClientCert::new_with_certs(&chain, key)))
}

/// The error of a connection that did not come about or broke.
pub(crate) fn broken(error: ureq::Error) -> Error {
    let late = || Error::new(ErrorKind::Timeout, "the registry took too long");
    match error {
        ureq::Error::Io(error)
            if error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some() =>
        {
            Error::new(ErrorKind::Unavailable, "no trusted connection to the registry").caused_by(error)
        }
        ureq::Error::Timeout(phase) => late().with("while", phase),
        ureq::Error::HostNotFound => Error::new(ErrorKind::Unavailable, "no such host"),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => late(),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            Error::new(ErrorKind::Unavailable, "no trusted connection to the registry").caused_by(error)
        }
        error => Error::new(ErrorKind::Unavailable, "the registry cannot be reached").caused_by(error),
    }
}
