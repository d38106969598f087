//! Why the key of a host is not trusted, and what to do about it.

use std::fmt;

use windlass_core::{Error, ErrorKind};

/// Why a host was not trusted. It is the cause of an [`Error`] of the kind [`ErrorKind::Denied`], and of
/// [`ErrorKind::Unsupported`] for an authority.
///
/// Keys are told by kind and fingerprint, as `ssh-keygen -l` shows them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostKeyError {
    /// No line of the known hosts is about this host.
    Unknown {
        /// The host, with its port unless that is 22.
        host: String,
        /// The key that it showed.
        shown: String,
        /// The line that would make it known.
        line: String,
    },
    /// The host is known by other keys: it has a new one, or somebody is in between.
    Changed {
        /// The host, with its port unless that is 22.
        host: String,
        /// The key that it showed.
        shown: String,
        /// The keys that it is known by, each with its line.
        known: Vec<String>,
    },
    /// The key is marked `@revoked`.
    Revoked {
        /// The host, with its port unless that is 22.
        host: String,
        /// The key that it showed.
        shown: String,
    },
    /// Only an authority vouches for the host, and certificates of hosts are not understood.
    Authority {
        /// The host, with its port unless that is 22.
        host: String,
        /// The key that it showed.
        shown: String,
        /// The line of the authority.
        line: usize,
    },
}

impl fmt::Display for HostKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { host, .. } => write!(f, "no known host is {host}"),
            Self::Changed { known, .. } => write!(f, "it is known by {}", known.join(", ")),
            Self::Revoked { host, .. } => write!(f, "the known hosts mark this key of {host} as revoked"),
            Self::Authority { line, .. } => write!(f, "line {line} of the known hosts names an authority"),
        }
    }
}

impl std::error::Error for HostKeyError {}

impl From<HostKeyError> for Error {
    fn from(cause: HostKeyError) -> Self {
        let (kind, message) = match &cause {
            HostKeyError::Unknown { .. } => (ErrorKind::Denied, "the host is not known"),
            HostKeyError::Changed { .. } => (ErrorKind::Denied, "the key of the host is not the known one"),
            HostKeyError::Revoked { .. } => (ErrorKind::Denied, "the key of the host is revoked"),
            HostKeyError::Authority { .. } => {
                (ErrorKind::Unsupported, "certificates of hosts are not understood")
            }
        };
        let error = Self::new(kind, message);
        let error = match &cause {
            HostKeyError::Unknown { host, shown, .. }
            | HostKeyError::Changed { host, shown, .. }
            | HostKeyError::Revoked { host, shown }
            | HostKeyError::Authority { host, shown, .. } => error.with("host", host).with("shown", shown),
        };
        let help = help(&cause);
        error.with_help(help).caused_by(cause)
    }
}

fn help(cause: &HostKeyError) -> String {
    match cause {
        HostKeyError::Unknown { line, .. } => {
            format!("compare the fingerprint with what the host publishes, then add to known_hosts: {line}")
        }
        HostKeyError::Changed { .. } => {
            "ask the host's administrator: where it has a new key, replace the line in \
             known_hosts; else somebody is between you and the host"
                .to_owned()
        }
        HostKeyError::Revoked { .. } => {
            "somebody may have stolen this key: ask the host's administrator for the one that replaced it"
                .to_owned()
        }
        HostKeyError::Authority { .. } => {
            "add the host's own key to known_hosts, beside the line of the authority".to_owned()
        }
    }
}
