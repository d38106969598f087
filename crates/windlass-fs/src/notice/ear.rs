//! Waiting for changes in one folder.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windlass_core::{Context, ErrorKind, Result};

use super::table::Wants;
use super::{Lost, News, Notifier, Refused, Subscription};

/// The shortest time between two looks where nobody tells.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// A full look takes at most one part in so many of the time.
const SHARE: u32 = 20;

/// How often all is looked at though nobody told: some changes are never told, such as those of memory that is a file.
const FULL_EVERY: Duration = Duration::from_secs(60);

/// How often somebody looks whether the folder is still the same one: nobody tells where a folder above it was renamed, or
/// the link that it is was changed.
const SAME_EVERY: Duration = Duration::from_secs(5);

/// How long nothing must have changed before changes are told, so that files are not read half-written.
const QUIET: Duration = Duration::from_millis(20);

/// How long changes are held back at most.
const QUIET_MAX: Duration = Duration::from_millis(200);

/// Waits for changes in one folder. Clones of a source or a target share it.
pub(crate) struct Ear {
    root: PathBuf,
    wants: Wants,
    notifier: Notifier,
    hearing: Mutex<Hearing>,
}

struct Hearing {
    by: By,
    /// When the last full look ended; `None` where one is due.
    looked: Option<Duration>,
    /// How long it took.
    took: Duration,
}

enum By {
    /// Nobody has waited yet, or the folder was not there.
    Nothing,
    System(Arc<Subscription>),
    Looking,
}

/// What may have changed.
#[derive(Debug)]
pub(crate) enum Heard {
    All,
    /// Entries, by their paths below the root.
    Paths(BTreeSet<PathBuf>),
}

impl Ear {
    pub(crate) fn new(
        root: PathBuf,
        notifier: &Notifier,
        wants: impl Fn(&Path) -> bool + Send + Sync + 'static,
    ) -> Self {
        let hearing = Mutex::new(Hearing { by: By::Nothing, looked: None, took: Duration::ZERO });
        Self { root, wants: Arc::new(wants), notifier: notifier.clone(), hearing }
    }

    /// Notes that a full look that began at `began` is over.
    pub(crate) fn looked(&self, cx: &Context, began: Duration) {
        let now = cx.now().mono;
        let mut hearing = self.hearing();
        (hearing.looked, hearing.took) = (Some(now), now.saturating_sub(began));
    }

    /// Forgets what has changed by now, for somebody who is about to look.
    pub(crate) fn forget(&self) {
        if let Some(subscription) = self.system() {
            self.heard(subscription.take());
        }
    }

    /// Waits until something may have changed. Dropping it loses nothing: what it gives it gives at once.
    pub(crate) async fn next(&self, cx: &Context) -> Result<Heard> {
        loop {
            cx.check()?;
            let Some(subscription) = self.listen() else {
                let took = self.hearing().took;
                cx.sleep(POLL_EVERY.max(took * SHARE)).await?;
                // Where it has come to be it is watched from now on, and looked at once.
                self.listen();
                return Ok(Heard::All);
            };
            let due = self.due(cx);
            if due.is_zero() {
                return Ok(Heard::All);
            }
            match cx.within(due.min(SAME_EVERY), subscription.told()).await {
                Ok(()) => {
                    settle(cx, &subscription).await?;
                    let news = subscription.take();
                    if !news.is_empty() {
                        return Ok(self.heard(news));
                    }
                }
                Err(error) if error.kind() == ErrorKind::Timeout => {
                    cx.check()?;
                    if subscription.table().is_replaced(subscription.id) {
                        return Ok(self.heard(News { lost: Some(Lost::Gone), ..News::default() }));
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives how long until all is looked at though nobody told; at once where nobody has looked since the watch began.
    fn due(&self, cx: &Context) -> Duration {
        let Hearing { looked, took, .. } = &*self.hearing();
        looked.map_or(Duration::ZERO, |at| {
            at.saturating_add(FULL_EVERY.max(*took * SHARE)).saturating_sub(cx.now().mono)
        })
    }

    /// Begins to be told, where nobody is yet and it can be.
    fn listen(&self) -> Option<Arc<Subscription>> {
        let mut hearing = self.hearing();
        match &hearing.by {
            By::System(subscription) => return Some(Arc::clone(subscription)),
            By::Looking => return None,
            By::Nothing => {}
        }
        match self.notifier.subscribe(&self.root, &self.wants) {
            Ok(subscription) => {
                let subscription = Arc::new(subscription);
                hearing.by = By::System(Arc::clone(&subscription));
                // What changed before is found by a look.
                hearing.looked = None;
                subscription.take();
                Some(subscription)
            }
            Err(Refused::NotThere) => None,
            Err(refused) => {
                hearing.by = By::Looking;
                drop(hearing);
                if let Refused::Limited(error) = refused {
                    self.notifier.tell(&self.root, &error);
                }
                None
            }
        }
    }

    fn heard(&self, news: News) -> Heard {
        match news.lost {
            None if !news.all => return Heard::Paths(news.paths),
            // Until somebody has looked.
            None => self.hearing().looked = None,
            Some(Lost::Gone) => self.hearing().by = By::Nothing,
            Some(Lost::Limited(error)) => {
                self.hearing().by = By::Looking;
                self.notifier.tell(&self.root, &error);
            }
        }
        Heard::All
    }

    fn system(&self) -> Option<Arc<Subscription>> {
        match &self.hearing().by {
            By::System(subscription) => Some(Arc::clone(subscription)),
            _ => None,
        }
    }

    fn hearing(&self) -> MutexGuard<'_, Hearing> {
        self.hearing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until nothing has changed for a moment.
async fn settle(cx: &Context, subscription: &Subscription) -> Result<()> {
    let began = cx.now().mono;
    let mut seen = subscription.count();
    while cx.now().mono.saturating_sub(began) < QUIET_MAX {
        cx.sleep(QUIET).await?;
        let now = subscription.count();
        if now == seen {
            break;
        }
        seen = now;
    }
    Ok(())
}

impl fmt::Debug for Ear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ear({})", self.root.display())
    }
}
