//! Parts beside targets.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use windlass_core::{
    Address, Artifact, Bases, Children, Clock, Context, Dialect, Digest, Directives, Edge, Event, EventSink,
    Fence, Health, HealthCheck, Item, Now, Object, OrderRule, Paths, Plan, Policy, RenderInput, Rendered,
    Renderer, Resolved, Result, Revision, Source, SourceWatch, Transform, Verdict,
};

use super::{Faulty, no_answer};

#[async_trait]
impl<P: Source> Source for Faulty<P> {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.awaited(cx, "resolve", self.part.resolve(cx)).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.awaited(cx, "fetch", self.part.fetch(cx, revision, paths)).await
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.part.watch().map(|_| self as &dyn SourceWatch)
    }
}

#[async_trait]
impl<P: Source> SourceWatch for Faulty<P> {
    async fn moved(&self, cx: &Context) -> Result<()> {
        match self.part.watch() {
            Some(watch) => self.awaited(cx, "moved", watch.moved(cx)).await,
            None => std::future::pending().await,
        }
    }
}

impl<P: Bases> Bases for Faulty<P> {
    fn source(&self, address: &Address) -> Result<Arc<dyn Source>> {
        let source =
            self.asked("source", || self.part.source(address)).unwrap_or_else(|| Err(no_answer()))?;
        Ok(Arc::new(Faulty::new(Shared(source), &self.faults)))
    }
}

/// A source that others use too.
#[derive(Debug)]
struct Shared(Arc<dyn Source>);

#[async_trait]
impl Source for Shared {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.0.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.0.fetch(cx, revision, paths).await
    }
}

impl<P: Renderer> Renderer for Faulty<P> {
    fn fingerprint(&self) -> Digest {
        self.part.fingerprint()
    }

    fn render(&self, cx: &Context, input: &RenderInput<'_>) -> Result<Rendered> {
        self.called(cx, "render", || self.part.render(cx, input))
    }
}

impl<P: Transform> Transform for Faulty<P> {
    fn fingerprint(&self) -> Digest {
        self.part.fingerprint()
    }

    fn transform(&self, cx: &Context, input: &RenderInput<'_>, rendered: Rendered) -> Result<Rendered> {
        self.called(cx, "transform", || self.part.transform(cx, input, rendered))
    }
}

#[async_trait]
impl<P: Policy> Policy for Faulty<P> {
    async fn review(&self, cx: &Context, plan: &Plan) -> Result<Verdict> {
        self.awaited(cx, "review", self.part.review(cx, plan)).await
    }
}

impl<P: EventSink> EventSink for Faulty<P> {
    fn emit(&self, event: &Event) {
        self.asked("emit", || self.part.emit(event));
    }
}

impl<P: HealthCheck> HealthCheck for Faulty<P> {
    fn assess(&self, live: &Object, children: &dyn Children) -> Option<Health> {
        self.asked("assess", || self.part.assess(live, children)).flatten()
    }
}

impl<P: OrderRule> OrderRule for Faulty<P> {
    fn edges(&self, items: &[Item]) -> Result<Vec<Edge>> {
        self.asked("edges", || self.part.edges(items)).unwrap_or_else(|| Err(no_answer()))
    }
}

impl<P: Dialect> Dialect for Faulty<P> {
    fn read(&self, object: &Object, into: &mut Directives) -> Result<()> {
        self.asked("read", || self.part.read(object, into)).unwrap_or_else(|| Err(no_answer()))
    }
}

impl<P: Fence> Fence for Faulty<P> {
    fn check(&self, now: Now) -> Result<Option<Duration>> {
        self.asked("check", || self.part.check(now)).unwrap_or_else(|| Err(no_answer()))
    }
}

#[async_trait]
impl<P: Clock> Clock for Faulty<P> {
    fn now(&self) -> Now {
        self.asked("now", || self.part.now()).unwrap_or_default()
    }

    async fn sleep(&self, wait: Duration) {
        let cx = self.faults.clock.clone();
        let cx = Context::new(cx);
        let work = async {
            self.part.sleep(wait).await;
            Ok(())
        };
        drop(self.awaited(&cx, "sleep", work).await);
    }
}
