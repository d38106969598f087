//! A fence behind which nobody may write any more.

use std::time::Duration;

use windlass_core::{Error, ErrorKind, Fence, Now, Result};

/// Says of every write that it must not start.
#[derive(Debug)]
pub(crate) struct Lost;

impl Fence for Lost {
    fn check(&self, _now: Now) -> Result<Option<Duration>> {
        Err(Error::new(ErrorKind::Conflict, "the lease is lost"))
    }
}
