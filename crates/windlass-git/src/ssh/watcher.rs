//! What the server says before a command runs: its key, and why it ends a connection.

use std::sync::{Arc, Mutex, PoisonError};

use russh::Channel;
use russh::client::{ChannelOpenHandle, DisconnectReason, Handler, Msg, Session};
use russh::keys::PublicKeyOrCertificate;
use windlass_core::Error;

use super::host_key::HostKeyError;
use super::known_hosts::{HostKey, KnownHosts, name};

/// Looks at the key of the host, keeps why the server leaves, and opens nothing that the server asks for.
pub(super) struct Watcher {
    pub(super) known: KnownHosts,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) farewell: Farewell,
}

/// What a server said when it ended the connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Farewell(Arc<Mutex<Option<String>>>);

impl Farewell {
    pub(super) fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep(&self, said: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(said);
    }
}

/// Why a connection ended.
#[derive(Debug)]
pub(super) enum Stopped {
    /// The host is not trusted.
    Refused(Error),
    /// It broke.
    Broken(russh::Error),
}

impl From<russh::Error> for Stopped {
    fn from(error: russh::Error) -> Self {
        Self::Broken(error)
    }
}

/// Refuses what the server would open: a dropped handle says no.
macro_rules! refuse {
    ($($name:ident($($argument:ty),*))*) => {$(
        #[allow(clippy::too_many_arguments, reason = "the library has as many")]
        async fn $name(
            &mut self,
            _: Channel<Msg>,
            $(_: $argument,)*
            _: ChannelOpenHandle,
            _: &mut Session,
        ) -> Result<(), Stopped> {
            Ok(())
        }
    )*};
}

impl Handler for Watcher {
    type Error = Stopped;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Stopped> {
        let host = || name(&self.host, self.port);
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            // None was asked for.
            let cause = HostKeyError::Authority { host: host(), shown: "a certificate".to_owned(), line: 0 };
            return Err(Stopped::Refused(cause.into()));
        };
        let bytes = key.to_bytes().map_err(|error| Stopped::Broken(error.into()))?;
        let shown = HostKey { kind: key.algorithm().as_str().to_owned(), bytes };
        match self.known.check(&self.host, self.port, &shown) {
            Ok(()) => Ok(true),
            Err(cause) => Err(Stopped::Refused(cause.into())),
        }
    }

    async fn disconnected(&mut self, reason: DisconnectReason<Stopped>) -> Result<(), Stopped> {
        match reason {
            DisconnectReason::ReceivedDisconnect(told) => {
                self.farewell.keep(told.message);
                Ok(())
            }
            DisconnectReason::Error(error) => Err(error),
        }
    }

    refuse! {
        server_channel_open_forwarded_tcpip(&str, u32, &str, u32)
        server_channel_open_forwarded_streamlocal(&str)
        server_channel_open_agent_forward()
        server_channel_open_session()
        server_channel_open_direct_tcpip(&str, u32, &str, u32)
        server_channel_open_direct_streamlocal(&str)
        server_channel_open_x11(&str, u32)
    }
}
