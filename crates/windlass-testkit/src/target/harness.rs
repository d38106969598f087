//! What the suite needs to know of a target.

use std::sync::Arc;

use windlass_core::{Object, ObjectId, Target, Value};

use crate::suite::{Check, Harness, Unmet, lacking, not_applicable};

const SET_BY_THE_TARGET: [&str; 6] =
    ["uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"];

/// A fresh target, and the means to interfere with it.
pub trait TargetHarness: Harness {
    /// Gives the target; the same one each time.
    fn target(&self) -> Arc<dyn Target>;

    /// Makes an object that the target takes: its name says which, and `content` is in it as a text. Two that differ
    /// in `content` alone differ in nothing else.
    fn object(&self, name: &str, content: &str) -> Object {
        crate::config_map("shop", name, content)
    }

    /// Somebody else gives an object that is there another `content`.
    fn edit(&self, id: &ObjectId, content: &str);

    /// Somebody else adds a field that [`object`](Self::object) never sets; `value` is in it as a text.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where objects have no other fields.
    fn add_beside(&self, id: &ObjectId, value: &str) -> Check {
        let _ = (id, value);
        lacking("add_beside")
    }

    /// Changes the status of an object, which no apply can set.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where objects have no status.
    fn set_status(&self, id: &ObjectId) -> Check {
        let _ = id;
        lacking("set_status")
    }

    /// Makes one object unreadable that is there.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where that cannot be done.
    fn make_unreadable(&self, id: &ObjectId) -> Check {
        let _ = id;
        lacking("make_unreadable")
    }

    /// Gives an object of a kind that the target does not know.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where it takes any kind.
    fn unknown_kind(&self) -> Check<Object> {
        lacking("unknown_kind")
    }

    /// Holds the deletion of an object, as a finalizer does.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where a deletion cannot be held.
    fn hold_deletes(&self, id: &ObjectId) -> Check {
        let _ = id;
        lacking("hold_deletes")
    }

    /// Lets the next write of an object be carried out and its answer be lost.
    ///
    /// # Errors
    /// [`Unmet::Lacking`] where that cannot be done.
    fn lose_next_answer(&self, id: &ObjectId) -> Check {
        let _ = id;
        lacking("lose_next_answer")
    }

    /// Makes what [`object`](Self::object) makes, and one field more with `more` in it as a text. Where objects have a
    /// map `data`, that is done already.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where it is not.
    fn object_with(&self, name: &str, content: &str, more: &str) -> Check<Object> {
        let with_more = |body: &mut Value| {
            let data = body.as_map_mut()?.get_mut("data")?.as_map_mut()?;
            data.insert("more", more);
            Some(())
        };
        let (mut known, object) = (None, self.object(name, content));
        let object = object.edit(|body| known = with_more(body)).map_err(Unmet::broken)?;
        known.map_or_else(
            || not_applicable("the harness makes no object with one field more"),
            |()| Ok(object),
        )
    }

    /// Somebody else comes to hold every field of an object that is there, with the same values.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where nobody else can hold a field.
    fn hold_too(&self, object: &Object) -> Check {
        let _ = object;
        not_applicable("the harness knows nobody who holds a field too")
    }

    /// Makes an object, and another that would go with it, as what lies in a namespace goes with the namespace.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where no object takes others with it.
    fn object_inside(&self) -> Check<(Object, Object)> {
        not_applicable("the harness knows no object that takes others with it")
    }

    /// Makes an object that the target refuses because of what is in it; `secret` is in it as a text.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where it takes any.
    fn invalid_object(&self, secret: &str) -> Check<Object> {
        let _ = secret;
        not_applicable("the harness makes no object that the target refuses")
    }

    /// Takes out of a body what only the target sets, and what tells the owner: two bodies are compared as this gives
    /// them. Unless replaced, it takes out the identity, times and versions that Kubernetes keeps in `metadata`.
    fn normalise(&self, body: &Value) -> Value {
        let mut body = body.clone();
        if let Some(metadata) = body.as_map_mut().and_then(|body| body.get_mut("metadata")?.as_map_mut()) {
            SET_BY_THE_TARGET.iter().for_each(|field| drop(metadata.remove(field)));
        }
        body
    }

    /// Lets the place behind the target take every call from now on and answer none.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where that cannot be done.
    fn hang(&self) -> Check {
        not_applicable("the harness cannot keep an answer back")
    }

    /// Breaks every watch under way, so that what changes now could be missed.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where that cannot be done.
    fn break_watches(&self) -> Check {
        not_applicable("the harness cannot break a watch")
    }

    /// Lets an object that is there come to own another one, which carries no owner of ours, as a workload comes to own
    /// what it makes.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where objects own nothing.
    fn add_child(&self, of: &ObjectId) -> Check {
        let _ = of;
        not_applicable("the harness knows no objects that own others")
    }

    /// Counts the units that are watched for.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where nobody can tell.
    fn watched_units(&self) -> Check<usize> {
        not_applicable("the harness cannot count the units that are watched for")
    }

    /// Counts what the target has asked so far of the place behind it.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`] where nobody can tell.
    fn requests(&self) -> Check<usize> {
        not_applicable("the harness cannot count what the target asks for")
    }
}
