//! The version of what is serialised.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `apiVersion` of serialised plans, reports and events: `windlass.dev/v1alpha1`. Reading another one is an error, so
/// that nothing is misread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ApiVersion;

impl ApiVersion {
    /// How it is written.
    pub const TEXT: &str = "windlass.dev/v1alpha1";
}

impl Serialize for ApiVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Self::TEXT)
    }
}

impl<'de> Deserialize<'de> for ApiVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == Self::TEXT {
            return Ok(Self);
        }
        let problem = format!("apiVersion is {text:?}, and only {:?} can be read", Self::TEXT);
        Err(serde::de::Error::custom(problem))
    }
}
