//! What an object has been through before we write it, and how that is settled before the first write.
//!
//! An apply takes out of an object what the applier had applied before and applies no more. What somebody else set stays,
//! whoever that was: `kubectl`, Helm, another engine, we ourselves by a replace, or nobody, where the server filled it in.
//! So before the object is applied its `managedFields` are rewritten: what former managers hold becomes ours, as
//! [`csaupgrade`] of client-go does it for one of them. The apply that follows makes the object what is wanted, in one step.
//!
//! A field that only the server filled in can stand in the way as well, where it belongs to the other branch of a union. It
//! becomes ours in the same way, and goes with the same apply.
//!
//! [`csaupgrade`]: https://pkg.go.dev/k8s.io/client-go/util/csaupgrade

mod causes;
mod fields;
mod lists;
mod managers;
mod settle;
#[cfg(test)]
mod tests;
mod unknown;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use windlass_core::{ObjectId, Value, Version};

pub(crate) use causes::{Widening, beside_turned, left, steps, turned};
pub(crate) use fields::Fields;
pub(crate) use lists::{set_beside, told_apart};
pub(crate) use managers::{Managers, entries};
pub(crate) use settle::{Claims, Settlement, Settling, all_of, fields_of};

use managers::Standing;
pub(crate) use settle::union;

/// A live object whose past has to be settled before it is written.
#[derive(Debug, Clone)]
pub(crate) struct Past {
    /// The object as it is, with its `managedFields`.
    pub(crate) body: Value,
    pub(crate) version: Version,
    pub(crate) claims: Claims,
}

/// The objects with a past that may be written next.
#[derive(Debug, Default)]
pub(crate) struct Pasts(Mutex<BTreeMap<ObjectId, Past>>);

impl Pasts {
    pub(crate) fn note(&self, id: &ObjectId, past: Option<Past>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match past {
            Some(past) => known.insert(id.clone(), past),
            None => known.remove(id),
        };
    }

    /// Forgets objects that will not be written.
    pub(crate) fn forget<'a>(&self, ids: impl Iterator<Item = &'a ObjectId>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.is_empty() {
            ids.for_each(|id| drop(known.remove(id)));
        }
    }

    pub(crate) fn of(&self, id: &ObjectId) -> Option<Past> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    pub(crate) fn take(&self, id: &ObjectId) -> Option<Past> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id)
    }
}

/// Says whether there may be something to settle before an apply.
pub(crate) fn has_past(managers: Managers<'_>, body: &Value) -> bool {
    let version = body.text_at(&["apiVersion"]);
    let ours = OnceCell::new();
    let ours = || ours.get_or_init(|| union(entries(body).iter().filter(|entry| managers.is_applied(entry))));
    let is_plain = |entry: &Value| match managers.standing(entry) {
        Standing::Author | Standing::Editor | Standing::Applier => false,
        Standing::Ours => managers.is_applied(entry) && entry.text_at(&["apiVersion"]) == version,
        Standing::Living if entry.get("subresource").is_some() => true,
        Standing::Living => {
            let fields = fields_of(entry);
            let shares = || !fields.intersection(ours()).is_empty();
            entry.text_at(&["apiVersion"]) == version && !fields.has_bare_items() && !shares()
        }
    };
    managers.lost(body) || !entries(body).iter().all(is_plain)
}
