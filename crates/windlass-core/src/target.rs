//! Where desired state goes.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures_core::Stream;
use serde::{Deserialize, Serialize};

use crate::{
    Context, Dialect, Digest, Error, FieldPath, Health, HealthCheck, Item, Node, Object, ObjectId, OrderRule,
    Result, StateStore, Text, UnitId,
};

/// A version of one live object, as the target spells it. It changes with every write, whoever wrote, and can be given
/// back as a precondition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version(pub Text);

impl Version {
    /// Makes a version.
    pub fn new(text: impl Into<Text>) -> Self {
        Self(text.into())
    }
}

/// What of a live object an apply could have set, as one digest: it changes only when something that an apply could
/// set has changed, so not with status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Stamp(pub Digest);

/// Says on a live object who owns it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// The unit's name, or how another tool that owns the object calls itself.
    pub owner: Text,
}

impl Mark {
    /// Makes the mark of a unit.
    #[must_use]
    pub fn of(unit: &UnitId) -> Self {
        Self { owner: unit.as_str().into() }
    }

    /// Says whether it is the mark of `unit`.
    #[must_use]
    pub fn is_of(&self, unit: &UnitId) -> bool {
        self.owner == unit.as_str()
    }
}

/// A live object, as far as it was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// Which.
    pub id: ObjectId,
    /// Its version.
    pub version: Version,
    /// Its stamp.
    pub stamp: Stamp,
    /// An identity that a delete and a create in between changes, where the target has one.
    pub uid: Option<Text>,
    /// Who owns it, if anybody says so.
    pub mark: Option<Mark>,
    /// How it is, where the target can tell without the body.
    pub health: Option<Health>,
    /// Its body, where it was asked for.
    pub body: Option<Object>,
}

/// What was seen where an object was looked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Sight {
    /// It is there.
    Live(Live),
    /// It is not there.
    Absent,
    /// Its kind is not known, or not yet.
    Undefined,
    /// Nobody could look.
    Unreadable(Error),
}

impl Sight {
    /// Gives the live object, if there is one.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        match self {
            Self::Live(live) => Some(live),
            _ => None,
        }
    }
}

/// How to look at one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The `apiVersion` in which to read it.
    pub api_version: Text,
    /// The body may be left out if the stamp is this one.
    pub known: Option<Stamp>,
}

impl Look {
    /// Looks at the whole object.
    pub fn new(api_version: impl Into<Text>) -> Self {
        Self { api_version: api_version.into(), known: None }
    }

    /// Lets the body be left out while the stamp is `stamp`.
    #[must_use]
    pub const fn unless(mut self, stamp: Option<Stamp>) -> Self {
        self.known = stamp;
        self
    }
}

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// For whom: strays are what carries this unit's mark.
    pub unit: UnitId,
    /// The objects.
    pub objects: BTreeMap<ObjectId, Look>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// One sight for each object asked for, no more and no fewer.
    pub sights: BTreeMap<ObjectId, Sight>,
    /// What carries the unit's mark and was not asked for, among the kinds looked at; without bodies.
    pub strays: Vec<Live>,
}

/// How an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Mode {
    /// The fields of the payload are set, and fields that others set stay. A target that cannot tell whose a field is
    /// replaces the whole object, and says so in its docs.
    #[default]
    Apply,
    /// The whole object becomes the payload.
    Replace,
    /// The object is deleted and created anew.
    Recreate,
    /// The object is created if absent and else left alone, with its mark: what was there before is not owned.
    CreateOnly,
}

impl Mode {
    /// Names it as messages do.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Apply => "apply",
            Self::Replace => "replace",
            Self::Recreate => "recreate",
            Self::CreateOnly => "create-only",
        }
    }
}

/// What must hold of the live object for a write to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Expect {
    /// It does not exist.
    Absent,
    /// It is at this version.
    At(Version),
    /// It still is the one with this [`Live::uid`], at whatever version: not deleted and created anew since.
    Uid(Text),
    /// Nothing: an apply that may create or change.
    Any,
}

