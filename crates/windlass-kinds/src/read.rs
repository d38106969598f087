//! Reading bodies that may not follow their schema.

use windlass_core::Value;

/// Characters of a message that are taken over from an object.
const MESSAGE_CHARS_MAX: usize = 1024;

/// A body to read from: what is missing or of another type reads as absent.
#[derive(Clone, Copy)]
pub(crate) struct View<'a>(pub(crate) &'a Value);

impl<'a> View<'a> {
    pub(crate) fn text(self, path: &[&str]) -> Option<&'a str> {
        self.0.text_at(path).filter(|text| !text.is_empty())
    }

    pub(crate) fn int(self, path: &[&str]) -> Option<i64> {
        self.0.at(path).and_then(Value::as_int)
    }

    pub(crate) fn truth(self, path: &[&str]) -> bool {
        self.0.at(path).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(crate) fn list(self, path: &[&str]) -> &'a [Value] {
        self.0.at(path).and_then(Value::as_list).unwrap_or_default()
    }

    /// A count of `status`; absent is none.
    pub(crate) fn counted(self, field: &str) -> i64 {
        self.int(&["status", field]).unwrap_or(0)
    }

    pub(crate) fn kind(self) -> &'a str {
        self.text(&["kind"]).unwrap_or_default()
    }

    pub(crate) fn group(self) -> &'a str {
        self.text(&["apiVersion"]).and_then(|version| version.rsplit_once('/')).map_or("", |(group, _)| group)
    }

    pub(crate) fn name(self) -> &'a str {
        self.text(&["metadata", "name"]).unwrap_or_default()
    }

    pub(crate) fn is_being_deleted(self) -> bool {
        self.text(&["metadata", "deletionTimestamp"]).is_some()
    }

    pub(crate) fn conditions(self) -> impl Iterator<Item = Condition<'a>> {
        self.list(&["status", "conditions"]).iter().map(Condition::of)
    }

    pub(crate) fn condition(self, name: &str) -> Option<Condition<'a>> {
        self.conditions().find(|condition| condition.name == name)
    }

    pub(crate) fn has_condition(self, name: &str, status: &str) -> bool {
        self.conditions().any(|condition| condition.name == name && condition.status == status)
    }
}

/// One of `status.conditions`.
#[derive(Clone, Copy)]
pub(crate) struct Condition<'a> {
    pub(crate) name: &'a str,
    pub(crate) status: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) message: &'a str,
    pub(crate) observed_generation: Option<i64>,
}

impl<'a> Condition<'a> {
    pub(crate) fn of(body: &'a Value) -> Self {
        let text = |field| body.text_at(&[field]).unwrap_or_default();
        Self {
            name: text("type"),
            status: text("status"),
            reason: text("reason"),
            message: text("message"),
            observed_generation: body.get("observedGeneration").and_then(Value::as_int),
        }
    }

    pub(crate) fn is_true(&self) -> bool {
        self.status == "True"
    }

    pub(crate) fn is_false(&self) -> bool {
        self.status == "False"
    }

    /// Says it as a person would: `Ready is False (NotYet): two of three parts`.
    pub(crate) fn sentence(&self) -> String {
        let status = if self.status.is_empty() { "unset" } else { self.status };
        let mut text = format!("{} is {status}", self.name);
        if !self.reason.is_empty() {
            text.push_str(&format!(" ({})", self.reason));
        }
        if !self.message.is_empty() {
            text.push_str(": ");
            text.push_str(self.message);
        }
        shortened(&text)
    }
}

/// Cuts what an object says to a length that a report can hold.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(MESSAGE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let long = "ä".repeat(MESSAGE_CHARS_MAX + 1);
        assert_eq!(shortened(&long).chars().count(), MESSAGE_CHARS_MAX + 1);
        assert_eq!(shortened("short"), "short");
    }
}
