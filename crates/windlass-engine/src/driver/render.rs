//! Rendering, off the threads that wait for the network.

use windlass_core::{Artifact, Context, RenderInput, Rendered, Result};

use super::{Engine, Parts};

impl Engine {
    pub(super) async fn render(&self, cx: &Context, artifact: Artifact) -> Result<Rendered> {
        let parts = std::sync::Arc::clone(&self.0);
        let cx = cx.clone();
        blocking(move || render(&parts, &cx, &artifact)).await
    }
}

fn render(parts: &Parts, cx: &Context, artifact: &Artifact) -> Result<Rendered> {
    let rendered = parts.renderer.render(cx, &RenderInput::new(artifact, &parts.path))?;
    parts.transforms.iter().try_fold(rendered, |rendered, transform| transform.transform(cx, rendered))
}

/// On tokio's blocking pool where there is a tokio runtime, else here.
#[cfg(feature = "tokio")]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    use windlass_core::{Error, ErrorKind};
    match tokio::runtime::Handle::try_current() {
        Err(_) => work(),
        Ok(handle) => handle.spawn_blocking(work).await.unwrap_or_else(|lost| {
            Err(Error::new(ErrorKind::Internal, "the render was lost").caused_by(lost))
        }),
    }
}

#[cfg(not(feature = "tokio"))]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    work()
}
