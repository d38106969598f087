//! Whose a live object is, and whether it is as wanted.

use windlass_core::{Error, Live, Mode, Observation, Owned, Owner, Value};

use super::conflict;
use super::wanted::Draft;
use crate::facts::Wanted;
use crate::rules::Adoption;

impl Draft<'_> {
    /// Says why the object must not be written: somebody else owns it.
    pub(super) fn check_owner(&self, live: &Live) -> Result<(), Error> {
        match (&live.owner, self.rules.adoption) {
            _ if self.is_ours(live) => Ok(()),
            (_, Adoption::Always) | (None, Adoption::IfUnmarked) => Ok(()),
            (None, _) if self.was_ours(live) => Ok(()),
            (Some(Owner::Other(owner)), Adoption::IfUnmarked) if self.rules.former_owners.contains(owner) => Ok(()),
            (Some(owner), _) if self.is_handed_over(owner) => Ok(()),
            (None, _) => Err(conflict("the object is there already, and adoption is off")
                .with_help("delete the object, or let objects that nobody owns be adopted")),
            (Some(owner), _) => Err(conflict("the object has another owner")
                .with("owner", owner)
                .with_help("remove the object from one of the two, or let the other give it up first; adoption `always` takes it over")),
        }
    }

    pub(super) fn is_ours(&self, live: &Live) -> bool {
        live.owner.as_ref().is_some_and(|owner| owner.is_of(&self.facts.unit))
    }

    /// Another unit of this installation owns it, and it is not taken over.
    pub(super) fn is_siblings(&self, live: &Live) -> bool {
        let sibling = live.owner.as_ref().and_then(|owner| owner.sibling_of(&self.facts.unit));
        sibling.is_some() && self.check_owner(live).is_err()
    }

    /// The unit that owned it is rendered from the same source, and does not want it any more at this revision.
    fn is_handed_over(&self, owner: &Owner) -> bool {
        let siblings = &self.facts.siblings;
        let wants = siblings.wants.get(self.wanted.item.id());
        owner.sibling_of(&self.facts.unit).is_some_and(|unit| {
            siblings.known.contains(unit) && !wants.is_some_and(|units| units.contains(unit))
        })
    }

    /// A write of it was confirmed, so that only the note of its owner is lost. An intent alone says nothing of who made
    /// the object.
    pub(super) fn was_ours(&self, live: &Live) -> bool {
        self.known.is_some_and(|known| match (&known.uid, &live.uid) {
            (Some(known), Some(live)) => known == live,
            _ => known.stamp.is_some(),
        })
    }

    /// Another unit of this installation owns it, and it has all that is wanted here: both can be content.
    pub(super) fn is_shared(&self, live: &Live) -> bool {
        let sibling = live.owner.as_ref().and_then(|owner| owner.sibling_of(&self.facts.unit)).is_some();
        let body = live.body.as_ref().map(windlass_core::Object::body);
        sibling && body.is_some_and(|body| has_all(body, self.wanted.item.object.body()))
    }

    /// What is to be created only is there, or neither what is wanted nor what is live has changed since the last
    /// confirmed write.
    pub(super) fn is_settled(&self, live: &Live) -> bool {
        let same = self.known.is_some_and(|known| known.wanted == self.digest && self.has_stamp(known, live));
        self.is_created_only() || (same && self.is_ours(live))
    }

    /// It was written as it is wanted, and may go by itself once it has done its work; now it is gone.
    pub(super) fn is_done(&self) -> bool {
        let written = |known: &&Owned| known.wanted == self.digest && known.stamp.is_some();
        let absent = self.observation == Some(&Observation::Absent);
        absent && self.wanted.item.directives.transient && self.known.filter(written).is_some()
    }

    fn is_created_only(&self) -> bool {
        is_created_only(self.wanted)
    }
}

/// Says whether what is there is left alone, whatever is wanted.
pub(super) fn is_created_only(wanted: &Wanted) -> bool {
    wanted.item.directives.mode == Some(Mode::CreateOnly)
}

/// Says whether `live` has every field of `wanted`, with its value; lists are compared whole.
fn has_all(live: &Value, wanted: &Value) -> bool {
    match (live, wanted) {
        (Value::Map(live), Value::Map(wanted)) => {
            wanted.iter().all(|(key, value)| live.get(key).is_some_and(|have| has_all(have, value)))
        }
        (live, wanted) => live == wanted,
    }
}
