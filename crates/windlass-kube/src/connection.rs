//! What all requests to one cluster share: the client, who asks, what is known of the kinds, and the counter.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue};
use kube::{Client, Config};
use tokio::sync::{Semaphore, SemaphorePermit};
use windlass_core::Text;

use crate::client::Clients;
use crate::request::{Effect, Place};
use crate::resource::Kinds;
use crate::store::Keys;

/// Reads under way at once, over all units on one connection; watches do not count, nor what gets no answer for long.
const READS_IN_FLIGHT_MAX: usize = 32;
/// Writes under way at once, over all units on one connection: what an API server takes from one client without queueing.
/// The engine bounds the writes of each unit by
/// [`Limits::writes_in_flight_max`](windlass_core::Limits::writes_in_flight_max).
const WRITES_IN_FLIGHT_MAX: usize = 32;

/// A connection, and the account to act as. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connection {
    shared: Arc<Shared>,
    account: Option<HeaderValue>,
}

struct Shared {
    clients: Clients,
    default_namespace: Text,
    place: Place,
    requests: AtomicU64,
    reads: Semaphore,
    writes: Semaphore,
    kinds: Kinds,
    keys: Keys,
}

impl Connection {
    /// `config` is how the client was made; without it, its credentials stay as they are.
    pub(crate) fn new(client: Client, config: Option<Config>, place: Place) -> Self {
        let (requests, reads) = (AtomicU64::new(0), Semaphore::new(READS_IN_FLIGHT_MAX));
        let writes = Semaphore::new(WRITES_IN_FLIGHT_MAX);
        let (kinds, keys) = (Kinds::default(), Keys::default());
        let default_namespace = client.default_namespace().into();
        let clients = Clients::new(client, config);
        let shared = Shared { clients, default_namespace, place, requests, reads, writes, kinds, keys };
        Self { shared: Arc::new(shared), account: None }
    }

    /// Gives the same connection, acting as another user; `None` for a name that cannot be sent.
    pub(crate) fn of(&self, user: &str) -> Option<Self> {
        let account = HeaderValue::from_str(user).ok().filter(|_| !user.is_empty())?;
        Some(Self { shared: Arc::clone(&self.shared), account: Some(account) })
    }

    pub(crate) fn clients(&self) -> &Clients {
        &self.shared.clients
    }

    /// The namespace of the context, or of the pod.
    pub(crate) fn default_namespace(&self) -> &Text {
        &self.shared.default_namespace
    }

    pub(crate) fn place(&self) -> &Place {
        &self.shared.place
    }

    pub(crate) fn server(&self) -> &Text {
        &self.shared.place.server
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        &self.shared.kinds
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.shared.keys
    }

    pub(crate) fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn count(&self) {
        self.shared.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits for the turn of a request. `None` cannot happen, as nobody closes the semaphores.
    pub(crate) async fn permit(&self, effect: Effect) -> Option<SemaphorePermit<'_>> {
        let turns = if effect == Effect::Write { &self.shared.writes } else { &self.shared.reads };
        turns.acquire().await.ok()
    }

    /// Names the account that is acted as, where it is another one than that of the credentials.
    pub(crate) fn account(&self) -> Option<&str> {
        self.account.as_ref().and_then(|account| account.to_str().ok())
    }

    pub(crate) fn identity_headers(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> + '_ {
        self.account.iter().map(|account| (HeaderName::from_static("impersonate-user"), account.clone()))
    }
}

/// Shows the server and the account, never credentials.
impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("server", self.server()).field("account", &self.account()).finish()
    }
}
