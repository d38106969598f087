//! Saying what an apply makes of an object that is taken over, where nothing but the apply itself decides that.
//!
//! The server fills nothing in for a ConfigMap or a Secret, and its managed fields say who holds what. So what becomes of one
//! that somebody else made needs no dry run, as little as one that is new.

use windlass_core::{Mode, Result, Text, Value};
use windlass_kinds::fields;

use crate::conflicts::Conflicts;
use crate::owner;
use crate::past::{Past, all_of, entries};
use crate::rehearse::{Outcome, Rehearsal};

/// What such an object says; anything else the server is asked about.
const PLAIN: [&str; 6] = ["apiVersion", "binaryData", "data", "kind", "metadata", "type"];

impl Rehearsal<'_> {
    /// Gives the past of an object that is taken over and whose kind is plain.
    pub(crate) fn plain_past(&self) -> Option<Past> {
        let (id, managers) = (self.want.item.id(), self.sending.session.managers());
        let is_plain = id.group.is_empty() && matches!(id.kind.as_str(), "ConfigMap" | "Secret");
        let past = self.noted().filter(|_| is_plain && self.mode == Mode::Apply)?;
        let is_new = !entries(&past.body).iter().any(|entry| managers.is_applied(entry));
        let wanted = self.want.item.object.body();
        let same_type = past.body.get("type") == wanted.get("type") || wanted.get("type").is_none();
        (is_new && same_type && past.body.get("immutable").is_none() && is_said_plainly(wanted))
            .then_some(past)
    }

    /// Says what an apply makes of it.
    pub(crate) fn foretell(&self, past: Past) -> Result<(Outcome, Past, Value)> {
        let settlement = self.settled(&past);
        let mut payload = self.want.item.object.clone();
        let conflicts =
            settlement.contested(&self.labelled(&payload)?, &past.body, &self.sending.session.options.rules);
        let conflicts = Conflicts::others(conflicts);
        conflicts.refuse(payload.id())?;
        payload = conflicts.without_yielded(&payload)?;
        let labelled = self.labelled(&payload)?;
        let wanted = all_of(&labelled);
        let mut after = past.body.clone();
        settlement.going(&wanted).take_out(&mut after);
        let after = fields::merged(&labelled, &after).unwrap_or(after);
        let mut told = conflicts.conflicts;
        told.extend(settlement.conflicts(&wanted, &past.body, &after));
        Ok((Outcome { payload, conflicts: told }, past, after))
    }

    /// The body of a payload with the labels that a write adds.
    pub(crate) fn labelled(&self, payload: &windlass_core::Object) -> Result<Value> {
        let mut labelled = payload.body().as_ref().clone();
        owner::set(&mut labelled, self.want.owner)?;
        Ok(labelled)
    }
}

/// Says whether all of it is text under names that are known.
fn is_said_plainly(body: &Value) -> bool {
    let Some(map) = body.as_map() else { return false };
    let texts = |part: &str| match body.get(part) {
        None => true,
        Some(part) => {
            part.as_map().is_some_and(|part| part.iter().all(|(_, value)| value.as_text().is_some()))
        }
    };
    map.iter().all(|(name, _): (&Text, _)| PLAIN.contains(&name.as_str()))
        && texts("data")
        && texts("binaryData")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_the_server_might_refuse_or_fill_in_is_not_said_plainly() {
        let plain = |text: &str| is_said_plainly(&serde_json::from_str(text).unwrap());
        let head = r#""apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}"#;
        assert!(plain(&format!(r#"{{{head},"data":{{"a":"1"}}}}"#)));
        assert!(plain(&format!("{{{head}}}")));
        for more in [
            r#""data":{"a":1}"#,
            r#""data":{"a":null}"#,
            r#""data":[]"#,
            r#""immutable":true"#,
            r#""stringData":{"a":"1"}"#,
        ] {
            assert!(!plain(&format!("{{{head},{more}}}")), "{more}");
        }
    }
}
