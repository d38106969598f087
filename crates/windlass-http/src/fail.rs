//! The errors of connections that did not come about or broke.

use std::io;

use windlass_core::{Error, ErrorKind};

use crate::access::Peer;

/// Takes an error of ours out of one of the system, in which a reader had to wrap it.
#[must_use]
pub fn unwrapped(error: io::Error) -> Error {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(ours) => ours.clone(),
        None => Error::new(ErrorKind::Unavailable, "the answer cannot be read").caused_by(error),
    }
}

/// The error of a connection.
pub(crate) fn broken(peer: Peer, error: ureq::Error) -> Error {
    let late = || Error::new(ErrorKind::Timeout, peer.says("took too long"));
    let untrusted =
        || Error::new(ErrorKind::Unavailable, format!("no trusted connection to the {}", peer.name));
    match error {
        ureq::Error::Io(error)
            if error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).is_some() =>
        {
            untrusted().caused_by(error)
        }
        ureq::Error::Timeout(phase) => late().with("while", phase),
        ureq::Error::HostNotFound => Error::new(ErrorKind::Unavailable, "no such host"),
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => late(),
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => untrusted().caused_by(error),
        error => Error::new(ErrorKind::Unavailable, peer.says("cannot be reached")).caused_by(error),
    }
}

/// Whether a connection was closed by the other side.
pub(crate) fn is_closed(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(kind, BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}
