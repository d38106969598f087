//! One connection to a cluster, as its users name it.

use std::fmt;

use kube::{Client, Config};
use windlass_core::{Error, ErrorKind, Result, Text};

use crate::connect::{self, Connect};
use crate::connection::Connection;
use crate::request::Place;
use crate::view::Views;

/// A connection to a cluster. Cheap to clone: clones share the connection, what was discovered, the watched objects, and
/// the counter.
///
/// It must be made and used inside a tokio runtime.
#[derive(Clone)]
pub struct Cluster {
    connection: Connection,
    views: Views,
}

impl Cluster {
    /// Prepares a connection. Nothing is sent yet; the first use connects.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a kubeconfig that cannot be read, [`ErrorKind::Denied`] for one that asks for what
    /// `connect` does not allow: programs that print credentials, TLS that is not verified, plain HTTP.
    pub async fn connect(connect: &Connect) -> Result<Self> {
        let (config, context) = connect::config(connect).await?;
        let place = Place { server: connect::plain_url(&config.cluster_url).into(), context };
        let client = Client::try_from(config.clone()).map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("cannot use the credentials: {error}"))
                .with("server", &place.server)
        })?;
        Ok(Self::at(client, Some(config), place))
    }

    /// Takes a client of the `kube` crate as it is: the way out for transports of one's own. It is the one place of
    /// the interface that names a type of that crate, and moves with its major versions. `server` names the cluster.
    ///
    /// A client that repeats requests by itself repeats writes as well, and its timeouts cut watches off: `Connect` sets
    /// `default_retry` to false and reads without an answer to end after two minutes.
    #[must_use]
    pub fn from_kube_client(client: Client, server: impl Into<Text>) -> Self {
        Self::at(client, None, Place { server: server.into(), context: None })
    }

    fn at(client: Client, config: Option<Config>, place: Place) -> Self {
        Self { connection: Connection::new(client, config, place), views: Views::default() }
    }

    /// Acts as the service account of this name from here on, over the same connection. The account of the connection
    /// must be allowed to impersonate that service account, and nothing else: its groups are filled in by the server.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what is not the name of a namespace or of a service account.
    pub fn as_service_account(&self, namespace: &str, name: &str) -> Result<Self> {
        if !(is_name(namespace) && is_name(name)) {
            return Err(not_an_account(&format!("{namespace}/{name}")));
        }
        self.as_user(&format!("system:serviceaccount:{namespace}:{name}"))
    }

    /// Acts as this user from here on, over the same connection. The account of the connection must be allowed to
    /// impersonate it. The user has no groups but `system:authenticated`, and those of a service account.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that cannot be sent.
    pub fn as_user(&self, name: &str) -> Result<Self> {
        let connection = self.connection.of(name).ok_or_else(|| not_an_account(name))?;
        Ok(Self { connection, views: self.views.clone() })
    }

    /// Acts as another account from here on. `namespace/name`, both as Kubernetes names things, is short for
    /// [`as_service_account`](Self::as_service_account); everything else is [`as_user`](Self::as_user), such as
    /// `system:serviceaccount:team-a:deployer` or `https://issuer.example/jane`. Where names come from elsewhere, call
    /// the one that is meant.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that cannot be sent.
    pub fn as_account(&self, account: &str) -> Result<Self> {
        match account.split_once('/') {
            Some((namespace, name)) if is_name(namespace) && is_name(name) => {
                self.as_service_account(namespace, name)
            }
            _ => self.as_user(account),
        }
    }

    /// Names the server: its URL.
    #[must_use]
    pub fn server(&self) -> &Text {
        self.connection.server()
    }

    /// Counts the requests sent so far over this connection, by all clones and accounts, repeated ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.connection.requests()
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn into_connection(self) -> Connection {
        self.connection
    }

    pub(crate) fn views(&self) -> &Views {
        &self.views
    }
}

/// Says whether Kubernetes could have given a namespace or a service account this name.
fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    (1..=253).contains(&text.len())
        && text.chars().all(|c| plain(c) || matches!(c, '-' | '.'))
        && text.starts_with(plain)
        && text.ends_with(plain)
}

fn not_an_account(account: &str) -> Error {
    Error::new(ErrorKind::Invalid, "not the name of an account").with("account", account)
}

/// Shows the server and the account, never credentials.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.connection.account();
        f.debug_struct("Cluster").field("server", self.server()).field("account", &account).finish()
    }
}
