//! Who asks, whom to trust, and how much is too much.

use std::fmt;
use std::time::Duration;

use windlass_http::{Connection, Peer, Route, Secret, line};

/// What threads are called.
pub(crate) const THREAD: &str = "windlass-web";
/// What errors say of a server.
pub(crate) const PEER: Peer = Peer {
    name: "server",
    missing: "nothing lies at the address",
    odd: "the server gives an answer that none gives",
};

/// What a server is shown to prove who asks. `Debug` shows no secret.
///
/// ```
/// use windlass_web::Credentials;
///
/// let credentials = Credentials::basic("deployer", "secret");
/// assert_eq!(format!("{credentials:?}"), "Credentials(basic)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    form: &'static str,
    header: Secret,
}

impl Credentials {
    /// A user with a password or an access token. One line break at its end is not part of it.
    #[must_use]
    pub fn basic(user: impl AsRef<str>, password: impl Into<String>) -> Self {
        Self { form: "basic", header: Secret::basic(user.as_ref(), &line(password.into())) }
    }

    /// A bearer token. One line break at its end is not part of it.
    #[must_use]
    pub fn bearer(token: impl Into<String>) -> Self {
        Self { form: "bearer", header: Secret::bearer(&line(token.into())) }
    }

    pub(crate) fn header(&self) -> &Secret {
        &self.header
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.form)
    }
}

/// The limits of one source. Those of the [`Context`](windlass_core::Context) hold as well, for what an archive holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WebLimits {
    /// The longest wait for a connection.
    pub connect_time_max: Duration,
    /// The longest silence of a server.
    pub idle_time_max: Duration,
    /// The longest time of one call, which may bring an archive or an index.
    pub fetch_time_max: Duration,
    /// The most bytes of an archive, as sent.
    pub archive_bytes_max: u64,
    /// The most bytes that an archive unpacks to, with what is not kept.
    pub unpacked_bytes_max: u64,
    /// The most bytes of the index of a repository of charts.
    pub index_bytes_max: u64,
    /// The most redirects that are followed in a row.
    pub redirects_max: u32,
    /// The most calls of a source and its clones that work at once, each on a thread of its own; others wait.
    pub calls_max: usize,
    /// The most links that are followed to read one path.
    pub links_max: u32,
}

impl Default for WebLimits {
    fn default() -> Self {
        Self {
            connect_time_max: Duration::from_secs(10),
            idle_time_max: Duration::from_secs(60),
            fetch_time_max: Duration::from_secs(600),
            archive_bytes_max: 256 << 20,
            unpacked_bytes_max: 1 << 30,
            index_bytes_max: 50 << 20,
            redirects_max: 5,
            calls_max: 8,
            links_max: 16,
        }
    }
}

/// What a server is asked with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    pub(crate) credentials: Option<Credentials>,
    pub(crate) everywhere: bool,
    pub(crate) plain_http: bool,
    pub(crate) route: Route,
}

impl Access {
    pub(crate) fn connection(&self, limits: &WebLimits, secure: bool) -> Connection {
        Connection {
            secure,
            route: self.route.clone(),
            connect_time_max: limits.connect_time_max,
            idle_time_max: limits.idle_time_max,
            connections_max: 1,
        }
    }
}
