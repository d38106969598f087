//! Sources that are looked at again when somebody rings.

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::select;
use tokio::sync::watch;
use windlass_core::{
    Artifact, Context, Paths, Resolved, Result, Revision, Source as Origin, SourceWatch, async_trait,
};

/// How much time each look pays for that somebody rang for.
const LOOK_EACH: Duration = Duration::from_secs(1);
/// So many looks may be made at once, before they come one for each [`LOOK_EACH`].
const LOOKS_AT_ONCE: u32 = 10;

/// Rings for one source. A clone rings for the same one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bell(Arc<watch::Sender<u64>>);

impl Bell {
    /// Says that the source may be at another revision. Whoever rings is not kept waiting, and however often it rings
    /// before somebody looks, one look follows.
    pub(crate) fn ring(&self) {
        self.0.send_modify(|rings| *rings = rings.wrapping_add(1));
    }

    pub(crate) fn rings(&self) -> u64 {
        *self.0.borrow()
    }

    /// Forgets that it rang.
    #[cfg(test)]
    pub(crate) fn silence(&self) {
        self.0.send_replace(0);
    }
}

/// A source that tells of a change when somebody rings, beside what it tells by itself.
#[derive(Debug)]
pub(crate) struct Ringing {
    inner: Arc<dyn Origin>,
    bell: Bell,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    /// How often it had rung when somebody last began to look.
    looked: u64,
    /// How often it had rung when that was last told.
    told: u64,
    /// Until when the looks so far are paid for.
    paid: Duration,
}

impl Ringing {
    pub(crate) fn new(inner: Arc<dyn Origin>, bell: Bell) -> Self {
        Self { inner, bell, heard: Mutex::default() }
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until somebody has rung since the last look.
    async fn rung(&self, cx: &Context) -> Result<()> {
        let mut bell = self.bell.0.subscribe();
        let looked = self.heard().looked;
        // The sender lives as long as this does.
        let _ = bell.wait_for(|rings| *rings != looked).await;
        let (rings, now) = (self.bell.rings(), cx.now().mono);
        let wait = {
            let mut heard = self.heard();
            if heard.told == rings {
                return Ok(());
            }
            heard.told = rings;
            let before = heard.paid.max(now);
            heard.paid = before.saturating_add(LOOK_EACH);
            before.saturating_sub(now).saturating_sub(LOOK_EACH * (LOOKS_AT_ONCE - 1))
        };
        if wait.is_zero() { Ok(()) } else { cx.sleep(wait).await }
    }
}

#[async_trait]
impl Origin for Ringing {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        // Before anything is asked: who rings from now on may know more than the answer.
        self.heard().looked = self.bell.rings();
        self.inner.resolve(cx).await
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        self.inner.fetch(cx, revision, paths).await
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        Some(self)
    }
}

