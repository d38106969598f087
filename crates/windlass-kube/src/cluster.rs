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
    server: Text,
    requests: AtomicU64,
    reads: Semaphore,
    kinds: Kinds,
}

/// Invariant: `name` and `groups` are header values.
struct Account {
    name: HeaderValue,
    groups: Vec<HeaderValue>,
}

impl Cluster {
    /// Prepares a connection. Nothing is sent yet; the first use connects.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a kubeconfig that cannot be read, [`ErrorKind::Denied`] for one that asks for what
    /// `connect` does not allow: programs that print credentials, TLS that is not verified, plain HTTP.
    pub async fn connect(connect: &Connect) -> Result<Self> {
        let config = connect::config(connect).await?;
        let server = connect::plain_url(&config.cluster_url);
        let client = Client::try_from(config).map_err(|error| {
            Error::new(ErrorKind::Invalid, format!("cannot use the credentials: {error}"))
                .with("server", &server)
        })?;
        Ok(Self::from_kube_client(client, server))
    }

    /// Takes a client of the `kube` crate as it is: the way out for transports of one's own. It is the one place of
    /// the interface that names a type of that crate, and moves with its major versions. `server` names the cluster.
    #[must_use]
    pub fn from_kube_client(client: Client, server: impl Into<Text>) -> Self {
        let shared = Shared {
            client,
            server: server.into(),
            requests: AtomicU64::new(0),
            reads: Semaphore::new(READS_IN_FLIGHT_MAX),
            kinds: Kinds::default(),
        };
        Self { shared: Arc::new(shared), account: None }
    }

    /// Acts as another account from here on, over the same connection: `system:serviceaccount:team-a:deployer`, or
    /// short `team-a/deployer`. The account of the connection must be allowed to impersonate it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name that cannot be sent.
    pub fn as_account(&self, account: &str) -> Result<Self> {
        let (name, groups) = match account.split_once('/') {
            Some((namespace, name)) => (
                format!("system:serviceaccount:{namespace}:{name}"),
                vec![
                    "system:serviceaccounts".to_owned(),
                    format!("system:serviceaccounts:{namespace}"),
                    "system:authenticated".to_owned(),
                ],
            ),
            None => (account.to_owned(), Vec::new()),
        };
        let header = |text: &str| {
            let wrong =
                || Error::new(ErrorKind::Invalid, "not the name of an account").with("account", account);
            if text.is_empty() { Err(wrong()) } else { HeaderValue::from_str(text).map_err(|_| wrong()) }
        };
        let groups = groups.iter().map(|group| header(group)).collect::<Result<_>>()?;
        let account = Account { name: header(&name)?, groups };
        Ok(Self { shared: Arc::clone(&self.shared), account: Some(Arc::new(account)) })
    }

    /// Names the server: its URL.
    #[must_use]
    pub fn server(&self) -> &Text {
        &self.shared.server
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

    pub(crate) fn identity_headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        self.account.iter().flat_map(|account| {
            let user = (HeaderName::from_static("impersonate-user"), account.name.clone());
            let groups = account.groups.iter();
            std::iter::once(user)
                .chain(groups.map(|group| (HeaderName::from_static("impersonate-group"), group.clone())))
        })
    }
}

/// Shows the server and the account, never credentials.
impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.account.as_ref().and_then(|account| account.name.to_str().ok());
        f.debug_struct("Cluster").field("server", &self.shared.server).field("account", &account).finish()
    }
}
