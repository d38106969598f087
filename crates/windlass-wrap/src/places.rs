//! Places for calls at once.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};
use windlass_core::{Context, Error, ErrorKind, Result};

/// So many calls at once, and no more; without a number as many as there are. Who comes first goes first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places(Option<Arc<Semaphore>>);

impl Places {
    /// Makes so many places, and at least one.
    pub(crate) fn new(count: usize) -> Self {
        Self(Some(Arc::new(Semaphore::new(count.clamp(1, Semaphore::MAX_PERMITS)))))
    }

    /// Waits for a place, which is given back when what this gives is dropped.
    pub(crate) async fn take(&self, cx: &Context) -> Result<Option<SemaphorePermit<'_>>> {
        let Some(places) = &self.0 else { return Ok(None) };
        let place = cx.unless_over(places.acquire()).await?;
        place.map(Some).map_err(|closed| Error::new(ErrorKind::Internal, "no more places").caused_by(closed))
    }
}
