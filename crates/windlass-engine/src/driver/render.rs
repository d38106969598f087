//! Rendering, off the threads that wait for the network, and bringing what a render needs.

use std::collections::{BTreeMap, BTreeSet};

use windlass_core::{
    Artifact, Context, Digest, Error, ErrorKind, Interest, Look, Need, Observation, Paths, Provided,
    RenderInput, Rendered, Result,
};

use super::bases::Pantry;
use super::guard::{call, caught};
use super::reads::{Reading, Reads};
use super::{Engine, Parts};

impl Engine {
    /// Renders, and as long as something is missing brings it and renders again, within a limit.
    pub(super) async fn render(&self, cx: &Context, artifact: &Artifact) -> Result<Rendered> {
        let mut pantry = Pantry::open(cx, self.0.bases.as_deref(), self.0.memo.bases()).await;
        let (mut artifact, mut provided) = (artifact.clone(), Provided::default());
        provided.bases = pantry.unmoved();
        if let Some(rendered) = self.0.memo.rendered(self.render_key(&artifact), &provided.bases) {
            return Ok(rendered);
        }
        for _ in 0..cx.limits().render_rounds_max.max(1) {
            match self.render_once(cx, &artifact, &provided).await {
                Ok((rendered, reads)) => {
                    let bases = pantry.read_by(&rendered);
                    self.0.memo.remember_render(self.render_key(&artifact), &rendered, bases, reads);
                    return Ok(rendered);
                }
                Err(error) if error.needs().is_empty() => return Err(error),
                Err(error) => {
                    pantry.bring(cx, &error, &mut provided).await?;
                    self.provide(cx, &mut artifact, &error, &mut provided).await?;
                }
            }
        }
        Err(Error::new(ErrorKind::Limit, "the render asks for something missing again and again")
            .with("render_rounds_max", cx.limits().render_rounds_max))
    }

    /// What a render depends on beside what it reads of the target.
    pub(super) fn render_key(&self, artifact: &Artifact) -> Digest {
        Digest::of_parts([artifact.digest().as_bytes().as_slice(), self.shape().as_bytes()])
    }

    /// What a render depends on beside what it reads.
    pub(super) fn shape(&self) -> Digest {
        let parts = &self.0;
        let mut shape = vec![parts.path.to_string(), parts.renderer.fingerprint().to_string()];
        shape.extend(parts.transforms.iter().map(|transform| transform.fingerprint().to_string()));
        Digest::of_parts(shape.iter().map(String::as_bytes))
    }

    /// Renders on tokio's blocking pool where there is a tokio runtime, else here. Either way a render that looks at its
    /// context ends at the limit.
    ///
    /// # Cancel safety
    /// Dropping it ends the render, as soon as that looks up from its work.
    #[cfg(feature = "tokio")]
    async fn render_once(
        &self,
        cx: &Context,
        artifact: &Artifact,
        provided: &Provided,
    ) -> Result<(Rendered, Reads)> {
        match tokio::runtime::Handle::try_current() {
            Err(_) => render(&self.0, &in_time(cx), artifact, provided),
            Ok(handle) => {
                let work = pooled::render(&handle, self.0.clone(), cx, artifact.clone(), provided.clone());
                call(cx, "renderer", cx.limits().render_timeout, work).await
            }
        }
    }

    #[cfg(not(feature = "tokio"))]
    async fn render_once(
        &self,
        cx: &Context,
        artifact: &Artifact,
        provided: &Provided,
    ) -> Result<(Rendered, Reads)> {
        render(&self.0, &in_time(cx), artifact, provided)
    }

