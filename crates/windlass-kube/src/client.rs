//! The client of a connection, and new credentials where the server refuses the old ones.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kube::{Client, Config};
use windlass_core::Context;

/// How long nobody reads credentials again after they were read again in vain.
const READ_AGAIN: Duration = Duration::from_secs(5);

/// The client of a connection. It is replaced by one with new credentials where the server does not know the old ones: a
/// token may end before its file is read again, or before its program said that it would.
pub(crate) struct Clients {
    current: Mutex<Numbered>,
    /// How it was made, where the credentials come from a file or a program.
    config: Option<Config>,
    /// Held while credentials are read; with when that was.
    reading: tokio::sync::Mutex<Option<Duration>>,
}

/// A client, and how many there were before it.
#[derive(Clone)]
pub(crate) struct Numbered {
    pub(crate) client: Client,
    no: u64,
}

impl Clients {
    pub(crate) fn new(client: Client, config: Option<Config>) -> Self {
        let config = config.filter(has_more);
        Self {
            current: Mutex::new(Numbered { client, no: 0 }),
            config,
            reading: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn current(&self) -> Numbered {
        self.slot().clone()
    }

    /// Says whether there is another client than the one that was refused. Of many that are refused at once, one reads the
    /// credentials again.
    pub(crate) async fn renew(&self, cx: &Context, refused: &Numbered) -> bool {
        let Some(config) = &self.config else { return false };
        let Ok(mut read) = cx.unless_over(self.reading.lock()).await else { return false };
        if self.current().no != refused.no {
            return true;
        }
        let now = cx.now().mono;
        if read.is_some_and(|at| now < at.saturating_add(READ_AGAIN)) {
            return false;
        }
        *read = Some(now);
        let config = config.clone();
        // A program for credentials may take its time.
        let made = tokio::task::spawn_blocking(move || Client::try_from(config).ok());
        let Ok(Ok(Some(client))) = cx.within(cx.limits().request_timeout, made).await else { return false };
        *self.slot() = Numbered { client, no: refused.no + 1 };
        true
    }

    fn slot(&self) -> MutexGuard<'_, Numbered> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says whether credentials that are read again may be others.
fn has_more(config: &Config) -> bool {
    let auth = &config.auth_info;
    let comes = auth.token_file.is_some() || auth.exec.is_some() || auth.auth_provider.is_some();
    comes && auth.token.is_none()
}
