//! Calls that never come back by themselves.

use std::time::Duration;

use windlass_core::{Cancel, Context, ErrorKind, Result};

use super::{Check, Harness, Unmet, run};
use crate::run::unless;

/// How long a call hangs before its end is due, on the clock of the harness.
const HANGS: Duration = Duration::from_secs(1);

/// How long it may take from then on.
const GRACE: Duration = Duration::from_secs(1);

/// What ends a call that hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Deadline,
    Cancel,
}

impl End {
    const fn kind(self) -> ErrorKind {
        match self {
            Self::Deadline => ErrorKind::Timeout,
            Self::Cancel => ErrorKind::Cancelled,
        }
    }
}

/// Checks that a call that hangs ends, and with the right error. One that comes back by itself before is no less right.
pub(crate) fn ends_in_time<T>(
    bench: &(impl Harness + ?Sized),
    end: End,
    what: &str,
    call: impl AsyncFnOnce(&Context) -> Result<T>,
) -> Check {
    let (plain, cancel) = (bench.context(), Cancel::new());
    let done = run(bench, async {
        let cx = match end {
            End::Deadline => plain.clone().with_timeout(HANGS),
            End::Cancel => plain.clone().with_cancel(cancel.clone()),
        };
        let patience = async {
            plain.clock().sleep(HANGS).await;
            if end == End::Cancel {
                cancel.cancel();
            }
            plain.clock().sleep(GRACE).await;
        };
        unless(call(&cx), patience).await
    });
    match done {
        Some(Ok(_)) => Ok(()),
        Some(Err(error)) if error.kind() == end.kind() => Ok(()),
        Some(Err(error)) => {
            Err(Unmet::Broken(format!("{what} must end as {:?}, but: {error:?}", end.kind())))
        }
        None => Err(Unmet::Broken(format!("{what} still hangs {GRACE:?} after its end was due ({end:?})"))),
    }
}
