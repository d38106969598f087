//! Files at addresses: brought whole, and asked for again only if they have changed.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use windlass_core::{Digest, Error, ErrorKind, Result};
use windlass_http::{Ask, Http, Job, Origin, Workers, shown};

use crate::options::{Access, PEER, THREAD, WebLimits};

/// How a source asks. Its clones share the client, which is made at the first use.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) url: String,
    pub(crate) access: Access,
    pub(crate) limits: WebLimits,
    pub(crate) threads: Workers,
    client: Arc<OnceLock<Arc<Client>>>,
}

impl Asking {
    pub(crate) fn new(url: String) -> Self {
        let limits = WebLimits::default();
        let threads = Workers::new(THREAD, limits.calls_max);
        Self { url, access: Access::default(), limits, threads, client: Arc::default() }
    }

    /// Shares nothing any more with what it was cloned from.
    pub(crate) fn renew(&mut self) {
        self.client = Arc::default();
        self.threads = Workers::new(THREAD, self.limits.calls_max);
    }

    pub(crate) fn client(&self) -> Result<Arc<Client>> {
        if let Some(client) = self.client.get() {
            return Ok(Arc::clone(client));
        }
        let made = Client::new(&self.url, self.access.clone(), self.limits.clone())?;
        Ok(Arc::clone(self.client.get_or_init(|| Arc::new(made))))
    }
}

/// One server, and how it is asked.
///
/// Invariant: what `access` holds is shown to `home` alone, unless the access says that it is for everybody.
#[derive(Debug)]
pub(crate) struct Client {
    home: Origin,
    http: Http,
    access: Access,
    pub(crate) limits: WebLimits,
}

/// A file as it was sent, and what the server said by which it knows whether it has changed.
#[derive(Debug, Clone)]
pub(crate) struct Brought {
    pub(crate) bytes: Bytes,
    pub(crate) digest: Digest,
    /// Where it lies: what is known of one address says nothing of another.
    url: String,
    etag: Option<String>,
    modified: Option<String>,
}

impl Client {
    /// Makes a client for whoever answers an address.
    pub(crate) fn new(url: &str, access: Access, limits: WebLimits) -> Result<Self> {
        let home = origin(url)?;
        if !home.is_secure() && !access.plain_http {
            return Err(Error::new(ErrorKind::Denied, "the address is one of plain HTTP")
                .with("url", shown(url))
                .with_help("use https, or say that plain HTTP is meant"));
        }
        if access.credentials.as_ref().is_some_and(|credentials| !credentials.header().is_sendable()) {
            return Err(Error::new(
                ErrorKind::Invalid,
                "the credentials hold a character that cannot be sent",
            ));
        }
        let http = Http::new(PEER, &access.connection(&limits, home.is_secure()))?;
        Ok(Self { home, http, access, limits })
    }

    /// Brings a file, unless it is still what `known` is.
    pub(crate) fn get(
        &self,
        job: &Job,
        url: &str,
        limit: (&'static str, u64),
        known: Option<&Brought>,
    ) -> Result<Brought> {
        let known = known.filter(|known| known.url == url);
        let mut ask = Ask::get(url);
        if let Some(etag) = known.and_then(|known| known.etag.as_ref()) {
            ask = ask.with_header("if-none-match", etag);
        } else if let Some(modified) = known.and_then(|known| known.modified.as_ref()) {
            ask = ask.with_header("if-modified-since", modified);
        }
        let target = origin(url)?;
        self.http.check_secure(&self.home, url).map_err(|error| error.with("url", shown(url)))?;
        if target == self.home || self.access.everywhere {
            ask.authorization = self.access.credentials.as_ref().map(|shown| shown.header().clone());
        }
        let showed = ask.authorization.is_some();
        let named = |error: Error| error.with("url", shown(url));
        let answer = self.http.send(job, &ask)?;
        let answer = self.http.follow(job, ask, answer, &target, self.limits.redirects_max).map_err(named)?;
        match (answer.status(), known) {
            (200, _) => {}
            (304, Some(known)) => return Ok(known.clone()),
            _ => return Err(named(self.refused(answer.refusal(showed)))),
        }
        let header = |name| answer.header(name).map(str::to_owned);
        let (etag, modified) = (header("etag"), header("last-modified"));
        let bytes = Bytes::from(answer.bytes(job, limit).map_err(named)?);
        Ok(Brought { digest: Digest::of(&bytes), bytes, url: url.to_owned(), etag, modified })
    }

    fn refused(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Denied if self.access.credentials.is_none() => error.with_help("give credentials"),
            _ => error,
        }
    }
}

/// Who answers an address, which holds neither user nor fragment.
fn origin(url: &str) -> Result<Origin> {
    let odd = || {
        // What stands before an `@` may be a password.
        let place = shown(url).rsplit_once('@').map_or(shown(url), |(_, place)| place);
        Error::new(ErrorKind::Invalid, "not an address")
            .with("url", place.escape_debug().take(200).collect::<String>())
            .with_help("write https://host/path; credentials are given apart from it")
    };
    Origin::of(url).filter(|_| !url.contains('#') && !url.contains(char::is_whitespace)).ok_or_else(odd)
}
