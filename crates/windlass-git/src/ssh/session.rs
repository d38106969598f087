//! A command on a server, with what it reads and writes: blocking, within time, and on no thread but the caller's.
//!
//! The library beneath is asynchronous. Its work is done while the caller waits for it here, so that a caller who reads
//! slowly slows the server down, and one who goes away leaves nothing behind.

use std::future::Future;
use std::io::{self, Read, Write};
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use russh::client::{self, Handle, Msg};
use russh::{Channel, ChannelMsg};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::Job;

use super::SshAccess;
use super::algorithms::config;
use super::login::log_in;
use super::said::Said;
use super::watcher::{Farewell, Stopped, Watcher};
use crate::location::SshAddress;

/// How long a wait lasts before the caller's wish to stop is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// How many messages of the server wait until they are read: of 32 KiB each at most.
const MESSAGES_MAX: usize = 64;

/// What extended data is: that of the standard error.
const STANDARD_ERROR: u32 = 1;

/// A command that runs on a server.
pub(super) struct Session {
    job: Job,
    idle_time_max: Duration,
    channel: Channel<Msg>,
    /// Ends the connection when it goes.
    _handle: Handle<Watcher>,
    /// What came and was not read yet.
    came: Bytes,
    /// What is to be sent.
    going: Vec<u8>,
    said: Said,
    has_ended: bool,
    runtime: Events,
}

/// The events of one connection, which wait for nobody when they end.
struct Events(Option<Runtime>);

impl Session {
    /// Connects, shows the key, and starts a command in the protocol that is wanted of Git.
    pub(super) fn start(address: &SshAddress, access: &SshAccess, command: &str, job: &Job) -> Result<Self> {
        let runtime = Events::new()?;
        let begin = begin(address, access, command, job);
        let (handle, channel) = runtime.block_on(begin)?;
        Ok(Self {
            job: job.clone(),
            idle_time_max: access.idle_time_max,
            channel,
            _handle: handle,
            came: Bytes::new(),
            going: Vec::new(),
            said: Said::default(),
            has_ended: false,
            runtime,
        })
    }

    /// What the server said beside its answer, once the command has ended.
    pub(super) fn last_words(&mut self) -> Option<&Said> {
        self.has_ended.then_some(&self.said)
    }

    /// Waits for the next bytes; none when the command has ended.
    fn next(&mut self) -> Result<Bytes> {
        while !self.has_ended {
            let wait = within(&self.job, self.idle_time_max, self.channel.wait());
            match self.runtime.block_on(wait)? {
                Some(ChannelMsg::Data { data }) if !data.is_empty() => return Ok(data),
                Some(ChannelMsg::ExtendedData { data, ext: STANDARD_ERROR }) => self.said.hear(&data),
                Some(ChannelMsg::ExitStatus { exit_status }) => self.said.exit = Some(exit_status),
                Some(ChannelMsg::Failure) => {
                    self.has_ended = true;
                    return Err(Error::new(ErrorKind::Denied, "the server runs no commands"));
                }
                Some(ChannelMsg::Close) | None => self.has_ended = true,
                // Until a command is closed, its status may come.
                Some(_) => {}
            }
        }
        Ok(Bytes::new())
    }

    fn send(&mut self) -> Result<()> {
        if self.going.is_empty() {
            return Ok(());
        }
        let bytes = std::mem::take(&mut self.going);
        let sent = within(&self.job, self.idle_time_max, self.channel.data_bytes(bytes));
        match self.runtime.block_on(sent)? {
            Ok(()) => Ok(()),
            // Why it was not taken is what the server says next.
            Err(_) => self.drain(),
        }
    }

    /// Hears out a server that takes nothing any more.
    fn drain(&mut self) -> Result<()> {
        while !self.next()?.is_empty() {}
        Err(Error::new(ErrorKind::Unavailable, "the server takes no question"))
    }
}

impl Read for Session {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.send().map_err(io::Error::other)?;
        if self.came.is_empty() && !buffer.is_empty() {
            self.came = self.next().map_err(io::Error::other)?;
        }
        let count = self.came.len().min(buffer.len());
        self.came.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

impl Write for Session {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.going.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send().map_err(io::Error::other)
    }
}

