//! The real clock, on tokio's timer.

use std::time::{Duration, Instant, SystemTime};

use windlass_core::{Clock, Now, Timestamp, async_trait};

/// The real clock, on tokio's timer. `sleep` must be awaited inside a tokio runtime with its timer switched on.
#[derive(Debug, Clone, Copy)]
pub struct TokioClock {
    began: Instant,
}

impl TokioClock {
    /// Starts a clock.
    #[must_use]
    pub fn new() -> Self {
        Self { began: Instant::now() }
    }
}

impl Default for TokioClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Clock for TokioClock {
    fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Now { wall: Timestamp::from_unix(wall.as_secs()), mono: self.began.elapsed() }
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }
}
