//! One connection to a cluster, with what is known of its kinds.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue};
use kube::Client;
use tokio::sync::{Semaphore, SemaphorePermit};
use windlass_core::{Error, ErrorKind, Result, Text};

use crate::connect::{self, Connect};
use crate::discovery::Kinds;
use crate::wire::Place;

/// Reads under way at once, over all units on one connection. Writes are bounded by
/// [`Limits::writes_in_flight_max`](windlass_core::Limits::writes_in_flight_max), which the engine keeps.
const READS_IN_FLIGHT_MAX: usize = 32;

/// A connection to a cluster. Cheap to clone: clones share the connection, what was discovered, and the counter.
///
/// It must be made and used inside a tokio runtime.
#[derive(Clone)]
pub struct Cluster {
    shared: Arc<Shared>,
    account: Option<Arc<Account>>,
}

struct Shared {
    client: Client,
    place: Place,
    requests: AtomicU64,
    reads: Semaphore,
    kinds: Kinds,
}

struct Account {
    name: HeaderValue,
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
        let client = Client::try_from(config).map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("cannot use the credentials: {error}"))
                .with("server", &place.server)
        })?;
        Ok(Self::at(client, place))
    }

    /// Takes a client of the `kube` crate as it is: the way out for transports of one's own. It is the one place of
    /// the interface that names a type of that crate, and moves with its major versions. `server` names the cluster.
    #[must_use]
    pub fn from_kube_client(client: Client, server: impl Into<Text>) -> Self {
        Self::at(client, Place { server: server.into(), context: None })
    }

    fn at(client: Client, place: Place) -> Self {
        let shared = Shared {
            client,
            place,
            requests: AtomicU64::new(0),
            reads: Semaphore::new(READS_IN_FLIGHT_MAX),
            kinds: Kinds::default(),
        };
        Self { shared: Arc::new(shared), account: None }
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
        let header = HeaderValue::from_str(name).ok().filter(|_| !name.is_empty());
        let account = Account { name: header.ok_or_else(|| not_an_account(name))? };
        Ok(Self { shared: Arc::clone(&self.shared), account: Some(Arc::new(account)) })
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
        &self.shared.place.server
    }

    /// Counts the requests sent so far over this connection, by all clones and accounts, repeated ones included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.shared.client
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        &self.shared.kinds
    }

    pub(crate) fn count(&self) {
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for the turn of a read. `None` cannot happen, as nobody closes the semaphore.
    pub(crate) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        self.shared.reads.acquire().await.ok()
    }

    pub(crate) fn place(&self) -> &Place {
        &self.shared.place
    }

    pub(crate) fn identity_headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        let user =
            |account: &Arc<Account>| (HeaderName::from_static("impersonate-user"), account.name.clone());
        self.account.iter().map(user)
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
        let account = self.account.as_ref().and_then(|account| account.name.to_str().ok());
        f.debug_struct("Cluster").field("server", self.server()).field("account", &account).finish()
    }
}
