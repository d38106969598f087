//! Who asks, whom to trust, and how much is too much.

use std::fmt;
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use windlass_http::{Connection, Peer, Route, Secret, line};

/// What threads are called.
pub(crate) const THREAD: &str = "windlass-git";
/// What errors say of a server.
pub(crate) const PEER: Peer = Peer {
    name: "server",
    missing: "repository not found",
    odd: "the server gives an answer that Git does not know",
};

/// What a server is shown to prove who asks. `Debug` shows no secret.
///
/// ```
/// use windlass_git::Credentials;
///
/// let credentials = Credentials::basic("deployer", "secret");
/// assert_eq!(format!("{credentials:?}"), "Credentials(basic)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    proof: Proof,
    identity: Option<String>,
}

#[derive(Clone, PartialEq, Eq)]
enum Proof {
    Basic {
        user: String,
        password: String,
    },
    Bearer {
        token: String,
    },
    #[cfg(feature = "ssh")]
    Key {
        text: String,
        passphrase: Option<String>,
    },
}

impl Credentials {
    /// A user with a password or an access token. One line break at its end is not part of it.
    #[must_use]
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { proof: Proof::Basic { user: user.into(), password: line(password.into()) }, identity: None }
    }

    /// A bearer token. One line break at its end is not part of it.
    #[must_use]
    pub fn bearer(token: impl Into<String>) -> Self {
        Self { proof: Proof::Bearer { token: line(token.into()) }, identity: None }
    }

    /// A private key for SSH, as the text that ssh-keygen or OpenSSL wrote: Ed25519, ECDSA or RSA, in the form of OpenSSH,
    /// PKCS#8, PKCS#1 or SEC1.
    #[cfg(feature = "ssh")]
    #[must_use]
    pub fn key(text: impl Into<String>) -> Self {
        Self { proof: Proof::Key { text: text.into(), passphrase: None }, identity: None }
    }

    /// The passphrase of an encrypted private key. One line break at its end is not part of it. Without a key it does
    /// nothing.
    #[cfg(feature = "ssh")]
    #[must_use]
    pub fn with_passphrase(mut self, text: impl Into<String>) -> Self {
        if let Proof::Key { passphrase, .. } = &mut self.proof {
            *passphrase = Some(line(text.into()));
        }
        self
    }

    /// Names the account behind credentials that are renewed often, so that all of its tokens share one cache.
    ///
    /// Whoever gives this name reads what that account has fetched before: it must come from who gives the
    /// token, never from who asks for the repository.
    #[must_use]
    pub fn with_identity(mut self, name: impl Into<String>) -> Self {
        self.identity = Some(name.into());
        self
    }

    /// The value of the `Authorization` header; a key has none.
    pub(crate) fn header(&self) -> Option<Secret> {
        match &self.proof {
            Proof::Basic { user, password } => Some(Secret::basic(user, password)),
            Proof::Bearer { token } => Some(Secret::bearer(token)),
            #[cfg(feature = "ssh")]
            Proof::Key { .. } => None,
        }
    }

    /// A private key with its passphrase.
    #[cfg(feature = "ssh")]
    pub(crate) fn private_key(&self) -> Option<(&str, Option<&str>)> {
        match &self.proof {
            Proof::Key { text, passphrase } => Some((text, passphrase.as_deref())),
            _ => None,
        }
    }

    /// Feeds who this is, or else the secret itself, to the hash that names the cache.
    pub(crate) fn identify(&self, hash: &mut Sha256) {
        match &self.identity {
            Some(name) => hash.update(format!("name\0{name}")),
            None => match &self.proof {
                #[cfg(feature = "ssh")]
                Proof::Key { text, .. } => hash.update(format!("key\0{text}")),
                _ => {
                    let header = self.header();
                    hash.update(format!("proof\0{}", header.as_ref().map_or("", Secret::reveal)));
                }
            },
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.proof {
            Proof::Basic { .. } => "Credentials(basic)",
            Proof::Bearer { .. } => "Credentials(bearer)",
            #[cfg(feature = "ssh")]
            Proof::Key { .. } => "Credentials(key)",
        })
    }
}

/// The limits of one source. Those of the [`Context`](windlass_core::Context) hold as well: its time limit for a
/// request is that of a list of references, and its size limit for a file that of a folder too.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GitLimits {
    /// The longest wait for a connection.
    pub connect_time_max: Duration,
    /// The longest silence of a server.
    pub idle_time_max: Duration,
    /// The longest time to fetch a revision, with the wait for another process that fetches into the same cache.
    pub fetch_time_max: Duration,
    /// The most bytes of one list of references.
    pub list_bytes_max: u64,
    /// The most bytes of one fetched pack, as sent.
    pub pack_bytes_max: u64,
    /// The most bytes of one object of a fetched pack, unpacked or packed.
    pub object_bytes_max: u64,
    /// The most bytes of all objects of a fetched pack together, unpacked; with a history, every version of a file counts.
    pub unpacked_bytes_max: u64,
    /// The most objects of a fetched pack.
    pub objects_max: usize,
    /// The most threads that unpack one pack, each with some objects in its memory.
    pub pack_threads_max: usize,
    /// The most redirects that are followed in a row.
    pub redirects_max: u32,
    /// The most calls of a source and its clones that work at once, each on a thread of its own; others wait.
    pub calls_max: usize,
    /// The most symbolic links that are followed to read one path.
    pub links_max: u32,
    /// The most packs of one cache; the next fetch starts a new one.
    pub cache_packs_max: usize,
    /// How long a cache stays that nobody uses; a fetch that downloads removes older ones beside its own.
    pub cache_age_max: Duration,
}

impl Default for GitLimits {
    fn default() -> Self {
        Self {
            connect_time_max: Duration::from_secs(10),
            idle_time_max: Duration::from_secs(60),
            fetch_time_max: Duration::from_secs(600),
            list_bytes_max: 64 << 20,
            pack_bytes_max: 2 << 30,
            object_bytes_max: 256 << 20,
            unpacked_bytes_max: 32 << 30,
            objects_max: 4_000_000,
            pack_threads_max: 4,
            redirects_max: 5,
            calls_max: 8,
            links_max: 16,
            cache_packs_max: 64,
            cache_age_max: Duration::from_secs(30 * 24 * 3600),
        }
    }
}

/// What a server is asked with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Access {
    pub(crate) credentials: Option<Credentials>,
    pub(crate) clear_text: bool,
    pub(crate) route: Route,
    #[cfg(feature = "ssh")]
    pub(crate) known_hosts: Option<windlass_core::Result<crate::ssh::KnownHosts>>,
}

impl Access {
    pub(crate) fn connection(&self, limits: &GitLimits, secure: bool) -> Connection {
        Connection {
            secure,
            route: self.route.clone(),
            connect_time_max: limits.connect_time_max,
            idle_time_max: limits.idle_time_max,
            connections_max: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_from_a_file_is_without_its_line_break() {
        assert_eq!(Credentials::bearer("t\n"), Credentials::bearer("t"));
        assert_eq!(Credentials::basic("a", "b\r\n"), Credentials::basic("a", "b"));
    }
}
