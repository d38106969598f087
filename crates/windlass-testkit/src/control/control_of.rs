//! The control ability of a target as a store of its own.

use std::sync::Arc;

use windlass_core::{
    Context, Control, ControlStore, Controls, Error, ErrorKind, Followed, Result, Target, UnitId, Version,
    async_trait,
};

/// The ability of a target to keep what people ask, as a store that the suite can check.
///
/// A target without that ability is a store that is [`Unsupported`](ErrorKind::Unsupported).
#[derive(Debug, Clone)]
pub struct ControlOf(pub Arc<dyn Target>);

impl ControlOf {
    fn asked(&self) -> Result<&dyn ControlStore> {
        let unable = || Error::new(ErrorKind::Unsupported, "the target does not keep what is asked");
        self.0.profile().control.ok_or_else(unable)
    }
}

#[async_trait]
impl ControlStore for ControlOf {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        self.asked()?.control(cx, unit).await
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        self.asked()?.controls(cx, installation).await
    }

    async fn follow(&self, cx: &Context, installation: &str, since: Option<u64>) -> Result<Option<Followed>> {
        self.asked()?.follow(cx, installation, since).await
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        self.asked()?.set_control(cx, unit, expected, control).await
    }
}
