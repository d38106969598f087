//! Who asks, whom to trust, and how much is too much.

use std::fmt;
use std::time::Duration;

use windlass_http::{Connection, Peer, Route, line};

/// What threads are called.
pub(crate) const THREAD: &str = "windlass-bucket";
/// What errors say of a server.
pub(crate) const PEER: Peer = Peer {
    name: "server",
    missing: "the server has no such bucket",
    odd: "the server gives an answer that none gives",
};

/// The keys by which a server knows who asks. `Debug` shows no secret.
///
/// ```
/// use windlass_bucket::Credentials;
///
/// let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret").with_session_token("token");
/// assert_eq!(format!("{credentials:?}"), "Credentials(AKIAIOSFODNN7EXAMPLE)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) session_token: Option<String>,
}

impl Credentials {
    /// An access key with its secret, as AWS, MinIO and R2 give them, and Google for its XML API as an HMAC key. One line
    /// break at the end of either is not part of it.
    #[must_use]
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<String>) -> Self {
        let (access_key, secret_key) = (line(access_key.into()), line(secret_key.into()));
        Self { access_key, secret_key, session_token: None }
    }

    /// Adds the token that comes with keys for a limited time.
    #[must_use]
    pub fn with_session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(line(token.into()));
        self
    }

    /// Whether headers can hold what is shown.
    pub(crate) fn is_sendable(&self) -> bool {
        let fits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        fits(&self.access_key) && self.session_token.as_deref().is_none_or(fits)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.access_key.escape_debug())
    }
}

/// Where the name of a bucket stands in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Style {
    /// As a host of AWS and Google, unless the name has a dot, which no certificate of theirs covers; in the path everywhere
    /// else.
    #[default]
    Auto,
    /// In the path: `https://s3.example/bucket/key`.
    Path,
    /// As a host: `https://bucket.s3.example/key`.
    Host,
}

/// The limits of one source. Those of the [`Context`](windlass_core::Context) hold as well: its time limit for a request is
/// that of a resolve, and its sizes and counts are those of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BucketLimits {
    /// The longest wait for a connection.
    pub connect_time_max: Duration,
    /// The longest silence of a server.
    pub idle_time_max: Duration,
    /// The longest time to fetch a revision.
    pub fetch_time_max: Duration,
    /// The most bytes of one page of a listing.
    pub list_bytes_max: u64,
    /// The most pages of a listing.
    pub list_pages_max: usize,
    /// The most objects that are fetched at once, each on a connection and a thread of its own.
    pub downloads_max: usize,
    /// The most calls of a source and its clones that work at once, each on a thread of its own; others wait.
    pub calls_max: usize,
}

impl Default for BucketLimits {
    fn default() -> Self {
        Self {
            connect_time_max: Duration::from_secs(10),
            idle_time_max: Duration::from_secs(60),
            fetch_time_max: Duration::from_secs(600),
            list_bytes_max: 8 << 20,
            list_pages_max: 1_000,
            downloads_max: 8,
            calls_max: 8,
        }
    }
}

/// What a server is asked with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    pub(crate) credentials: Option<Credentials>,
    pub(crate) region: Option<String>,
    pub(crate) style: Style,
    pub(crate) plain_http: bool,
    pub(crate) route: Route,
}

impl Access {
    pub(crate) fn connection(&self, limits: &BucketLimits, secure: bool) -> Connection {
        Connection {
            secure,
            route: self.route.clone(),
            connect_time_max: limits.connect_time_max,
            idle_time_max: limits.idle_time_max,
            connections_max: limits.downloads_max.max(1),
        }
    }
}
