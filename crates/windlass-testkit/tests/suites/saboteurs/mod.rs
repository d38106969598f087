//! Implementations that break one law each, named by the law.

use std::sync::atomic::{AtomicUsize, Ordering};

use windlass_core::Context;

pub(crate) mod bases;
pub(crate) mod control;
pub(crate) mod dialect;
pub(crate) mod fence;
pub(crate) mod health;
pub(crate) mod order;
pub(crate) mod policy;
pub(crate) mod renderer;
pub(crate) mod source;
pub(crate) mod store;
pub(crate) mod target;
pub(crate) mod time;
pub(crate) mod transform;

/// Checks that what breaks a law is found to break that law and no other; tells of all that are not.
#[track_caller]
pub(crate) fn each_is_caught(
    laws: impl Iterator<Item = &'static str>,
    check_breaking: impl Fn(&'static str) -> windlass_testkit::suite::Findings,
) {
    let wrong: Vec<String> = laws
        .filter_map(|law| {
            let found = check_breaking(law);
            (found.broken() != [law]).then(|| format!("what breaks {law}:\n{found}"))
        })
        .collect();
    assert!(wrong.is_empty(), "each saboteur must be caught by its law alone\n{}", wrong.join("\n"));
}

/// Takes the deadline out of a context.
pub(crate) fn endless(cx: &Context) -> Context {
    Context::shared(cx.clock().clone()).with_cancel(cx.cancel().clone()).with_limits(cx.limits().clone())
}

/// Comes back on the second poll.
pub(crate) async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

/// The turn of a save. The next one goes on when it is dropped.
pub(crate) struct Turn<'a>(&'a AtomicUsize);

impl<'a> Turn<'a> {
    /// Takes the turn of the process `me`, which is not 0, once nobody saves or, if the turn is `shared` among the saves of
    /// a process, once no other process does.
    pub(crate) async fn take(saving: &'a AtomicUsize, me: usize, shared: bool) -> Self {
        while let Err(holder) = saving.compare_exchange(0, me, Ordering::SeqCst, Ordering::SeqCst) {
            if shared && holder == me {
                break;
            }
            yield_once().await;
        }
        Self(saving)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.store(0, Ordering::SeqCst);
    }
}
