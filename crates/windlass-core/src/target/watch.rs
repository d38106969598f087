//! News of what is live.

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;

use crate::{Context, Result, UnitId};

/// Keeps what units look at up to date, and says which of them have something to look at again. One watch serves all units
/// on a target.
///
/// For an implementor:
/// - A unit is watched for from its first [`observe`](crate::Target::observe) until it is [released](Watch::release): for the
///   objects that it asked for last, for what names it as its owner, and for what these objects own.
/// - After an `observe` every further change of one of these makes [`changed`](Watch::changed) name the unit, however long
///   nobody asks; several changes may be told as one. What could have been missed counts as a change: a connection that was
///   lost, a right that came or went.
/// - What a [`write`](crate::Target::write) gave back is known at once: its echo is no change.
/// - While nothing has changed, `observe` answers from what is known and asks nobody.
/// - [`release`](Watch::release) drops whatever only that unit needed, and the unit is named no more.
///
/// It is written as [`Target`](crate::Target) is, with `#[async_trait]` above the `impl`, and given by its [profile](crate::Target::profile):
/// `Profile::new(place).with_watch(self)`.
///
/// # Cancel safety
/// Dropping `changed` loses nothing: what it would have told is told by the next.
#[async_trait]
pub trait Watch: fmt::Debug + Send + Sync + 'static {
    /// Waits until units have something to look at again, and gives them, each once.
    ///
    /// # Errors
    /// [`Cancelled`](crate::ErrorKind::Cancelled) and [`Timeout`](crate::ErrorKind::Timeout) of the context. Nothing else ends
    /// a watch: what keeps it from seeing is told by `observe`, as what cannot be read.
    async fn changed(&self, cx: &Context) -> Result<BTreeSet<UnitId>>;

    /// Forgets a unit.
    fn release(&self, unit: &UnitId);
}
