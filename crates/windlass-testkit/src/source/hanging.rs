//! The laws of calls that nobody answers.

use windlass_core::{Context, Paths};

use super::{SourceHarness, resolved};
use crate::suite::{Check, End, ends_in_time};

/// A call that nobody answers ends with the deadline of its context, a second later at most.
///
/// # Errors
/// Where it does not hold.
pub fn a_call_that_hangs_ends_with_the_deadline(harness: &dyn SourceHarness) -> Check {
    hanging_ends(harness, End::Deadline)
}

/// A call that nobody answers ends when its context is cancelled, a second later at most.
///
/// # Errors
/// Where it does not hold.
pub fn a_call_that_hangs_ends_when_it_is_cancelled(harness: &dyn SourceHarness) -> Check {
    hanging_ends(harness, End::Cancel)
}

fn hanging_ends(harness: &dyn SourceHarness, end: End) -> Check {
    harness.commit(&[("a.yaml", b"one")]);
    let revision = resolved(harness)?;
    // Something new, so that no cache has it.
    harness.commit(&[("a.yaml", b"two")]);
    harness.hang()?;
    let source = harness.source();
    ends_in_time(harness, end, "resolving", async |cx: &Context| source.resolve(cx).await)?;
    ends_in_time(harness, end, "fetching", async |cx: &Context| {
        source.fetch(cx, &revision, &Paths::All).await
    })
}
