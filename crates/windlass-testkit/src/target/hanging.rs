//! The laws of calls that nobody answers.

use windlass_core::{Context, Item, Origin};

use super::{TargetHarness, applied, interest};
use crate::suite::{Check, End, ends_in_time};

/// A call that only reads and that nobody answers ends with the deadline of its context, a second later at most.
///
/// # Errors
/// Where it does not hold.
pub fn a_look_that_hangs_ends_with_the_deadline(harness: &dyn TargetHarness) -> Check {
    hanging_ends(harness, End::Deadline)
}

/// A call that only reads and that nobody answers ends when its context is cancelled, a second later at most.
///
/// # Errors
/// Where it does not hold.
pub fn a_look_that_hangs_ends_when_it_is_cancelled(harness: &dyn TargetHarness) -> Check {
    hanging_ends(harness, End::Cancel)
}

fn hanging_ends(harness: &dyn TargetHarness, end: End) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    harness.hang()?;
    let (target, interest) = (harness.target(), interest(&[&object], None));
    ends_in_time(harness, end, "observing", async |cx: &Context| target.observe(cx, &interest).await)?;
    let Some(predict) = target.profile().predict else { return Ok(()) };
    let items = || vec![Item::new(object.clone(), Origin::default())];
    let ids = [object.id().clone()];
    ends_in_time(harness, end, "admitting", async |cx: &Context| predict.admit(cx, items()).await)?;
    ends_in_time(harness, end, "asking what goes", async |cx: &Context| predict.takes(cx, &ids).await)
}
