//! The source suite, over each wrapper and over all of them together.

use std::pin::Pin;
use std::sync::Arc;

use windlass_core::{Artifact, Context, Source};
use windlass_testkit::source::SourceHarness;
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::{MemoryFiles, MemorySource, TestClock};
use windlass_wrap::{
    CachedSource, LimitedSource, MirroredSource, RetryingSource, TimedSource, VerifiedSource,
};

use crate::scene::{Keeper, TOKEN, down};

/// Sources in memory with one history, behind a wrapper.
pub(crate) struct Stage {
    clock: TestClock,
    places: Vec<MemorySource>,
    source: Arc<dyn Source>,
    /// So many of the first have nothing, ever.
    lacking: usize,
}

impl Stage {
    fn of(places: usize, lacking: usize, wrap: impl FnOnce(Vec<Arc<dyn Source>>) -> Arc<dyn Source>) -> Self {
        let places: Vec<MemorySource> = (0..places).map(|_| MemorySource::new().with_watch()).collect();
        let keepers = places.iter().map(|inner| Keeper { inner: inner.clone(), token: TOKEN });
        let source = wrap(keepers.map(|keeper| Arc::new(keeper) as Arc<dyn Source>).collect());
        Self { clock: TestClock::new(), places, source, lacking }
    }

    fn one(wrap: impl FnOnce(Arc<dyn Source>) -> Arc<dyn Source>) -> Self {
        Self::of(1, 0, |mut places| wrap(places.remove(0)))
    }

    fn take(&self, files: &MemoryFiles) {
        self.places.iter().skip(self.lacking).for_each(|place| drop(place.commit(files.clone())));
    }
}

impl Harness for Stage {
    fn context(&self) -> Context {
        self.clock.context()
    }

    fn block_on(&self, work: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.clock.block_on(work);
    }
}

fn tree(files: &[(&str, &[u8])]) -> MemoryFiles {
    files.iter().fold(MemoryFiles::new(), |tree, (path, content)| tree.with(path, content))
}

impl SourceHarness for Stage {
    fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    fn commit(&self, files: &[(&str, &[u8])]) {
        self.take(&tree(files));
    }

    fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
        self.take(&links.iter().fold(tree(files), |tree, (path, target)| tree.with_link(path, target)));
        Ok(())
    }

    fn cut_off(&self) -> Check {
        self.places.iter().for_each(|place| place.go_down(down()));
        Ok(())
    }

    fn hang(&self) -> Check {
        self.places.iter().for_each(MemorySource::hang);
        Ok(())
    }

    fn credential(&self) -> Check<String> {
        Ok(TOKEN.into())
    }

    fn tells_case(&self) -> Check {
        Ok(())
    }
}

fn mirrored(mut places: Vec<Arc<dyn Source>>) -> Arc<dyn Source> {
    let others = places.split_off(1);
    Arc::new(MirroredSource::of(places.remove(0)).with_mirrors(others))
}

mod timed {
    use super::*;
    windlass_testkit::source_suite!(|| Stage::one(|inner| Arc::new(TimedSource::of(inner))));
}

mod retrying {
    use super::*;
    windlass_testkit::source_suite!(|| Stage::one(|inner| Arc::new(RetryingSource::of(inner))));
}

mod cached {
    use super::*;
    windlass_testkit::source_suite!(|| Stage::one(|inner| Arc::new(CachedSource::of(inner))));
}

mod limited {
    use super::*;
    windlass_testkit::source_suite!(|| Stage::one(|inner| {
        Arc::new(LimitedSource::of(inner).with_calls_max(1).with_artifact_bytes_max(1 << 30))
    }));
}

mod verified {
    use super::*;
    windlass_testkit::source_suite!(|| Stage::one(|inner| {
        Arc::new(VerifiedSource::of(inner, |_: &Artifact| Ok(Some("ann".into()))))
    }));
}

mod mirrored {
    use super::*;
    windlass_testkit::source_suite!(|| Stage::of(3, 0, super::mirrored));
}

mod mirrored_with_a_first_that_has_nothing {
    use super::*;
    windlass_testkit::source_suite!(|| Stage::of(2, 1, super::mirrored));
}

mod all_together {
    use super::*;
    windlass_testkit::source_suite!(|| Stage::of(2, 0, |places| {
        let timed = |place: Arc<dyn Source>| Arc::new(TimedSource::of(place)) as Arc<dyn Source>;
        let mirrored = super::mirrored(places.into_iter().map(timed).collect());
        let verified = VerifiedSource::of(mirrored, |_: &Artifact| Ok(None));
        Arc::new(CachedSource::new(RetryingSource::new(LimitedSource::new(verified).with_calls_max(2))))
    }));
}
