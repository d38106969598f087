//! The serialisable form of an error.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Error, ErrorKind, Inner, Retry};
use crate::{Need, Release, Text};

/// What of an error can be written down and read again: all but the type of its source, which stays as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorForm {
    /// The kind.
    pub kind: ErrorKind,
    /// The message without context.
    pub message: Text,
    /// Pairs of context, in order; no key twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "pairs")]
    pub context: Vec<(Text, Text)>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<Text>,
    /// Whether trying again may help.
    pub retry: Retry,
    /// Whether something may have been written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_have_written: bool,
    /// What has to be brought first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
    /// What would let go on what is held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// The causes, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Text>,
    /// The problems of an error that holds several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<ErrorForm>,
}

/// Pairs as a map that keeps their order.
mod pairs {
    use std::fmt;

    use serde::de::{MapAccess, Visitor};
    use serde::{Deserializer, Serializer};

    use crate::Text;

    pub(super) fn serialize<S: Serializer>(pairs: &[(Text, Text)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(Text, Text)>, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(Text, Text)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(pairs)
            }
        }
        from.deserialize_map(Pairs)
    }
}

impl From<&Error> for ErrorForm {
    fn from(error: &Error) -> Self {
        let mut causes = Vec::new();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            causes.push(inner.to_string().into());
            cause = inner.source();
        }
        Self {
            kind: error.0.kind,
            message: error.0.message.clone(),
            context: error.0.context.clone(),
            help: error.0.help.clone(),
            retry: error.retry(),
            may_have_written: error.0.may_have_written,
            needs: error.0.needs.clone(),
            release: error.0.release.clone(),
            causes,
            problems: error.0.problems.iter().map(Self::from).collect(),
        }
    }
}

impl From<ErrorForm> for Error {
    fn from(form: ErrorForm) -> Self {
        Self(Arc::new(Inner {
            kind: form.kind,
            message: form.message,
            context: form.context,
            help: form.help,
            retry: Some(form.retry),
            may_have_written: form.may_have_written,
            needs: form.needs,
            release: form.release,
            problems: form.problems.into_iter().map(Self::from).collect(),
            source: Cause::chain(form.causes),
        }))
    }
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ErrorForm::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ErrorForm::deserialize(deserializer).map(Self::from)
    }
}

/// A cause that was read back: its text is all that is left of it.
#[derive(Debug)]
struct Cause {
    text: Text,
    next: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Cause {
    fn chain(causes: Vec<Text>) -> Option<Arc<dyn std::error::Error + Send + Sync>> {
        causes.into_iter().rev().fold(None, |next, text| Some(Arc::new(Self { text, next }) as _))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Cause {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.next.as_deref().map(|next| next as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_being_written_down() {
        let cause = std::io::Error::other("connection reset");
        let error = Error::new(ErrorKind::Unavailable, "no answer")
            .with("host", "example.org")
            .with("attempt", 3)
            .with_help("try again")
            .caused_by(cause)
            .maybe_written();
        let text = serde_json::to_string(&error).unwrap();
        assert!(text.contains(r#""context":{"host":"example.org","attempt":"3"}"#), "{text}");
        let back: Error = serde_json::from_str(&text).unwrap();
        assert_eq!(back, error);
        assert_eq!(back.explain(), error.explain());
    }
}
