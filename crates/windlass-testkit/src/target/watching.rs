//! The laws of watching.

use std::future::poll_fn;
use std::pin::pin;
use std::task::{self, Poll};
use std::time::Duration;

use windlass_core::{Expect, Notice, NoticeStream};

use super::{TargetHarness, applied, deleting, interest, unable, write};
use crate::suite::{Check, Unmet, ensure, ok, run};

/// How long a law waits for what a watch must tell, on the clock of the harness, whatever else is told meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much else a watch may tell before what it must.
const NOTICES_MAX: usize = 1000;

/// Begins to watch for `a` and `b`.
fn watching(harness: &dyn TargetHarness) -> Check<NoticeStream> {
    let (target, cx) = (harness.target(), harness.context());
    let Some(watch) = target.profile().watch else { return unable("watch") };
    let interest = interest(&[&harness.object("a", ""), &harness.object("b", "")], None);
    ok(run(harness, async { watch.watch(&cx, &interest).await }), "beginning to watch")
}

/// Begins to watch, and takes all that is told at the beginning.
fn synced(harness: &dyn TargetHarness) -> Check<NoticeStream> {
    let mut news = watching(harness)?;
    until(harness, &mut news, |notice| *notice == Notice::Synced)?;
    Ok(news)
}

/// Takes notices up to the one that is wanted, which is the last of those it gives.
fn until(
    harness: &dyn TargetHarness,
    news: &mut NoticeStream,
    mut wanted: impl FnMut(&Notice) -> bool,
) -> Check<Vec<Notice>> {
    let (cx, mut told) = (harness.context(), Vec::new());
    let found = run(harness, async {
        let mut patience = pin!(cx.sleep(PATIENCE));
        poll_fn(|waiting| match take(news, &mut told, &mut wanted, waiting) {
            Poll::Pending => {
                patience.as_mut().poll(waiting).map(|_| Err("is silent where it must tell something"))
            }
            found => found,
        })
        .await
    });
    found.map_err(|how| Unmet::Broken(format!("the watch {how}, after {} notices", told.len())))?;
    Ok(told)
}

/// Takes what is told by now, or says how the watch breaks off.
fn take(
    news: &mut NoticeStream,
    told: &mut Vec<Notice>,
    wanted: &mut impl FnMut(&Notice) -> bool,
    waiting: &mut task::Context<'_>,
) -> Poll<Result<(), &'static str>> {
    while told.len() < NOTICES_MAX {
        match news.as_mut().poll_next(waiting) {
            Poll::Ready(Some(notice)) => {
                let last = wanted(&notice);
                told.push(notice);
                if last {
                    return Poll::Ready(Ok(()));
                }
            }
            Poll::Ready(None) => return Poll::Ready(Err("ends where it must tell something")),
            Poll::Pending => return Poll::Pending,
        }
    }
    Poll::Ready(Err("goes on and on without what it must tell"))
}

/// A watch tells each object of the interest that exists, once, and then that it is synced.
///
/// # Errors
/// Where it does not hold.
pub fn a_watch_tells_what_is_there_then_synced(harness: &dyn TargetHarness) -> Check {
    let object = harness.object("a", "one");
    applied(harness, &object)?;
    let mut news = watching(harness)?;
    let mut told = until(harness, &mut news, |notice| !matches!(notice, Notice::Seen(_)))?;
    let last = told.pop();
    ensure!(last == Some(Notice::Synced), "before it is synced, a watch tells {last:?}");
    let one = matches!(&told[..], [Notice::Seen(live)] if live.id == *object.id());
    ensure!(one, "a is there, told is {told:?}");
    Ok(())
}

/// A watch tells of every change after it was synced: created, changed, deleted.
///
/// # Errors
/// Where it does not hold.
pub fn a_watch_tells_of_changes_and_deletions(harness: &dyn TargetHarness) -> Check {
    let mut news = synced(harness)?;
    let object = harness.object("b", "one");
    let mut told = None;
    for content in ["one", "two"] {
        applied(harness, &harness.object("b", content))?;
        let last = told.take();
        until(harness, &mut news, |notice| match notice {
            Notice::Seen(live) if live.id == *object.id() && Some(&live.version) != last.as_ref() => {
                told = Some(live.version.clone());
                true
            }
            _ => false,
        })?;
    }
    ok(write(harness, &deleting(&object, Expect::Any)), "deleting")?;
    until(harness, &mut news, |notice| matches!(notice, Notice::Gone(id, _) if id == object.id()))?;
    Ok(())
}

/// What could have been missed is a gap, never silence: while a watch is broken, an object changes.
///
/// # Errors
/// Where it does not hold.
pub fn what_could_have_been_missed_is_a_gap(harness: &dyn TargetHarness) -> Check {
    let mut news = synced(harness)?;
    harness.break_watches()?;
    applied(harness, &harness.object("a", "one"))?;
    until(harness, &mut news, |notice| matches!(notice, Notice::Gap(_)))?;
    Ok(())
}

/// Dropping the news ends the watch.
///
/// # Errors
/// Where it does not hold.
pub fn dropping_the_news_ends_the_watch(harness: &dyn TargetHarness) -> Check {
    let news = synced(harness)?;
    let during = harness.watches()?;
    ensure!(during > 0, "a watch is under way, and the harness counts none");
    drop(news);
    let after = harness.watches()?;
    ensure!(after == 0, "the one watch was dropped, and {after} are under way");
    Ok(())
}