/// What happens to the objects that an object owns, when it is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Cascade {
    /// They go after it.
    #[default]
    Background,
    /// They go before it.
    Foreground,
    /// They stay.
    Orphan,
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Write {
    /// Sets an object and its mark.
    Apply {
        /// What is sent, beside the mark.
        payload: Object,
        /// How.
        mode: Mode,
        /// On what condition.
        expect: Expect,
        /// Who owns it from now on.
        mark: Mark,
        /// What the plan said of fields that others hold. One that is held by somebody else when the write comes, and
        /// that the plan did not say would be taken, is a [`Conflict`](crate::ErrorKind::Conflict).
        contests: Vec<Contest>,
    },
    /// Deletes an object.
    Delete {
        /// Which.
        id: ObjectId,
        /// The `apiVersion` by which to reach it.
        api_version: Text,
        /// On what condition.
        expect: Expect,
        /// What happens to what it owns.
        cascade: Cascade,
    },
}

impl Write {
    /// Sets an object and its mark, and takes no field that somebody else holds.
    #[must_use]
    pub const fn apply(payload: Object, mode: Mode, expect: Expect, mark: Mark) -> Self {
        Self::Apply { payload, mode, expect, mark, contests: Vec::new() }
    }

    /// Gives the identity of the object to write.
    #[must_use]
    pub fn id(&self) -> &ObjectId {
        match self {
            Self::Apply { payload, .. } => payload.id(),
            Self::Delete { id, .. } => id,
        }
    }
}

/// What a write did.
#[derive(Debug, Clone, PartialEq)]
pub enum Written {
    /// The object is new.
    Created(Live),
    /// The object was changed.
    Changed(Live),
    /// The object was as wanted.
    Unchanged(Live),
    /// The object will go; something holds it still.
    Deleting(Version),
    /// The object is gone.
    Gone,
}

impl Written {
    /// Gives the live object after an apply.
    #[must_use]
    pub fn live(&self) -> Option<&Live> {
        match self {
            Self::Created(live) | Self::Changed(live) | Self::Unchanged(live) => Some(live),
            Self::Deleting(_) | Self::Gone => None,
        }
    }
}

/// Where desired state goes: a cluster, a folder, an API.
///
/// For an implementor:
/// - [`observe`](Target::observe) gives one sight for each object asked for. What cannot be read is
///   [`Sight::Unreadable`], never [`Sight::Absent`]. It changes nothing.
/// - [`write`](Target::write) is idempotent: the same apply twice ends in the same state, and the second says
///   [`Written::Unchanged`]; deleting what is absent succeeds with [`Written::Gone`].
/// - A field that the payload of an earlier apply had, and that of this one has not, is taken out, unless somebody else
///   holds it too.
/// - A write whose [`Expect`] does not hold changes nothing and is a [`Conflict`](crate::ErrorKind::Conflict).
/// - A write sends the payload and the mark and nothing else. What was written can be observed at once.
/// - [`Live::version`] changes with every write that changed something; [`Live::stamp`] only when something changed
///   that an apply could set.
/// - [`Context::check_write`] is asked right before each write; its error is given back and nothing is written.
/// - An error after which the object may have changed says [`may_have_written`](Error::may_have_written).
///
/// # Cancel safety
/// Dropping `observe` changes nothing. Dropping `write` leaves the object either as it was or wholly written.
#[async_trait]
pub trait Target: fmt::Debug + Send + Sync + 'static {
    /// Says what the target is and can do. Cheap; the same answer every time.
    fn profile(&self) -> Profile<'_>;

    /// Looks at objects: one call for a pass.
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
    /// Can tell of changes.
    pub watch: Option<&'a dyn Watch>,
    /// Can keep the state of units.
    pub state: Option<&'a dyn StateStore>,
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
        Self { place, predict: None, watch: None, state: None, dialects: &[], order: &[], health: &[] }
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

    /// Adds the ability to keep state.
    #[must_use]
    pub const fn with_state(mut self, state: &'a dyn StateStore) -> Self {
        self.state = Some(state);
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

/// What the target says of an item before anything is planned.
#[derive(Debug, Clone, PartialEq)]
pub enum Admitted {
    /// It can be planned; its identity is complete (a default namespace was filled in, a needless one taken out).
    Item(Item),
    /// It can be planned, but its kind exists only after `until`.
    Later {
        /// The item, its identity complete.
        item: Item,
        /// What must be healthy first.
        until: Node,
    },
    /// It cannot be planned.
    Refused(Item, Error),
}

/// A wanted object beside what was seen of it.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    /// What is wanted.
    pub item: &'a Item,
    /// What was seen.
    pub sight: &'a Sight,
    /// Who would own it.
    pub mark: &'a Mark,
}

