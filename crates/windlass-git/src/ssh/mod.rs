//! The SSH under the Git protocol: that of russh, behind the transport of gix.
//!
//! Invariants: nothing is shown to a host before its key was found among the known ones; a host key is never learned; what
//! the server opens is refused; each wait looks at the cancel flag, the deadline and the longest silence, and each read at
//! the limit of bytes. The first failure is kept, since gix would wrap it beyond recognition.

mod algorithms;
mod host_key;
mod key;
mod known_hosts;
mod login;
mod pattern;
mod said;
mod session;
mod watcher;

use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gix_transport::client::git::ConnectMode;
use gix_transport::client::git::blocking_io::Connection;
use russh::keys::PrivateKey;
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::{Job, unwrapped};

pub use self::host_key::HostKeyError;
pub(crate) use self::known_hosts::KnownHosts;
use self::session::Session;
use crate::http::{Bounds, refused};
use crate::location::SshAddress;
use crate::options::{Access, GitLimits};
use crate::remote::Blame;

/// How much of an answer is kept, which may be an error in place of the answer.
const START_BYTES_MAX: usize = 512;

/// What a server is shown, and what it must show.
pub(crate) struct SshAccess {
    key: Arc<PrivateKey>,
    known: KnownHosts,
    connect_time_max: Duration,
    idle_time_max: Duration,
}

impl SshAccess {
    /// Takes the key and the known hosts of a source, both of which SSH cannot do without.
    pub(crate) fn of(access: &Access, limits: &GitLimits) -> Result<Self> {
        if access.route.proxy.is_some() {
            return Err(
                Error::new(ErrorKind::Unsupported, "SSH goes through no proxy").with("option", "proxy")
            );
        }
        let key = key(access).map_err(|error| error.with("option", "credentials"));
        let known = known_hosts(access).map_err(|error| error.with_each("option", "known_hosts"));
        let (key, known) = match (key, known) {
            (Ok(key), Ok(known)) => (key, known),
            (key, known) => {
                let problems = [key.err(), known.err()].into_iter().flatten();
                let none =
                    || Error::new(ErrorKind::Internal, "neither the key nor the known hosts are wrong");
                return Err(Error::all(problems).unwrap_or_else(none));
            }
        };
        let (connect_time_max, idle_time_max) = (limits.connect_time_max, limits.idle_time_max);
        Ok(Self { key, known, connect_time_max, idle_time_max })
    }
}

fn key(access: &Access) -> Result<Arc<PrivateKey>> {
    let credentials = access.credentials.as_ref().ok_or_else(|| {
        let error = Error::new(ErrorKind::Denied, "SSH needs a private key");
        error.with_help("Give one with `Credentials::key`.")
    })?;
    let (text, passphrase) = credentials.private_key().ok_or_else(|| {
        let error = Error::new(ErrorKind::Denied, "SSH takes a private key, and no token or password");
        error.with_help("Give a private key, or use https://.")
    })?;
    key::read(text, passphrase)
}

fn known_hosts(access: &Access) -> Result<KnownHosts> {
    match access.known_hosts.clone() {
        Some(Err(error)) => Err(error),
        Some(Ok(known)) if !known.is_empty() => Ok(known),
        _ => Err(Error::new(ErrorKind::Denied, "SSH needs known hosts, and there is none")
            .with_help("Give the keys of the host with `with_known_hosts`, as `ssh-keyscan` prints them.")),
    }
}

impl std::fmt::Debug for SshAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SshAccess({}, {:?})", key::shown(&self.key), self.known)
    }
}

/// Starts the conversation with a repository, as a transport of gix and what to blame it by.
pub(crate) fn converse(
    address: &SshAddress,
    access: &SshAccess,
    bounds: &Bounds,
    job: &Job,
) -> Result<(Connection<Pipe, Pipe>, Pipe)> {
    let command = format!("git-upload-pack {}", quoted(&address.path));
    let session = Session::start(address, access, &command, job)?;
    let state = State {
        session,
        url: address.to_string(),
        bytes_max: bounds.bytes_max,
        bytes_left: bounds.bytes_max.1,
        start: Vec::new(),
        failure: None,
    };
    let pipe = Pipe(Arc::new(Mutex::new(state)));
    let connection = Connection::new(
        pipe.clone(),
        pipe.clone(),
        gix_transport::Protocol::V2,
        address.path.as_str(),
        None::<(&str, Option<u16>)>,
        ConnectMode::Process,
        false,
    );
    Ok((connection.custom_url(Some(address.to_string().into())), pipe))
}

/// Both ends of a conversation.
#[derive(Clone)]
pub(crate) struct Pipe(Arc<Mutex<State>>);

struct State {
    session: Session,
    url: String,
    /// With the name of the limit.
    bytes_max: (&'static str, u64),
    bytes_left: u64,
    /// How the answer to the last question begins.
    start: Vec<u8>,
    failure: Option<Error>,
}

impl Pipe {
    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.session.read(buffer).map_err(|error| self.fail(unwrapped(error)))?;
        let wanting = START_BYTES_MAX.saturating_sub(self.start.len()).min(count);
        self.start.extend_from_slice(&buffer[..wanting]);
        match self.bytes_left.checked_sub(count as u64) {
            Some(left) => self.bytes_left = left,
            None => {
                let (limit, bytes) = self.bytes_max;
                let error = Error::new(ErrorKind::Limit, "the answer of the server is too long");
                return Err(self.fail(error.with(limit, bytes)));
            }
        }
        Ok(count)
    }

    /// Keeps the first failure, and gives gix something to pass on.
    fn fail(&mut self, error: Error) -> io::Error {
        let error = match error.kind() {
            ErrorKind::Cancelled => Error::new(ErrorKind::Cancelled, "cancelled while talking to the server"),
            _ => error,
        }
        .with("url", &self.url);
        let passed = io::Error::other(error.to_string());
        self.failure.get_or_insert(error);
        passed
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.with(|state| state.read(buffer))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|state| {
            state.start.clear();
            state.session.write(bytes)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(|state| state.session.flush().map_err(|error| state.fail(unwrapped(error))))
    }
}

impl Blame for Pipe {
    fn take_failure(&self) -> Option<Error> {
        self.with(|state| {
            let refused = || refused(&state.start).map(|error| error.with("url", &state.url));
            state.failure.take().or_else(refused)
        })
    }

    fn last_words(&self) -> Option<Error> {
        self.with(|state| Some(state.session.last_words()?.why().with("url", &state.url)))
    }
}

/// A path as one word for the shell of a server.
fn quoted(path: &str) -> String {
    // Some servers have a shell to which `!` is special even there.
    format!("'{}'", path.replace('\'', r"'\''").replace('!', r"'\!'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_whatever_it_holds() {
        assert_eq!(quoted("/srv/a b.git"), "'/srv/a b.git'");
        assert_eq!(quoted("a'; rm -rf ~; '"), r"'a'\''; rm -rf ~; '\'''");
        assert_eq!(quoted("a!b"), r"'a'\!'b'");
    }
}
