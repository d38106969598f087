//! How a server is reached: over HTTP, or over SSH.

use std::sync::{Arc, OnceLock};

use gix::protocol::Handshake;
use gix_transport::client::blocking_io::Transport;
use gix_transport::client::blocking_io::http::Transport as OverHttp;
use windlass_core::{Error, ErrorKind, Result};
use windlass_http::{Http, Job};

use super::failed;
use crate::http::{Bounds, Call, Client};
use crate::location::{Address, Location};
use crate::options::{Access, Credentials, GitLimits, PEER};
#[cfg(feature = "ssh")]
use crate::{location::SshAddress, ssh, ssh::SshAccess};

/// What is kept from one conversation with a server to the next.
#[derive(Debug)]
pub(super) enum Line {
    Http(Box<HttpLine>),
    #[cfg(feature = "ssh")]
    Ssh(Box<SshLine>),
}

/// A line over HTTP: the connections of a source, with the roots of trust loaded once.
#[derive(Debug)]
pub(super) struct HttpLine {
    address: Address,
    access: Access,
    limits: GitLimits,
    client: OnceLock<Http>,
}

/// A line over SSH: the key and the known hosts, read once.
#[cfg(feature = "ssh")]
#[derive(Debug)]
pub(super) struct SshLine {
    address: SshAddress,
    access: SshAccess,
}

/// A conversation that has begun.
pub(super) struct Conversation {
    pub(super) transport: Box<dyn Transport>,
    pub(super) handshake: Handshake,
    pub(super) blame: Box<dyn Blame>,
}

/// Why a conversation broke, which gix would wrap beyond recognition.
pub(crate) trait Blame {
    /// Takes the failure that ended the conversation, if the line is to blame.
    fn take_failure(&self) -> Option<Error>;

    /// What the server said when it ended the conversation, where it says such things.
    fn last_words(&self) -> Option<Error> {
        None
    }
}

impl Line {
    /// Looks whether the server may be shown what it would be shown. Nobody is asked yet.
    pub(super) fn new(location: Location, access: Access, limits: &GitLimits) -> Result<Self> {
        match location {
            Location::Http(address) => HttpLine::new(address, access, limits).map(Box::new).map(Self::Http),
            #[cfg(feature = "ssh")]
            Location::Ssh(address) => {
                let access = SshAccess::of(&access, limits)?;
                Ok(Self::Ssh(Box::new(SshLine { address, access })))
            }
            #[cfg(not(feature = "ssh"))]
            Location::Ssh(_) => Err(Error::new(ErrorKind::Unsupported, "this build has no SSH")
                .with_help("use https://, or build windlass-git with its feature `ssh`")),
            Location::Folder(_) => Err(Error::new(ErrorKind::Internal, "a folder is no server")),
        }
    }

    /// Opens a conversation with the server.
    pub(super) fn converse(&self, bounds: &Bounds, job: &Job) -> Result<Conversation> {
        match self {
            Self::Http(line) => line.converse(bounds, job),
            #[cfg(feature = "ssh")]
            Self::Ssh(line) => {
                let (transport, blame) = ssh::converse(&line.address, &line.access, bounds, job)?;
                Conversation::begin(Box::new(transport), Box::new(blame))
            }
        }
    }
}

impl HttpLine {
    fn new(address: Address, access: Access, limits: &GitLimits) -> Result<Self> {
        if let Some(credentials) = &access.credentials {
            let header = credentials.header().ok_or_else(|| {
                Error::new(ErrorKind::Denied, "a private key is for SSH")
                    .with_help("use ssh://, or give a token")
            })?;
            if !address.origin().is_secure() && !access.clear_text {
                let error = Error::new(ErrorKind::Denied, "credentials are not sent in clear text");
                return Err(error.with_help("use https://"));
            }
            if !header.is_sendable() {
                let message = "the credentials hold a character that cannot be sent";
                return Err(Error::new(ErrorKind::Invalid, message));
            }
        }
        Ok(Self { address, access, limits: limits.clone(), client: OnceLock::new() })
    }

    fn converse(&self, bounds: &Bounds, job: &Job) -> Result<Conversation> {
        let authorization = self.access.credentials.as_ref().and_then(Credentials::header);
        let call = Call::new(&self.address, authorization, bounds, job);
        let url = gix::url::parse(self.address.as_str());
        let url = url.map_err(|error| Error::new(ErrorKind::Invalid, "not an address").caused_by(error))?;
        let client = Client::new(self.client()?.clone(), Arc::clone(&call));
        let transport = OverHttp::new_http(client, url, gix_transport::Protocol::V2, false);
        Conversation::begin(Box::new(transport), Box::new(call))
    }

    fn client(&self) -> Result<&Http> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let connection = self.access.connection(&self.limits, self.address.origin().is_secure());
        let made = Http::new(PEER, &connection)?;
        Ok(self.client.get_or_init(|| made))
    }
}

impl Conversation {
    fn begin(mut transport: Box<dyn Transport>, blame: Box<dyn Blame>) -> Result<Self> {
        let handshake = gix::protocol::handshake(
            &mut transport,
            gix_transport::Service::UploadPack,
            |_action| Ok(None),
            Vec::new(),
            &mut gix::progress::Discard,
        );
        let handshake = handshake.map_err(|error| failed(&*blame, None, error))?;
        Ok(Self { transport, handshake, blame })
    }
}
