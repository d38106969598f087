//! What a write would do.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    Capabilities, Context, Error, FieldPath, Item, Live, Mode, Node, Object, ObjectId, Observation, Owner,
    Result, Text,
};

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
    pub observation: &'a Observation,
    /// Who would own it.
    pub owner: &'a Owner,
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
pub struct Conflict {
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
        conflicts: Vec<Conflict>,
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

/// An object that would go because another is deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Which.
    pub id: ObjectId,
    /// Who owns it, if anybody says so.
    pub owner: Option<Owner>,
}

/// A wanted object, and objects that the unit is about to delete.
#[derive(Debug, Clone)]
pub struct Rivalry<'a> {
    /// What is wanted.
    pub want: Want<'a>,
    /// Why the target was predicted to refuse it; `None` where nobody has seen a refusal.
    pub refused: Option<&'a Error>,
    /// The objects of its kind that are about to be deleted, as they were seen.
    pub leaving: Arc<[&'a Live]>,
    /// All objects that are about to be deleted, of whatever kind: one of them may be a rule that the object does not follow.
    /// The same for all that are asked of at a time.
    pub all_leaving: Arc<[&'a Live]>,
}

/// A write that is refused for as long as other objects are there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Exclusion {
    /// The objects, all of which have to go first.
    pub by: Vec<ObjectId>,
    /// How the target refuses the write while they are there.
    pub error: Error,
}

/// Says beforehand what a write would do.
///
/// For an implementor:
/// - [`admit`](Predict::admit) gives one answer for each item, in their order.
/// - [`predict`](Predict::predict) gives one answer for each want, in their order, and changes nothing.
/// - A write of the predicted payload right afterwards ends in the predicted object, but for what only the target
///   sets (identity, times, versions).
/// - [`takes`](Predict::takes) gives an entry for each object whose deletion would take others with it that somebody may want:
///   what lies in a namespace, the objects of a kind whose definition goes. What the target makes anew by itself or what an
///   object owns alone does not count.
/// - [`exclusions`](Predict::exclusions) gives one answer for each rivalry, in their order, and changes nothing. It names
///   only objects that are about to be deleted, and only where their being there is why the write is refused: a write that is
///   refused for a mistake of its own has no exclusion, as to delete for it would leave nothing. It names nothing whose
///   deletion takes data with it that the new object does not have.
/// - [`capabilities`](Predict::capabilities) says what the target serves, as renderers ask for it.
/// - Prediction and write use the same rights.
///
/// It is written as [`Target`](crate::Target) is, with `#[async_trait]` above the `impl`, and given by its [profile](crate::Target::profile):
/// `Profile::new(place).with_predict(self)`.
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

    /// Says what else would go if these objects were deleted.
    ///
    /// # Errors
    /// Where nobody can say what else would go: [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`Denied`](crate::ErrorKind::Denied).
    async fn takes(&self, cx: &Context, ids: &[ObjectId]) -> Result<BTreeMap<ObjectId, Vec<Taken>>>;

    /// Says which writes are refused because of objects that are about to be deleted.
    ///
    /// # Errors
    /// Only where nothing could be said at all: [`Unavailable`](crate::ErrorKind::Unavailable),
    /// [`Denied`](crate::ErrorKind::Denied).
    async fn exclusions(&self, cx: &Context, rivalries: &[Rivalry<'_>]) -> Result<Vec<Option<Exclusion>>>;

    /// Says what the target serves; `None` where it has no such notion.
    ///
    /// # Errors
    /// [`Unavailable`](crate::ErrorKind::Unavailable), [`Denied`](crate::ErrorKind::Denied).
    async fn capabilities(&self, cx: &Context) -> Result<Option<Capabilities>>;
}
