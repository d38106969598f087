//! The laws of [`SourceWatch`](windlass_core::SourceWatch).

use std::time::Duration;

use windlass_core::{Context, ErrorKind, SourceWatch};

use super::{SourceHarness, resolved};
use crate::run::poll_times;
use crate::suite::{Check, End, Unmet, ends_in_time, ensure, not_applicable, ok, run};

/// How long a law waits for what a watch must tell, on the clock of the harness.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a law waits to be sure that nothing is told.
const QUIET: Duration = Duration::from_secs(3);

/// How often a watch may tell something before nothing is left to tell.
const TELLINGS_MAX: usize = 20;

/// Runs work with what tells of changes.
fn watching<T>(harness: &dyn SourceHarness, work: impl AsyncFnOnce(&dyn SourceWatch) -> T) -> Check<T> {
    let source = harness.source();
    let Some(watch) = source.watch() else { return not_applicable("the source says that it cannot watch") };
    Ok(run(harness, async { work(watch).await }))
}

/// Says whether something is told within `patience`.
fn told(harness: &dyn SourceHarness, patience: Duration) -> Check<bool> {
    let cx = harness.context().with_timeout(patience);
    // That a wait ends by itself is a law of its own: here its end is forced.
    match watching(harness, async |watch| cx.unless_over(watch.moved(&cx)).await)?.flatten() {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Timeout => Ok(false),
        Err(error) => Err(Unmet::Broken(format!("a watch must not end: {error}"))),
    }
}

/// Resolves until nothing more is told.
fn settle(harness: &dyn SourceHarness) -> Check {
    watching(harness, async |_| ())?;
    for _ in 0..TELLINGS_MAX {
        resolved(harness)?;
        if !told(harness, QUIET)? {
            return Ok(());
        }
    }
    Err(Unmet::broken("a watch tells again and again of what did not change"))
}

/// Commits files, resolves them and waits until nothing more is told.
fn settled(harness: &dyn SourceHarness) -> Check {
    harness.commit(&[("a.yaml", b"one"), ("deep/er/b.yaml", b"one")]);
    settle(harness)
}

/// A change after a resolve is told, however long nobody waited for it; so is one in what came to be by a change.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_is_told_however_long_nobody_waited(harness: &dyn SourceHarness) -> Check {
    settled(harness)?;
    let states: [&[(&str, &[u8])]; 4] = [
        &[("a.yaml", b"two"), ("deep/er/b.yaml", b"one")],
        &[("a.yaml", b"two"), ("deep/er/b.yaml", b"one"), ("new/est/c.yaml", b"one")],
        &[("a.yaml", b"two"), ("deep/er/b.yaml", b"one"), ("new/est/c.yaml", b"two")],
        &[("a.yaml", b"two")],
    ];
    for (number, files) in states.into_iter().enumerate() {
        harness.commit(files);
        let cx = harness.context();
        ok(run(harness, cx.sleep(QUIET)), "a sleep")?;
        ensure!(told(harness, PATIENCE)?, "change {number} was not told");
        // That it becomes quiet is a law of its own.
        let _ = settle(harness);
    }
    Ok(())
}

/// What changed after the last resolve is told also to whoever waits for the first time.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_before_the_first_wait_is_told(harness: &dyn SourceHarness) -> Check {
    harness.commit(&[("a.yaml", b"one")]);
    resolved(harness)?;
    harness.commit(&[("a.yaml", b"another")]);
    ensure!(told(harness, PATIENCE)?, "the source changed after the resolve and before anybody waited");
    Ok(())
}

/// What was resolved is told no more.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_resolved_is_told_no_more(harness: &dyn SourceHarness) -> Check {
    settled(harness)?;
    harness.commit(&[("a.yaml", b"two")]);
    if told(harness, PATIENCE)? {
        settle(harness)?;
    }
    Ok(())
}

/// Dropping the wait for changes, wherever it waits, loses nothing: what it would have told is told by the next.
///
/// # Errors
/// Where it does not hold.
pub fn dropping_a_wait_for_a_change_loses_nothing(harness: &dyn SourceHarness) -> Check {
    settled(harness)?;
    for waits in 1..=16 {
        harness.commit(&[("a.yaml", format!("edit {waits}").as_bytes())]);
        let cx = harness.context().with_timeout(PATIENCE);
        let done = watching(harness, async |watch| poll_times(watch.moved(&cx), waits).await)?;
        if done.is_some() {
            return Ok(());
        }
        ensure!(told(harness, PATIENCE)?, "the source changed and a wait was dropped at its wait {waits}");
        resolved(harness)?;
    }
    Ok(())
}

/// Waiting for a change that does not come ends with the deadline.
///
/// # Errors
/// Where it does not hold.
pub fn waiting_for_a_change_ends_with_the_deadline(harness: &dyn SourceHarness) -> Check {
    waiting_ends(harness, End::Deadline)
}

/// Waiting for a change that does not come ends when it is cancelled.
///
/// # Errors
/// Where it does not hold.
pub fn waiting_for_a_change_ends_when_it_is_cancelled(harness: &dyn SourceHarness) -> Check {
    waiting_ends(harness, End::Cancel)
}

fn waiting_ends(harness: &dyn SourceHarness, end: End) -> Check {
    settled(harness)?;
    let source = harness.source();
    let Some(watch) = source.watch() else { return not_applicable("the source says that it cannot watch") };
    ends_in_time(harness, end, "waiting for a change", async |cx: &Context| watch.moved(cx).await)
}