    /// Brings what a render needs beside other artifacts. What cannot be brought is the error that the render ended in.
    async fn provide(
        &self,
        cx: &Context,
        artifact: &mut Artifact,
        error: &Error,
        provided: &mut Provided,
    ) -> Result<()> {
        let mut looks = BTreeMap::new();
        let mut files = Vec::new();
        for need in error.needs() {
            match need {
                Need::File(path) => files.push(path.clone()),
                Need::Object { id, api_version } if !provided.objects.contains_key(need) => {
                    looks.insert(id.clone(), (need.clone(), Look::new(api_version.clone())));
                }
                Need::Capabilities if provided.capabilities.is_none() => {
                    let predict = self.0.target.profile().predict.ok_or_else(|| error.clone())?;
                    let limit = cx.limits().gather_timeout;
                    let found = call(cx, "target", limit, predict.capabilities(cx)).await?;
                    provided.capabilities = Some(found.ok_or_else(|| error.clone())?);
                }
                Need::Objects(selection) if !provided.lists.contains_key(need) => {
                    let list = self.0.target.profile().list.ok_or_else(|| error.clone())?;
                    let listed = list.list(cx, selection);
                    let listed = call(cx, "target", cx.limits().gather_timeout, listed).await?;
                    provided.lists.insert(need.clone(), listed);
                    within(cx, provided)?;
                }
                Need::Base(_) => {}
                _ => return Err(error.clone()),
            }
        }
        if !files.is_empty() {
            let (revision, paths) = (artifact.revision().clone(), Paths::Under(files));
            let fetched = self.0.source.fetch(cx, &revision, &paths);
            *artifact = call(cx, "source", cx.limits().fetch_timeout, fetched).await?;
        }
        let interest = Interest {
            unit: self.0.unit.clone(),
            objects: looks.iter().map(|(id, (_, look))| (id.clone(), look.clone())).collect(),
        };
        let mut observed = self.observe_as_it_is(cx, &interest).await?;
        for (id, (need, _)) in looks {
            let object = match observed.observations.remove(&id) {
                Some(Observation::Live(live)) => live.body,
                Some(Observation::Unreadable(error)) => return Err(error),
                _ => None,
            };
            provided.objects.insert(need, object);
        }
        Ok(())
    }
}

/// All lists of a render together are within the limit of one.
fn within(cx: &Context, provided: &Provided) -> Result<()> {
    let (count, max) = (provided.lists.values().map(Vec::len).sum::<usize>(), cx.limits().objects_max);
    if count > max {
        return Err(Error::new(ErrorKind::Limit, "the render asks for too many objects of the target")
            .with("objects_max", max));
    }
    Ok(())
}

/// A context that is over at the limit of a render.
fn in_time(cx: &Context) -> Context {
    cx.clone().with_timeout(cx.limits().render_timeout)
}

fn render(
    parts: &Parts,
    cx: &Context,
    artifact: &Artifact,
    provided: &Provided,
) -> Result<(Rendered, Reads)> {
    caught("renderer", || {
        let (artifact, reading) = Reading::of(artifact);
        let input = RenderInput::new(&artifact, &parts.path).with_provided(provided);
        let mut rendered = parts.renderer.render(cx, &input)?;
        for transform in &parts.transforms {
            rendered = transform.transform(cx, &input, rendered)?;
        }
        let mut texts = BTreeSet::new();
        for item in &mut rendered.items {
            item.object.share_id(&mut texts);
        }
        Ok((rendered, reading.take()))
    })
}

#[cfg(feature = "tokio")]
mod pooled {
    use std::sync::Arc;

    use windlass_core::{Artifact, Cancel, Context, Error, ErrorKind, Provided, Rendered, Result};

    use super::{Parts, Reads};

    pub(super) async fn render(
        handle: &tokio::runtime::Handle,
        parts: Arc<Parts>,
        cx: &Context,
        artifact: Artifact,
        provided: Provided,
    ) -> Result<(Rendered, Reads)> {
        let ends = EndsOnDrop(Cancel::new());
        let its_own = super::in_time(cx).with_cancel(ends.0.clone());
        let work = handle.spawn_blocking(move || super::render(&parts, &its_own, &artifact, &provided));
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
