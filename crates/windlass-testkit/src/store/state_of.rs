//! The state ability of a target as a store of its own.

use std::sync::Arc;

use windlass_core::{
    Context, Delta, Error, ErrorKind, Key, Result, Saved, StateStore, Target, UnitId, Version, async_trait,
};

/// The ability of a target to keep state, as a store that the suite can check.
///
/// A target without that ability is a store that is [`Unsupported`](ErrorKind::Unsupported).
#[derive(Debug, Clone)]
pub struct StateOf(pub Arc<dyn Target>);

impl StateOf {
    fn state(&self) -> Result<&dyn StateStore> {
        let unable = || Error::new(ErrorKind::Unsupported, "the target keeps no state");
        self.0.profile().state.ok_or_else(unable)
    }
}

#[async_trait]
impl StateStore for StateOf {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        self.state()?.load(cx, unit).await
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        self.state()?.save(cx, unit, expected, delta).await
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        self.state()?.units(cx).await
    }

    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        self.state()?.key(cx, installation, make).await
    }
}
