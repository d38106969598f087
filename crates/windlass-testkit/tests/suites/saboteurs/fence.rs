//! Fences that break one law each.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use windlass_core::{Error, ErrorKind, Fence, Now, Result};
use windlass_testkit::fence::FenceHarness;
use windlass_testkit::suite::{Check, Harness};

/// A lease of ten seconds, or one that breaks the law named.
pub(crate) struct Stage(Arc<Lease>);

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(breaks: &'static str) -> Self {
        Self(Arc::new(Lease { breaks, until: Duration::from_secs(10), lost: AtomicBool::new(false) }))
    }
}

impl Harness for Stage {}

impl FenceHarness for Stage {
    fn fence(&self) -> Arc<dyn Fence> {
        self.0.clone()
    }

    fn lose(&self) -> Check {
        self.0.lost.store(true, Ordering::SeqCst);
        Ok(())
    }
}

#[derive(Debug)]
struct Lease {
    breaks: &'static str,
    until: Duration,
    lost: AtomicBool,
}

impl Fence for Lease {
    fn check(&self, now: Now) -> Result<Option<Duration>> {
        let left = self.until.saturating_sub(now.mono);
        let refused = |kind| Err(Error::new(kind, "the lease is lost"));
        match self.breaks {
            "while_it_is_held_a_write_may_start" if now.mono.is_zero() && !self.is_lost() => {
                return Ok(Some(Duration::ZERO));
            }
            "what_is_left_grows_shorter_with_time" if !left.is_zero() && !self.is_lost() => {
                return Ok(Some(self.until));
            }
            "once_it_has_run_out_no_write_may_start" if left.is_zero() => return Ok(Some(left)),
            "once_it_is_lost_no_write_may_start" if self.is_lost() => return refused(ErrorKind::Unavailable),
            _ => {}
        }
        if left.is_zero() || self.is_lost() { refused(ErrorKind::Conflict) } else { Ok(Some(left)) }
    }
}

impl Lease {
    fn is_lost(&self) -> bool {
        self.lost.load(Ordering::SeqCst)
    }
}
