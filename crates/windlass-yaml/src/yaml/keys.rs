//! Keys, each text once per reader.

use std::collections::HashSet;

use windlass_core::Text;

/// The keys that were seen.
#[derive(Default)]
pub(crate) struct Keys(HashSet<Text>);

impl Keys {
    /// Gives the shared text of a key.
    pub(crate) fn share(&mut self, key: &str) -> Text {
        if let Some(known) = self.0.get(key) {
            return known.clone();
        }
        let key = Text::from(key);
        self.0.insert(key.clone());
        key
    }
}
