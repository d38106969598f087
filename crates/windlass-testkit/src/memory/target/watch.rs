//! The news that watchers are told.

use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context as Waiting, Poll, Waker};

use async_trait::async_trait;
use futures_core::Stream;
use windlass_core::{Context, Error, Interest, Mark, Notice, NoticeStream, ObjectId, Result, UnitId, Watch};

use super::MemoryTarget;
use crate::sync::lock;

/// Those who watch. Dropping a stream ends its watch.
#[derive(Default)]
pub(super) struct Watchers(Vec<Weak<Mutex<News>>>);

struct News {
    unit: UnitId,
    ids: BTreeSet<ObjectId>,
    queue: VecDeque<Notice>,
    waker: Option<Waker>,
}

impl Watchers {
    /// Tells those whom it concerns: the object was asked for, or carries the mark of their unit.
    pub(super) fn tell(&mut self, id: &ObjectId, mark: Option<&Mark>, notice: impl Fn() -> Notice) {
        self.each(|news| {
            if news.ids.contains(id) || mark.is_some_and(|mark| mark.is_of(&news.unit)) {
                news.push(notice());
            }
        });
    }

    pub(super) fn break_off(&mut self, error: &Error) {
        self.each(|news| news.push(Notice::Gap(error.clone())));
    }

    pub(super) fn len(&mut self) -> usize {
        self.each(|_| {});
        self.0.len()
    }

    fn each(&mut self, mut visit: impl FnMut(&mut News)) {
        self.0.retain(|watcher| watcher.upgrade().inspect(|news| visit(&mut lock(news))).is_some());
    }
}

impl News {
    fn push(&mut self, notice: Notice) {
        self.queue.push_back(notice);
        self.waker.take().into_iter().for_each(Waker::wake);
    }
}

struct Subscription(Arc<Mutex<News>>);

impl Stream for Subscription {
    type Item = Notice;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Waiting<'_>) -> Poll<Option<Notice>> {
        let mut news = lock(&self.0);
        match news.queue.pop_front() {
            Some(notice) => Poll::Ready(Some(notice)),
            None => {
                news.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

#[async_trait]
impl Watch for MemoryTarget {
    async fn watch(&self, cx: &Context, interest: &Interest) -> Result<NoticeStream> {
        cx.check()?;
        let mut world = self.world();
        world.note(format!("watch {} of {}", interest.objects.len(), interest.unit));
        world.fail_whole("watch")?;
        let now = cx.now().mono;
        let asked = interest.objects.keys().filter_map(|id| world.live(id, now));
        let there = asked.chain(world.strays(interest, now)).map(Notice::Seen);
        let news = Arc::new(Mutex::new(News {
            unit: interest.unit.clone(),
            ids: interest.objects.keys().cloned().collect(),
            queue: there.chain([Notice::Synced]).collect(),
            waker: None,
        }));
        world.watchers.0.push(Arc::downgrade(&news));
        Ok(Box::pin(Subscription(news)))
    }
}
