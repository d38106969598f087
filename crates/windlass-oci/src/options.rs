//! Who asks, whom to trust, and how much is too much.

use std::fmt;
use std::time::Duration;

use windlass_http::{Connection, Peer, Route, Secret, line};

/// What threads are called.
pub(crate) const THREAD: &str = "windlass-oci";
/// What errors say of a registry.
pub(crate) const PEER: Peer = Peer {
    name: "registry",
    missing: "the registry has no such artifact",
    odd: "the registry gives an answer that none gives",
};

/// What a registry is shown to prove who asks. `Debug` shows no secret.
///
/// ```
/// use windlass_oci::Credentials;
///
/// let credentials = Credentials::basic("deployer", "secret");
/// assert_eq!(format!("{credentials:?}"), "Credentials(basic)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials(Proof);

#[derive(Clone, PartialEq, Eq)]
enum Proof {
    Basic { user: String, password: String },
    Bearer { token: String },
    Identity { token: String },
}

impl Credentials {
    /// A user with a password or an access token. One line break at its end is not part of it.
    #[must_use]
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self(Proof::Basic { user: user.into(), password: line(password.into()) })
    }

    /// A token that the registry itself takes. One line break at its end is not part of it.
    #[must_use]
    pub fn bearer(token: impl Into<String>) -> Self {
        Self(Proof::Bearer { token: line(token.into()) })
    }

    /// A token that the server of tokens takes for those of the registry, as `identitytoken` in a Docker configuration.
    #[must_use]
    pub fn identity(token: impl Into<String>) -> Self {
        Self(Proof::Identity { token: line(token.into()) })
    }

    /// The header of a user with a password, which a registry and a server of tokens take alike.
    pub(crate) fn basic_header(&self) -> Option<Secret> {
        match &self.0 {
            Proof::Basic { user, password } => Some(Secret::basic(user, password)),
            _ => None,
        }
    }

    /// The header that needs no server of tokens.
    pub(crate) fn bearer_header(&self) -> Option<Secret> {
        match &self.0 {
            Proof::Bearer { token } => Some(Secret::bearer(token)),
            _ => None,
        }
    }

    pub(crate) fn identity_token(&self) -> Option<&str> {
        match &self.0 {
            Proof::Identity { token } => Some(token),
            _ => None,
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Proof::Basic { .. } => "Credentials(basic)",
            Proof::Bearer { .. } => "Credentials(bearer)",
            Proof::Identity { .. } => "Credentials(identity)",
        })
    }
}

/// The limits of one source. Those of the [`Context`](windlass_core::Context) hold as well: its time limit for a
/// request is that of a resolve, and its sizes and counts are those of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OciLimits {
    /// The longest wait for a connection.
    pub connect_time_max: Duration,
    /// The longest silence of a server.
    pub idle_time_max: Duration,
    /// The longest time to fetch or to push an artifact.
    pub fetch_time_max: Duration,
    /// The most bytes of one manifest or index.
    pub manifest_bytes_max: u64,
    /// The most layers of one manifest, and the most manifests of one index.
    pub layers_max: usize,
    /// The most bytes of all layers that are fetched, as sent.
    pub layer_bytes_max: u64,
    /// The most bytes that all layers unpack to, with what is not kept.
    pub unpacked_bytes_max: u64,
    /// The most bytes of one page of a list of tags.
    pub list_bytes_max: u64,
    /// The most pages of a list of tags.
    pub list_pages_max: usize,
    /// The most tags of a repository.
    pub tags_max: usize,
    /// The most documents that refer to an artifact, and are listed to find its signatures.
    pub referrers_max: usize,
    /// The most signatures of one artifact that are looked at.
    pub signatures_max: usize,
    /// The most bytes of one signature.
    pub signature_bytes_max: u64,
    /// The most redirects that are followed in a row.
    pub redirects_max: u32,
    /// The most calls of a source and its clones that work at once, each on a thread of its own; others wait.
    pub calls_max: usize,
    /// The most links that are followed to read one path.
    pub links_max: u32,
}

impl Default for OciLimits {
    fn default() -> Self {
        Self {
            connect_time_max: Duration::from_secs(10),
            idle_time_max: Duration::from_secs(60),
            fetch_time_max: Duration::from_secs(600),
            manifest_bytes_max: 4 << 20,
            layers_max: 1_000,
            layer_bytes_max: 512 << 20,
            unpacked_bytes_max: 1 << 30,
            list_bytes_max: 4 << 20,
            list_pages_max: 1_000,
            tags_max: 200_000,
            referrers_max: 1_000,
            signatures_max: 64,
            signature_bytes_max: 4 << 20,
            redirects_max: 5,
            calls_max: 8,
            links_max: 16,
        }
    }
}

/// What a registry is asked with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    pub(crate) credentials: Option<Credentials>,
    pub(crate) plain_http: bool,
    pub(crate) route: Route,
}

impl Access {
    pub(crate) fn connection(&self, limits: &OciLimits) -> Connection {
        Connection {
            secure: !self.plain_http,
            route: self.route.clone(),
            connect_time_max: limits.connect_time_max,
            idle_time_max: limits.idle_time_max,
            connections_max: 1,
        }
    }
}
