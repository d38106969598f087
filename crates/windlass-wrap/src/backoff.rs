//! When to try again.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use windlass_core::{Context, Error, Result, Retry};

/// How often a call is tried, and how long is waited in between: the wait doubles with each attempt.
///
/// Only errors are tried again that say so by [`Error::retry`], and none that may have written.
///
/// ```
/// use std::time::Duration;
/// use windlass_wrap::Backoff;
///
/// let backoff = Backoff::default() // four attempts, after 250 ms, 500 ms and 1 s
///     .with_attempts_max(6)
///     .with_first_wait(Duration::from_secs(1))
///     .with_wait_max(Duration::from_secs(10))
///     .with_jitter(|| 0.5); // a random number, so that many do not come back at once
/// assert!(format!("{backoff:?}").starts_with("Backoff { attempts_max: 6, first_wait: 1s, wait_max: 10s"));
/// ```
#[derive(Clone)]
pub struct Backoff {
    attempts_max: u32,
    first_wait: Duration,
    wait_max: Duration,
    jitter: Option<Arc<dyn Fn() -> f64 + Send + Sync>>,
}

impl Backoff {
    /// Sets how often a call is tried at most, the first time included; 4 unless said. None is tried less than once.
    #[must_use]
    pub const fn with_attempts_max(mut self, attempts: u32) -> Self {
        self.attempts_max = attempts;
        self
    }

    /// Sets the wait before the second attempt; 250 ms unless said.
    #[must_use]
    pub const fn with_first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// Sets the longest wait between two attempts; 30 s unless said. Where the other side names a longer one, the error is given
    /// back with it, instead of being asked too early or of keeping the caller.
    #[must_use]
    pub const fn with_wait_max(mut self, wait: Duration) -> Self {
        self.wait_max = wait;
        self
    }

    /// Sets where random numbers from 0 to 1 come from. One is asked for before each wait: 0 halves the wait and 1 leaves it
    /// whole. A wait that the other side named is never shortened, but lasts up to the first wait longer.
    #[must_use]
    pub fn with_jitter(mut self, number: impl Fn() -> f64 + Send + Sync + 'static) -> Self {
        self.jitter = Some(Arc::new(number));
        self
    }

    /// Calls until it succeeds, or another attempt makes no sense, or would not begin within `limit`.
    pub(crate) async fn tried<T, F: Future<Output = Result<T>>>(
        &self,
        cx: &Context,
        limit: Duration,
        call: impl Fn() -> F,
    ) -> Result<T> {
        let (began, mut attempts) = (cx.now().mono, 1);
        loop {
            let error = match call().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let left = limit.saturating_sub(cx.now().mono.saturating_sub(began));
            let left = cx.remaining().map_or(left, |remaining| remaining.min(left));
            let Some(wait) = self.wait_after(attempts, &error).filter(|wait| *wait < left) else {
                return Err(told(error, attempts));
            };
            cx.sleep(wait).await.map_err(|over| over.caused_by(told(error, attempts)))?;
            attempts += 1;
        }
    }

    /// Gives the wait before another attempt; `None` where there is none.
    fn wait_after(&self, attempts: u32, error: &Error) -> Option<Duration> {
        if attempts >= self.attempts_max || error.may_have_written() {
            return None;
        }
        match error.retry() {
            Retry::After(named) if named > self.wait_max => None,
            Retry::After(named) => Some(
                named.saturating_add(
                    self.jitter
                        .as_ref()
                        .map_or(Duration::ZERO, |number| self.first_wait.mul_f64(share(number()))),
                ),
            ),
            Retry::Backoff => {
                let doubled = self.first_wait.saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1)));
                let whole = doubled.min(self.wait_max);
                Some(self.jitter.as_ref().map_or(whole, |number| {
                    let half = whole / 2;
                    half + half.mul_f64(share(number()))
                }))
            }
            _ => None,
        }
    }
}

/// Keeps a number that somebody injected from 0 to 1. What is none leaves waits whole.
fn share(number: f64) -> f64 {
    if number.is_nan() { 1.0 } else { number.clamp(0.0, 1.0) }
}

/// Says how often it was tried, where that was more than once.
fn told(error: Error, attempts: u32) -> Error {
    if attempts > 1 { error.with_each("attempts", attempts) } else { error }
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            attempts_max: 4,
            first_wait: Duration::from_millis(250),
            wait_max: Duration::from_secs(30),
            jitter: None,
        }
    }
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backoff")
            .field("attempts_max", &self.attempts_max)
            .field("first_wait", &self.first_wait)
            .field("wait_max", &self.wait_max)
            .field("jitter", &self.jitter.is_some())
            .finish()
    }
}
