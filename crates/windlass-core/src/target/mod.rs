//! Where desired state goes.

mod list;
mod live;
mod predict;
mod watch;
mod write;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

pub use list::{List, Selection};
pub use live::{Deletion, Interest, Known, Live, Look, Observation, Observed, Stamp, Version};
pub use predict::{Admitted, Conflict, Decision, Exclusion, Predict, Prediction, Rivalry, Taken, Want};
pub use watch::Watch;
pub use write::{Cascade, Expect, Mode, Write, Written};

use crate::{Context, ControlStore, Dialect, HealthCheck, OrderRule, Result, StateStore};

/// Where desired state goes: a cluster, a folder, an API.
///
/// For an implementor:
/// - [`observe`](Target::observe) gives one observation for each object asked for. What cannot be read is
///   [`Observation::Unreadable`], never [`Observation::Absent`]. It changes nothing.
/// - [`write`](Target::write) is idempotent: the same apply twice ends in the same state, and the second says
///   [`Written::Unchanged`]; deleting what is absent succeeds with [`Written::Gone`].
///   What nobody may delete is [`Written::Released`], and not ours any more.
/// - A field that the payload of an earlier apply had, and that of this one has not, is taken out, unless somebody else
///   holds it too.
/// - A write whose [`Expect`] does not hold changes nothing and is a [`Conflict`](crate::ErrorKind::Conflict).
/// - A write sends the payload and the owner and nothing else. What was written can be observed at once.
/// - [`Live::version`] changes with every write that changed something; [`Live::stamp`] only when something changed
///   that an apply could set.
/// - [`Context::check_write`] is asked right before each write; its error is given back and nothing is written.
/// - An error after which the object may have changed says [`may_have_written`](crate::Error::may_have_written).
///
/// As it is written, by a wrapper that counts what goes through it:
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use windlass_core::{Context, Interest, Observed, Profile, Result, Target, Write, Written, async_trait};
///
/// #[derive(Debug)]
/// struct Counted {
///     inner: Arc<dyn Target>,
///     writes: AtomicU64,
/// }
///
/// #[async_trait]
/// impl Target for Counted {
///     fn profile(&self) -> Profile<'_> {
///         self.inner.profile()
///     }
///
///     async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
///         self.inner.observe(cx, interest).await
///     }
///
///     async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
///         self.writes.fetch_add(1, Ordering::Relaxed);
///         self.inner.write(cx, write).await
///     }
/// }
/// ```
///
/// [A target of your own](https://github.com/windlass-dev/windlass/blob/main/docs/custom-target.md) is a whole crate, with its tests.
///
/// # Cancel safety
/// Dropping `observe` changes nothing. Dropping `write` leaves the object either as it was or wholly written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no target",
    label = "this is not where objects live",
    note = "above the `impl` stands `#[async_trait]`, which windlass-core and windlass re-export",
    note = "parts that others use too go into `Engine::of`, as `Arc<dyn Target>`",
    note = "how to write one: https://github.com/windlass-dev/windlass/blob/main/docs/custom-target.md"
)]
#[async_trait]
pub trait Target: fmt::Debug + Send + Sync + 'static {
    /// Says what the target is and can do. Cheap; the same answer every time.
    fn profile(&self) -> Profile<'_>;

    /// Looks at objects: one call for a pass. What a unit asks for here is what it is [watched](Watch) for from now on.
    ///
    /// # Errors
    /// Only where nothing could be looked at: [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`Denied`](crate::ErrorKind::Denied), [`Timeout`](crate::ErrorKind::Timeout),
    /// [`Cancelled`](crate::ErrorKind::Cancelled).
    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed>;

    /// Writes one object.
    ///
    /// # Errors
    /// [`Conflict`](crate::ErrorKind::Conflict), [`Denied`](crate::ErrorKind::Denied),
    /// [`Invalid`](crate::ErrorKind::Invalid), [`Undefined`](crate::ErrorKind::Undefined),
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Timeout`](crate::ErrorKind::Timeout), and
    /// [`Unsupported`](crate::ErrorKind::Unsupported) for a mode that the target does not have.
    async fn write(&self, cx: &Context, write: &Write) -> Result<Written>;
}

/// What a target is and can do. `None` is a statement: it cannot.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Profile<'a> {
    /// Names the place, for people and for locks: two targets with one place are one target.
    pub place: &'a str,
    /// Can say beforehand what a write would do.
    pub predict: Option<&'a dyn Predict>,
    /// Keeps what is observed up to date, and tells of changes.
    pub watch: Option<&'a dyn Watch>,
    /// Can list objects, whoever owns them.
    pub list: Option<&'a dyn List>,
    /// Can keep the state of units.
    pub state: Option<&'a dyn StateStore>,
    /// Can keep what people ask of units.
    pub control: Option<&'a dyn ControlStore>,
    /// The annotations that its objects speak.
    pub dialects: &'a [Arc<dyn Dialect>],
    /// What must come before what.
    pub order: &'a [Arc<dyn OrderRule>],
    /// How its objects are.
    pub health: &'a [Arc<dyn HealthCheck>],
}

impl<'a> Profile<'a> {
    /// Makes the profile of a target that can only observe and write.
    #[must_use]
    pub const fn new(place: &'a str) -> Self {
        Self {
            place,
            predict: None,
            watch: None,
            list: None,
            state: None,
            control: None,
            dialects: &[],
            order: &[],
            health: &[],
        }
    }

    /// Adds the ability to predict.
    #[must_use]
    pub const fn with_predict(mut self, predict: &'a dyn Predict) -> Self {
        self.predict = Some(predict);
        self
    }

    /// Adds the ability to watch.
    #[must_use]
    pub const fn with_watch(mut self, watch: &'a dyn Watch) -> Self {
        self.watch = Some(watch);
        self
    }

    /// Adds the ability to list.
    #[must_use]
    pub const fn with_list(mut self, list: &'a dyn List) -> Self {
        self.list = Some(list);
        self
    }

    /// Adds the ability to keep state.
    #[must_use]
    pub const fn with_state(mut self, state: &'a dyn StateStore) -> Self {
        self.state = Some(state);
        self
    }

    /// Adds the ability to keep what people ask of units.
    #[must_use]
    pub const fn with_control(mut self, control: &'a dyn ControlStore) -> Self {
        self.control = Some(control);
        self
    }

    /// Adds dialects.
    #[must_use]
    pub const fn with_dialects(mut self, dialects: &'a [Arc<dyn Dialect>]) -> Self {
        self.dialects = dialects;
        self
    }

    /// Adds rules of order.
    #[must_use]
    pub const fn with_order(mut self, order: &'a [Arc<dyn OrderRule>]) -> Self {
        self.order = order;
        self
    }

    /// Adds health checks; the first that has an answer decides.
    #[must_use]
    pub const fn with_health(mut self, health: &'a [Arc<dyn HealthCheck>]) -> Self {
        self.health = health;
        self
    }
}