impl Events {
    fn new() -> Result<Self> {
        if tokio::runtime::Handle::try_current().is_ok() {
            let message = "SSH would block a thread of an asynchronous runtime";
            return Err(Error::new(ErrorKind::Internal, message));
        }
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let none = |error| Error::new(ErrorKind::Unavailable, "no events for a connection").caused_by(error);
        runtime.map(|runtime| Self(Some(runtime))).map_err(none)
    }

    fn block_on<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let gone = || Error::new(ErrorKind::Internal, "the events of a connection are gone");
        self.0.as_ref().ok_or_else(gone)?.block_on(work)
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        // The lookup of a name cannot be stopped, and would be waited for.
        self.0.take().into_iter().for_each(Runtime::shutdown_background);
    }
}

async fn begin(
    address: &SshAddress,
    access: &SshAccess,
    command: &str,
    job: &Job,
) -> Result<(Handle<Watcher>, Channel<Msg>)> {
    let connected = TcpStream::connect((address.host.as_str(), address.port));
    let stream = within(job, access.connect_time_max, connected).await?.map_err(unreachable)?;
    // What is asked is small, and an answer is waited for.
    let _ = stream.set_nodelay(true);
    let farewell = Farewell::default();
    let watcher = Watcher {
        known: access.known.clone(),
        host: address.host.clone(),
        port: address.port,
        farewell: farewell.clone(),
    };
    let kinds = access.known.kinds(&address.host, address.port);
    let config = Arc::new(config(&kinds, MESSAGES_MAX));
    let broken = |stopped| broken(stopped, &farewell);
    let idle = access.idle_time_max;
    let mut handle =
        within(job, idle, client::connect_stream(config, stream, watcher)).await?.map_err(broken)?;
    let key = &access.key;
    within(job, idle, log_in(&mut handle, &address.user, key)).await?.map_err(broken)?.told(address, key)?;
    let run = async {
        let channel = handle.channel_open_session().await?;
        channel.set_env(false, "GIT_PROTOCOL", "version=2").await?;
        channel.exec(true, command).await?;
        Ok(channel)
    };
    let channel = within(job, idle, run).await?.map_err(|error: russh::Error| broken(error.into()))?;
    Ok((handle, channel))
}

/// Waits for no longer than may be, and looks now and then whether the caller has gone.
async fn within<T>(job: &Job, silence_max: Duration, work: impl Future<Output = T>) -> Result<T> {
    let mut work = pin!(work);
    let end = Instant::now().checked_add(silence_max);
    loop {
        let left = end.map_or(LOOK, |end| end.saturating_duration_since(Instant::now()));
        let left = left.min(LOOK).min(job.left().unwrap_or(LOOK));
        if let Ok(done) = tokio::time::timeout(left, &mut work).await {
            return Ok(done);
        }
        job.check().map_err(|error| match error.kind() {
            ErrorKind::Timeout => late(),
            _ => error,
        })?;
        if end.is_some_and(|end| Instant::now() >= end) {
            return Err(late());
        }
    }
}

fn late() -> Error {
    Error::new(ErrorKind::Timeout, "the server took too long")
}

fn unreachable(error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, "the server cannot be reached").caused_by(error)
}

/// The error of a connection that ended before a command ran.
fn broken(stopped: Stopped, farewell: &Farewell) -> Error {
    let error = match stopped {
        Stopped::Refused(error) => return error,
        Stopped::Broken(error) => error,
    };
    let unproven = || Error::new(ErrorKind::Denied, "the server does not prove its key");
    let told = match error {
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            let error = Error::new(ErrorKind::Unsupported, "nothing in common with the server");
            error.with("algorithm", format!("{kind:?}").to_lowercase()).with("theirs", theirs.join(" "))
        }
        russh::Error::WrongServerSig => unproven(),
        error => {
            let broken = Error::new(ErrorKind::Unavailable, "the connection to the server broke");
            broken.caused_by(error)
        }
    };
    match farewell.take() {
        Some(said) => told.with("server", super::said::shown(&said)),
        None => told,
    }
}
