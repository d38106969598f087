//! Rendering, off the threads that wait for the network.

use windlass_core::{Artifact, Context, RenderInput, Rendered, Result};

use super::{Engine, Parts};

impl Engine {
    /// Renders on tokio's blocking pool where there is a tokio runtime, else here.
    ///
    /// # Cancel safety
    /// Dropping it ends the render, as soon as that looks up from its work.
    #[cfg(feature = "tokio")]
    pub(super) async fn render(&self, cx: &Context, artifact: Artifact) -> Result<Rendered> {
        let parts = std::sync::Arc::clone(&self.0);
        match tokio::runtime::Handle::try_current() {
            Err(_) => render(&parts, cx, &artifact),
            Ok(handle) => pooled::render(&handle, parts, cx, artifact).await,
        }
    }

    #[cfg(not(feature = "tokio"))]
    pub(super) async fn render(&self, cx: &Context, artifact: Artifact) -> Result<Rendered> {
        render(&self.0, cx, &artifact)
    }
}

fn render(parts: &Parts, cx: &Context, artifact: &Artifact) -> Result<Rendered> {
    let input = RenderInput::new(artifact, &parts.path);
    let rendered = parts.renderer.render(cx, &input)?;
    parts
        .transforms
        .iter()
        .try_fold(rendered, |rendered, transform| transform.transform(cx, &input, rendered))
}

#[cfg(feature = "tokio")]
mod pooled {
    use std::sync::Arc;

    use windlass_core::{Artifact, Cancel, Context, Error, ErrorKind, Rendered, Result};

    use super::Parts;

    pub(super) async fn render(
        handle: &tokio::runtime::Handle,
        parts: Arc<Parts>,
        cx: &Context,
        artifact: Artifact,
    ) -> Result<Rendered> {
        let ends = EndsOnDrop(Cancel::new());
        let its_own = cx.clone().with_cancel(ends.0.clone());
        let work = handle.spawn_blocking(move || super::render(&parts, &its_own, &artifact));
        match cx.cancel().until(work).await {
            Some(Ok(result)) => result,
            Some(Err(lost)) => Err(Error::new(ErrorKind::Internal, "the render was lost").caused_by(lost)),
            None => Err(Error::new(ErrorKind::Cancelled, "cancelled")),
        }
    }

    /// A thread of the pool does not know that nobody waits for it any more.
    struct EndsOnDrop(Cancel);

    impl Drop for EndsOnDrop {
        fn drop(&mut self) {
            self.0.cancel();
        }
    }
}
