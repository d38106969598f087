//! Payloads with more in them than was asked for.

use windlass_core::{Item, Object, Value, Want};

use super::{Saboteur, set};

/// Takes out what somebody else set.
pub(super) fn without_beside(body: &mut Value) {
    if let Some(data) = body.as_map_mut().and_then(|body| body.get_mut("data")?.as_map_mut()) {
        data.remove("beside");
    }
}

impl Saboteur {
    /// Gives what is sent in place of a payload.
    pub(super) fn grown(&self, payload: &Object) -> Object {
        match self.breaks {
            "a_write_sends_the_payload_and_nothing_else" => {
                payload.edit(|body| set(body, "data", "sent-by", "windlass")).unwrap()
            }
            "what_an_apply_no_longer_has_is_taken_out" => self.with_what_was_sent(payload),
            _ => payload.clone(),
        }
    }

    /// Adds what an earlier payload had: a target that only ever merges.
    fn with_what_was_sent(&self, payload: &Object) -> Object {
        let sent = self.sent.lock().unwrap().get(payload.id()).cloned();
        let data = sent.as_ref().and_then(|sent| sent.body().get("data")?.as_map().cloned());
        let add = |body: &mut Value| {
            for (field, value) in data.iter().flat_map(windlass_core::Map::iter) {
                if body.text_at(&["data", field]).is_none() {
                    set(body, "data", field, value.as_text().unwrap());
                }
            }
        };
        payload.edit(add).unwrap()
    }

    /// Gives the items of which a prediction is made, as they would be sent.
    pub(super) fn grown_items(&self, wants: &[Want<'_>]) -> Vec<Item> {
        let grow = |want: &Want<'_>| Item { object: self.grown(&want.item.object), ..want.item.clone() };
        wants.iter().map(grow).collect()
    }
}
