//! The server of a bucket: its listing, and its objects.

use bytes::Bytes;
use md5::{Digest as _, Md5};
use serde::Deserialize;
use windlass_archive::hex;
use windlass_core::{Error, ErrorKind, Result, Retry};
use windlass_http::{Answer, Ask, Http, Job};

use crate::address::Address;
use crate::listing::{Listed, Listing, Object, Page};
use crate::options::{Access, BucketLimits, PEER};
use crate::sign::{escaped, sign};

/// The most bytes of the explanation of a refusal that are read.
const REFUSAL_BYTES_MAX: u64 = 64 << 10;
/// The limit of an object, which is the size that the listing says.
const OBJECT_BYTES: &str = "object_bytes";

/// One bucket, the part of it that is meant, and how it is asked.
#[derive(Debug)]
pub(crate) struct Server {
    address: Address,
    prefix: String,
    http: Http,
    access: Access,
    pub(crate) limits: BucketLimits,
}

impl Server {
    pub(crate) fn new(
        address: Address,
        prefix: String,
        access: Access,
        limits: BucketLimits,
    ) -> Result<Self> {
        if !access.credentials.as_ref().is_none_or(crate::Credentials::is_sendable) {
            let message = "the credentials are empty or hold a character that cannot be sent";
            return Err(Error::new(ErrorKind::Invalid, message));
        }
        let http = Http::new(PEER, &access.connection(&limits, address.origin().is_secure()))?;
        Ok(Self { address, prefix, http, access, limits })
    }

    /// Adds which bucket an error is about.
    pub(crate) fn named(&self, error: Error) -> Error {
        let error = error.with("bucket", self.address.bucket()).with("endpoint", self.address.origin());
        if self.prefix.is_empty() { error } else { error.with("prefix", self.prefix.escape_debug()) }
    }

    /// Lists all objects below the prefix, page by page.
    pub(crate) fn list(&self, job: &Job) -> Result<Listing> {
        let mut listed = Listed::default();
        let mut token = None;
        for _ in 0..self.limits.list_pages_max {
            let answer = self.send(job, self.ask_page(token.as_deref()))?;
            if answer.status() != 200 {
                return Err(self.refused(job, answer));
            }
            let page = Page::read(&answer.bytes(job, ("list_bytes_max", self.limits.list_bytes_max))?)?;
            token = page.next()?;
            listed.add(page, job.limits())?;
            if token.is_none() {
                return listed.done(job.limits());
            }
        }
        Err(Error::new(ErrorKind::Limit, "the listing has too many pages")
            .with("list_pages_max", self.limits.list_pages_max)
            .with_help("name a prefix"))
    }

    fn ask_page(&self, token: Option<&str>) -> Ask<'static> {
        // In the order of their names, as they are signed.
        let token = token.map(|token| ("continuation-token", token));
        let pairs =
            token.into_iter().chain([("encoding-type", "url"), ("list-type", "2"), ("prefix", &self.prefix)]);
        let query: Vec<String> =
            pairs.map(|(name, value)| format!("{name}={}", escaped(value, false))).collect();
        Ask::get(format!("{}?{}", self.address.all(), query.join("&")))
    }

    /// Brings an object exactly as the listing tells of it.
    pub(crate) fn object(&self, job: &Job, object: &Object) -> Result<Bytes> {
        let named = |error: Error| error.with("key", object.key.escape_debug());
        let ask = Ask::get(self.address.of(&escaped(&object.key, true)))
            .with_header("if-match", format!("\"{}\"", object.etag));
        let answer = self.send(job, ask).map_err(named)?;
        match answer.status() {
            200 => {}
            404 | 412 => return Err(named(changed())),
            _ => return Err(named(self.refused(job, answer))),
        }
        if answer.header("etag").is_some_and(|etag| etag.trim_matches('"') != object.etag) {
            return Err(named(changed()));
        }
        let is_md5 = self.address.may_have_md5() && is_md5(&object.etag) && !is_encrypted(&answer);
        let bytes = answer.bytes(job, (OBJECT_BYTES, object.size)).map_err(|error| {
            match error.context(OBJECT_BYTES) {
                Some(_) => named(Error::new(ErrorKind::Corrupt, "an object is longer than the listing says")),
                None => named(error),
            }
        })?;
        if bytes.len() as u64 != object.size {
            return Err(named(Error::new(ErrorKind::Corrupt, "an object is shorter than the listing says")));
        }
        if is_md5 && hex(&Md5::digest(&bytes)) != object.etag {
            return Err(named(Error::new(
                ErrorKind::Corrupt,
                "an object is not the one that its ETag names",
            )));
        }
        Ok(bytes.into())
    }

    fn send(&self, job: &Job, mut ask: Ask<'_>) -> Result<Answer> {
        if let Some(credentials) = &self.access.credentials {
            sign(&mut ask, credentials, self.address.region(), job.now());
        }
        self.http.send(job, &ask)
    }

    /// Makes an error of an answer that is not the one hoped for. What the server says of it is told by its code and region
    /// alone: the message repeats what it was shown.
    fn refused(&self, job: &Job, answer: Answer) -> Error {
        let error = answer.refusal(self.access.credentials.is_some());
        let region = answer.header("x-amz-bucket-region").map(str::to_owned);
        let said = answer.bytes(job, ("refusal_bytes_max", REFUSAL_BYTES_MAX)).unwrap_or_default();
        let said: Refusal = std::str::from_utf8(&said)
            .ok()
            .and_then(|text| quick_xml::de::from_str(text).ok())
            .unwrap_or_default();
        let region = region.or(said.region).filter(|region| is_word(region));
        let elsewhere = region.filter(|region| region != self.address.region());
        let code = said.code.filter(|code| is_word(code)).unwrap_or_default();
        let error = match (code.as_str(), elsewhere) {
            ("", None) => error,
            (
                "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" | "",
                Some(region),
            ) => Error::new(ErrorKind::Invalid, "the bucket is in another region")
                .with("region", &region)
                .with_help(format!("say that the region is {region}")),
            ("InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken" | "ExpiredToken", _) => {
                Error::new(ErrorKind::Denied, "the server does not accept the credentials")
                    .with("status", error.context("status").unwrap_or_default())
            }
            ("RequestTimeTooSkewed", _) => {
                Error::new(ErrorKind::Unavailable, "the clock of this machine and that of the server differ")
            }
            _ => error,
        };
        if code.is_empty() { error } else { error.with("code", code) }
    }
}

/// What a server says of a refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Refusal {
    code: Option<String>,
    region: Option<String>,
}

/// The error of a bucket that is not any more as it was listed.
pub(crate) fn changed() -> Error {
    Error::new(ErrorKind::NotFound, "the bucket has changed since it was resolved")
        .with_help("resolve it again; a bucket keeps no earlier states")
        .retrying(Retry::Backoff)
}

/// Whether an ETag has the form of an MD5, which that of an upload in parts has not.
fn is_md5(etag: &str) -> bool {
    etag.len() == 32 && etag.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether the ETag is that of what is stored and not of what is given, as with keys of the customer or of a key service.
fn is_encrypted(answer: &Answer) -> bool {
    let other = |name| answer.header(name).is_some();
    answer.header("x-amz-server-side-encryption").is_some_and(|by| by != "AES256")
        || other("x-amz-server-side-encryption-customer-algorithm")
        || other("x-goog-encryption-kms-key-name")
        || other("x-goog-encryption-algorithm")
}

fn is_word(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