/// Who gets a field that two want.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Decision {
    /// We take it over.
    Take,
    /// We leave it to its holder.
    Yield,
    /// Nobody decides: the object is not written.
    Refuse,
}

impl Decision {
    /// Names it as messages do.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::Yield => "yield",
            Self::Refuse => "refuse",
        }
    }
}

/// A field that somebody else holds and we want.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contest {
    /// The field.
    pub path: FieldPath,
    /// Who holds it.
    pub holder: Text,
    /// Who gets it.
    pub decision: Decision,
}

/// What a write would do.
#[derive(Debug, Clone, PartialEq)]
pub enum Prediction {
    /// Nothing would change.
    Same,
    /// The object would be created or changed.
    Change {
        /// What would be sent.
        payload: Object,
        /// What the object would be.
        after: Object,
        /// How it would be sent.
        mode: Mode,
        /// Fields that somebody else holds.
        contests: Vec<Contest>,
    },
    /// Nobody can say before `until` is done.
    Deferred {
        /// What must be done first.
        until: Node,
        /// What would be sent.
        payload: Object,
    },
    /// The write would be refused.
    Refused(Error),
}

/// Says beforehand what a write would do.
///
/// For an implementor:
/// - [`admit`](Predict::admit) gives one answer for each item, in their order.
/// - [`predict`](Predict::predict) gives one answer for each want, in their order, and changes nothing.
/// - A write of the predicted payload right afterwards ends in the predicted object, but for what only the target
///   sets (identity, times, versions).
/// - Prediction and write use the same rights.
#[async_trait]
pub trait Predict: fmt::Debug + Send + Sync + 'static {
    /// Completes the identity of items, and says which kinds do not exist yet.
    ///
    /// # Errors
    /// Only where nothing could be said at all: [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`Denied`](crate::ErrorKind::Denied).
    async fn admit(&self, cx: &Context, items: Vec<Item>) -> Result<Vec<Admitted>>;

    /// Says what writes would do.
    ///
    /// # Errors
    /// Only where nothing could be said at all: [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`Denied`](crate::ErrorKind::Denied).
    async fn predict(&self, cx: &Context, wants: &[Want<'_>]) -> Result<Vec<Prediction>>;
}

/// News of a watch.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Notice {
    /// An object is there, or has changed.
    Seen(Live),
    /// An object is gone.
    Gone(ObjectId, Version),
    /// All that is there has been told.
    Synced,
    /// Something may have been missed: observe again.
    Gap(Error),
}

/// The news of a watch, in the order in which things happened to each object.
pub type NoticeStream = Pin<Box<dyn Stream<Item = Notice> + Send>>;

/// Tells of changes.
///
/// For an implementor: every object of the interest that exists is told once, then [`Notice::Synced`], then each
/// change; whatever could have been missed is a [`Notice::Gap`], never silence. Dropping the stream ends the watch.
#[async_trait]
pub trait Watch: fmt::Debug + Send + Sync + 'static {
    /// Begins to watch.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Denied`](crate::ErrorKind::Denied).
    async fn watch(&self, cx: &Context, interest: &Interest) -> Result<NoticeStream>;
}
