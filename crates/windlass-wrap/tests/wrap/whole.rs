//! An engine takes what is wrapped for what it wraps.

use std::sync::Arc;

use windlass_core::{Artifact, Source, Target};
use windlass_engine::Engine;
use windlass_testkit::{LinesRenderer, MemorySource, MemoryStore, MemoryTarget, TestClock, files, unit};
use windlass_wrap::{
    Backoff, CachedSource, GuardedTarget, LimitedSource, MirroredSource, RetryingSource, TimedSource,
    VerifiedSource,
};

/// What three passes ask for: one that creates, one over a settled unit, one after a change. Their counts, then what was asked
/// of source and target.
fn passes(wrap: impl FnOnce(MemorySource) -> Arc<dyn Source>, guard: bool) -> Vec<String> {
    let clock = TestClock::new();
    let source = MemorySource::of(files([("a", "ConfigMap/shop/a = 1")])).with_watch();
    let memory = MemoryTarget::new("memory").with_predict().with_watch().with_state(MemoryStore::new());
    let target: Arc<dyn Target> = match guard {
        true => {
            Arc::new(GuardedTarget::new(memory.clone()).with_backoff(Backoff::default()).with_calls_max(4))
        }
        false => Arc::new(memory.clone()),
    };
    let engine = Engine::of(unit("shop"), wrap(source.clone()), Arc::new(LinesRenderer::default()), target);
    let mut told = Vec::new();
    for pass in 0..3 {
        if pass == 2 {
            source.commit(files([("a", "ConfigMap/shop/a = 2")]));
        }
        let report = clock.block_on(engine.reconcile(&clock.context())).unwrap();
        told.push(format!("{:?}", report.counts()));
        told.extend(source.take_requests());
        told.extend(memory.take_requests());
    }
    told
}

#[test]
fn three_passes_ask_for_the_same_with_all_wrappers_and_without() {
    let bare = passes(|source| Arc::new(source), false);
    let wrapped = |source: MemorySource| -> Arc<dyn Source> {
        let mirrored = MirroredSource::new(TimedSource::new(source)).with_mirror(MemorySource::new());
        let verified =
            VerifiedSource::new(LimitedSource::new(mirrored).with_files_max(9), |_: &Artifact| Ok(None));
        Arc::new(CachedSource::new(RetryingSource::new(verified)))
    };
    assert_eq!(passes(wrapped, true), bare);
    assert!(bare.iter().any(|line| line.starts_with("fetch")), "{bare:?}");
}

/// To the suite a source that does not watch is one that cannot, so that it would not miss a watch that a wrapper loses.
#[test]
fn every_wrapper_hands_on_what_watches_and_makes_up_none() {
    type Wrap = fn(MemorySource) -> Box<dyn Source>;
    let wrappers: [(&str, Wrap); 6] = [
        ("timed", |inner| Box::new(TimedSource::new(inner))),
        ("retrying", |inner| Box::new(RetryingSource::new(inner))),
        ("cached", |inner| Box::new(CachedSource::new(inner))),
        ("mirrored", |inner| Box::new(MirroredSource::new(inner))),
        ("limited", |inner| Box::new(LimitedSource::new(inner))),
        ("verified", |inner| Box::new(VerifiedSource::new(inner, |_: &Artifact| Ok(None)))),
    ];
    for (name, wrap) in wrappers {
        assert!(wrap(MemorySource::new().with_watch()).watch().is_some(), "{name} loses it");
        assert!(wrap(MemorySource::new()).watch().is_none(), "{name} makes it up");
    }
}