#[async_trait]
impl SourceWatch for Ringing {
    async fn moved(&self, cx: &Context) -> Result<()> {
        match self.inner.watch() {
            None => cx.unless_over(self.rung(cx)).await?,
            // Which ends with the context.
            Some(watch) => select(pin!(self.rung(cx)), watch.moved(cx)).await.factor_first().0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Poll;

    use futures_util::poll;
    use windlass_core::{Clock as _, Error, ErrorKind};
    use windlass_testkit::source::SourceHarness;
    use windlass_testkit::suite::{Check, Harness};
    use windlass_testkit::{MemoryFiles, MemorySource, TestClock};

    use super::*;

    /// A ringing source, and what it looks at.
    struct Stage {
        clock: TestClock,
        memory: MemorySource,
        source: Arc<dyn Origin>,
        bell: Bell,
        /// Whoever commits rings.
        rings: bool,
    }

    impl Stage {
        fn new(memory: MemorySource, rings: bool) -> Self {
            let bell = Bell::default();
            let source = Arc::new(Ringing::new(Arc::new(memory.clone()), bell.clone()));
            Self { clock: TestClock::auto(), memory, source, bell, rings }
        }

        fn take(&self, files: MemoryFiles) {
            self.memory.commit(files);
            if self.rings {
                self.bell.ring();
            }
        }

        /// The source tells of changes itself.
        fn of_news() -> Self {
            Self::new(MemorySource::new().with_watch(), false)
        }

        /// Nothing tells of changes but who makes them.
        fn of_rings() -> Self {
            Self::new(MemorySource::new(), true)
        }
    }

    fn tree(files: &[(&str, &[u8])]) -> MemoryFiles {
        files.iter().fold(MemoryFiles::new(), |tree, (path, content)| tree.with(path, content))
    }

    impl Harness for Stage {
        fn context(&self) -> Context {
            self.clock.context()
        }

        fn skips(&self) -> Vec<(&'static str, &'static str)> {
            vec![("no_credential_is_shown", "it needs none")]
        }
    }

    impl SourceHarness for Stage {
        fn source(&self) -> Arc<dyn Origin> {
            Arc::clone(&self.source)
        }

        fn commit(&self, files: &[(&str, &[u8])]) {
            self.take(tree(files));
        }

        fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
            self.take(links.iter().fold(tree(files), |tree, (path, target)| tree.with_link(path, target)));
            Ok(())
        }

        fn cut_off(&self) -> Check {
            self.memory.go_down(Error::new(ErrorKind::Unavailable, "no route to host"));
            Ok(())
        }

        fn hang(&self) -> Check {
            self.memory.hang();
            Ok(())
        }

        fn tells_case(&self) -> Check {
            Ok(())
        }
    }

    mod of_news {
        windlass_testkit::source_suite!(super::Stage::of_news);
    }

    mod of_rings {
        windlass_testkit::source_suite!(super::Stage::of_rings);
    }

    /// Rings, and counts the looks that follow until nothing more is told, with the time that they took.
    fn looks(rings: usize, rounds: usize) -> (usize, Duration) {
        let clock = TestClock::auto();
        let stage = Stage::of_rings();
        stage.commit(&[("a", b"b")]);
        let (cx, source) = (clock.context(), Arc::clone(&stage.source));
        let began = clock.now().mono;
        let looks = clock.block_on(async {
            let mut looks = 0;
            source.resolve(&cx).await?;
            for _ in 0..rounds {
                (0..rings).for_each(|_| stage.bell.ring());
                let watch = source.watch().expect("it tells of rings");
                while cx.within(Duration::from_millis(1), watch.moved(&cx)).await.is_ok() {
                    looks += 1;
                    source.resolve(&cx).await?;
                }
            }
            Ok::<_, windlass_core::Error>(looks)
        });
        (looks.expect("a source that can be resolved"), clock.now().mono.saturating_sub(began))
    }

    #[test]
    fn a_thousand_rings_before_a_look_are_one_look() {
        assert_eq!(looks(1000, 1).0, 1);
    }

    #[test]
    fn a_ring_during_a_look_is_another_look() {
        let stage = Stage::of_rings();
        stage.commit(&[("a", b"b")]);
        stage.memory.hang();
        stage.clock.block_on(async {
            let cx = stage.clock.context();
            let watch = stage.source.watch().expect("it tells of rings");
            let mut look = pin!(stage.source.resolve(&cx));
            assert!(matches!(poll!(look.as_mut()), Poll::Pending));
            stage.bell.ring();
            assert!(matches!(poll!(watch.moved(&cx)), Poll::Ready(Ok(()))));
        });
    }

    #[test]
    fn who_rings_for_ever_gets_ten_looks_and_then_one_each_second() {
        let clock = TestClock::new();
        let stage = Stage::of_rings();
        let cx = clock.context();
        let watch = stage.source.watch().expect("it tells of rings");
        let told = || {
            stage.bell.ring();
            let mut moved = pin!(watch.moved(&cx));
            let told = clock.block_on(async { matches!(poll!(moved.as_mut()), Poll::Ready(Ok(()))) });
            drop(clock.block_on(async { poll!(Box::pin(stage.source.resolve(&cx))) }));
            told
        };
        assert_eq!((0..20).filter(|_| told()).count(), 10);
        clock.advance(Duration::from_secs(60));
        assert_eq!((0..20).filter(|_| told()).count(), 10);
    }
}
