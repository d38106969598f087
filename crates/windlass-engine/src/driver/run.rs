//! Passes, one after the other.

use std::time::Duration;

use windlass_core::{Context, Digest, EventKind, Report, Result, Retry};

use super::Engine;
use super::execute::is_cancelled;

impl Engine {
    /// Makes passes until the context is cancelled: after a good one waits for the interval, a little more or less;
    /// after a bad one for a shorter time that doubles with each further bad one, up to the interval. While a pass does
    /// nothing but wait for health, the source is asked at the interval; where it has moved on, the next pass begins.
    ///
    /// # Errors
    /// None but a deadline of the context: what a pass could not do is told as an event, and tried again.
    pub async fn run(&self, cx: &Context) -> Result<()> {
        self.run_seeing(cx, &mut |_| {}).await
    }

    /// Does as [`Engine::run`], and shows what came of each pass.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub async fn run_seeing(
        &self,
        cx: &Context,
        see: &mut (dyn FnMut(&Result<Report>) + Send),
    ) -> Result<()> {
        let (mut passes, mut bad) = (0u64, 0u32);
        loop {
            let passed = self.pass(cx, Some(self.interval(passes))).await;
            let overtaken = passed.as_ref().is_ok_and(|passed| passed.overtaken);
            let result = passed.map(|passed| passed.report);
            see(&result);
            if cx.cancel().is_cancelled() {
                return Ok(());
            }
            passes += 1;
            if overtaken {
                continue;
            }
            let wait = match &result {
                Ok(report) if report.is_success() => {
                    bad = 0;
                    self.interval(passes)
                }
                _ => {
                    bad = bad.saturating_add(1);
                    self.backoff(cx, passes, bad, &result)
                }
            };
            self.tell(EventKind::Waiting { wait });
            match cx.sleep(wait).await {
                Err(error) if is_cancelled(error.kind()) => return Ok(()),
                other => other?,
            }
        }
    }

    fn interval(&self, passes: u64) -> Duration {
        self.jittered(self.0.options.interval, passes)
    }

    /// No longer than the interval: a pass may always succeed that comes when it would have come anyway.
    fn backoff(&self, cx: &Context, passes: u64, bad: u32, result: &Result<Report>) -> Duration {
        let options = &self.0.options;
        let doubled = options.retry_min.saturating_mul(2u32.saturating_pow(bad.saturating_sub(1).min(16)));
        let named = match result.as_ref().map_err(windlass_core::Error::retry) {
            Err(Retry::After(wait)) => wait.min(cx.limits().retry_wait_max),
            _ => Duration::ZERO,
        };
        self.jittered(doubled.min(options.interval), passes).max(named).min(options.interval)
    }

    /// A wait, off by up to the jitter. Which way is a matter of the unit's name and the count of passes, so that a
    /// simulation repeats and units spread all the same.
    fn jittered(&self, wait: Duration, passes: u64) -> Duration {
        let jitter = wait.as_secs_f64() * f64::from(self.0.options.jitter_percent.min(100)) / 100.0;
        let seed = Digest::of_parts([self.0.unit.as_str().as_bytes(), &passes.to_be_bytes()]).to_string();
        let spread = u32::from_str_radix(&seed[seed.len() - 6..], 16)
            .map_or(0.0, |n| f64::from(n) / f64::from(0x00ff_ffff));
        let seconds = (wait.as_secs_f64() + jitter * (2.0 * spread - 1.0)).max(0.0);
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}
